"""Times are shown in the reader's zone, named, with UTC beside them."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from dashboard.frame import state
from dashboard.reading import zones
from dashboard.reading.zones import Zone
from dashboard.templatetags import obs
from events.models import Project
from events.tests import make

WINTER = datetime(2026, 1, 15, 23, 30, 5, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, 23, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cookie", "zone"),
    [
        ("", Zone()),
        ("Europe/Berlin", Zone("Europe/Berlin")),
        ("!Asia/Kolkata", Zone("Asia/Kolkata", is_chosen=True)),
        ("!UTC", Zone("UTC", is_chosen=True)),
        ("../../etc/passwd", Zone()),
        ("Nowhere/Else", Zone()),
        ("<script>", Zone()),
    ],
)
def test_a_cookie_names_a_zone_or_is_utc(cookie: str, zone: Zone) -> None:
    assert zones.parse(cookie) == zone


@given(st.text())
def test_any_cookie_is_some_zone(text: str) -> None:
    assert zones.parse(text).name in zones.names()


@pytest.mark.parametrize(
    ("zone", "moment", "shown"),
    [
        ("UTC", WINTER, "2026-01-15 23:30:05 UTC"),
        ("Europe/Berlin", WINTER, "2026-01-16 00:30:05 CET"),
        ("Europe/Berlin", SUMMER, "2026-07-16 01:30:05 CEST"),
        ("America/New_York", SUMMER, "2026-07-15 19:30:05 EDT"),
        ("Asia/Kolkata", WINTER, "2026-01-16 05:00:05 IST"),
        ("Australia/Lord_Howe", WINTER, "2026-01-16 10:30:05 +11"),
    ],
)
def test_a_moment_reads_as_a_clock_there_does(zone: str, moment: datetime, shown: str) -> None:
    with zones.read_in(Zone(zone)):
        assert shown in str(obs.stamp(moment))
        assert obs.clock(moment, "Y-m-d H:i:s") == shown[:19]
        assert f"{moment:%Y-%m-%d %H:%M:%S} UTC" in obs.plain_stamp(moment)
    assert zones.current() == Zone()


def test_utc_is_on_hover_and_for_machines() -> None:
    with zones.read_in(Zone("Europe/Berlin")):
        shown = obs.stamp(WINTER)
    assert shown == (
        '<time datetime="2026-01-15T23:30:05+00:00" title="2026-01-15 23:30:05 UTC">2026-01-16 00:30:05 CET</time>'
    )


def test_pages_name_the_zone_and_use_it(as_alice: Client, project: Project) -> None:
    make.issue(project, last_seen_at=make.NOW)
    as_alice.cookies["obs-zone"] = "Europe/Berlin"
    page = as_alice.get("/p/web/issues/?query=&from=2026-11-20&to=2026-11-30").content.decode()
    assert 'title="2026-11-23 13:00:00 CET · 2026-11-23 12:00:00 UTC"' in page
    assert "Times are shown in Europe/Berlin" in page
    assert zones.current() == Zone()


def test_a_zone_is_chosen_on_the_account_page_and_given_back_to_the_browser(as_alice: Client) -> None:
    as_alice.post("/zone/", {"zone": "Asia/Tokyo", "next": "/account/"})
    assert as_alice.cookies["obs-zone"].value == "!Asia/Tokyo"
    assert '<option value="Asia/Tokyo" selected>' in as_alice.get("/account/").content.decode()
    as_alice.post("/zone/", {"zone": "Nowhere/Else"})
    assert as_alice.cookies["obs-zone"].value == "!Asia/Tokyo"
    answer = as_alice.post("/zone/", {"zone": "", "next": "//evil.example/"})
    assert (answer["Location"], as_alice.cookies["obs-zone"].value) == ("/", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"zone": "Europe/Berlin", "from": "2026-01-15T10:00", "to": "2026-07-15T10:00"},
         {"from": "2026-01-15T09:00:00Z", "to": "2026-07-15T08:00:00Z"}),
        ({"zone": "UTC", "from": "2026-01-15T10:00", "to": "2026-01-15T11:00"},
         {"from": "2026-01-15T10:00:00Z", "to": "2026-01-15T11:00:00Z"}),
        ({"zone": "Nowhere/Else", "from": "2026-01-15T10:00", "to": "2026-01-15T11:00"}, {}),
        ({"zone": "Europe/Berlin", "from": "-24h", "to": ""}, {}),
        ({"zone": "Europe/Berlin", "from": "0001-01-01T00:00", "to": "2026-01-15T11:00"}, {}),
        ({"from": "2026-01-15T10:00", "to": "2026-01-15T11:00"}, {}),
    ],
)  # fmt: skip
def test_a_period_typed_by_a_clock_is_one_of_utc_in_the_address(query: dict[str, str], found: dict[str, str]) -> None:
    assert zones.address_in_utc(query) == found


def test_what_else_an_address_says_stays_when_its_period_is_turned_into_utc(as_alice: Client, project: Project) -> None:
    answer = as_alice.get("/p/web/issues/?query=is:new&zone=Asia/Tokyo&from=2026-01-15T10:00&to=2026-01-15T11:00")
    assert answer.status_code == 302
    found = QueryDict(answer["Location"].partition("/p/web/issues/?")[2]).dict()
    assert found == {"query": "is:new", "from": "2026-01-15T01:00:00Z", "to": "2026-01-15T02:00:00Z"}


@pytest.mark.parametrize(
    ("zone", "start", "end", "said"),
    [
        ("UTC", WINTER.replace(hour=0, minute=0, second=0), datetime(2026, 1, 16, tzinfo=UTC), "15 Jan"),
        ("Europe/Berlin", WINTER.replace(hour=0, minute=0, second=0), datetime(2026, 1, 18, tzinfo=UTC),
         "15 Jan – 17 Jan UTC"),
        ("Europe/Berlin", datetime(2026, 1, 14, 23, tzinfo=UTC), datetime(2026, 1, 17, 23, tzinfo=UTC),
         "15 Jan – 17 Jan"),
        ("Europe/Berlin", datetime(2026, 1, 14, 10, tzinfo=UTC), datetime(2026, 1, 14, 23, 30, tzinfo=UTC),
         "14 Jan 11:00 – 15 Jan 00:30 CET"),
    ],
)  # fmt: skip
def test_a_period_of_whole_days_is_said_in_days(zone: str, start: datetime, end: datetime, said: str) -> None:
    with zones.read_in(Zone(zone)):
        assert state.in_words(start, end) == said
