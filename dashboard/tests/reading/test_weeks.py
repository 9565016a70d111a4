"""Weeks begin on the reader's day: that of their account, else as the language of their browser has it."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from analytics.periods import Period
from analytics.questions.product import calendar
from analytics.questions.product.acts import BadQuestion
from dashboard.frame import state
from dashboard.models import AccountSettings
from dashboard.reading import weeks, zones
from dashboard.reading.middleware import ReadersWay
from dashboard.reading.weeks import MONDAY, SATURDAY, SUNDAY
from dashboard.reading.zones import Zone
from dashboard.tests import populated_performance as performance
from events.models import AuditEntry, Project

WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
NEW_YORK = {"HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.9"}


@pytest.mark.parametrize(
    ("header", "day"),
    [
        ("", MONDAY), ("*", MONDAY), ("de", MONDAY), ("de-CH, fr;q=0.8", MONDAY), ("en-GB,en-US;q=0.9", MONDAY),
        ("en-US,en;q=0.9", SUNDAY), ("en", SUNDAY), ("pt-BR", SUNDAY), ("pt-PT", SUNDAY), ("ja", SUNDAY),
        ("zh-Hant-TW", SUNDAY), ("zh-Hans-CN", MONDAY), ("ar", SATURDAY), ("ar-AE", MONDAY), ("fa-IR", SATURDAY),
        ("he", SUNDAY), ("dv-MV", weeks.FRIDAY), ("en-AU", MONDAY), ("en-nonsense", SUNDAY),
    ],
)  # fmt: skip
def test_a_language_says_the_day_that_is_usual_where_it_is_spoken(header: str, day: int) -> None:
    assert weeks.of_languages(header) == day


@given(st.text(max_size=60))
def test_any_header_is_some_day(text: str) -> None:
    assert weeks.of_languages(text) in (MONDAY, weeks.FRIDAY, SATURDAY, SUNDAY)


@pytest.mark.parametrize(
    ("zone", "day", "begun"),
    [
        ("UTC", MONDAY, "2026-11-23T00:00:00+00:00"),
        ("UTC", SUNDAY, "2026-11-22T00:00:00+00:00"),
        ("America/New_York", SUNDAY, "2026-11-22T05:00:00+00:00"),
        ("Asia/Riyadh", SATURDAY, "2026-11-20T21:00:00+00:00"),
    ],
)
def test_this_week_and_the_last_are_those_of_who_reads(zone: str, day: int, begun: str) -> None:
    with zones.read_in(Zone(zone)), weeks.read_from(day):
        this = state.parse({"from": "week"}, now=WEDNESDAY)
        last = state.parse({"from": "week-before", "to": "week"}, now=WEDNESDAY)
    assert (this.start.isoformat(), this.end, this.label) == (begun, WEDNESDAY, "This week")
    assert (last.end.isoformat(), last.label, last.length.days) == (begun, "Last week", 7)
    assert state.parse({"from": last.query and "week-before", "to": "week"}, now=WEDNESDAY).query == last.query


@pytest.mark.parametrize(("name", "first"), [("", 23), ("monday", 23), ("Sunday", 22), ("saturday", 21)])
def test_buckets_begin_on_the_day_asked_for(name: str, first: int) -> None:
    period = Period(WEDNESDAY, datetime(2026, 12, 6, tzinfo=UTC))
    made = calendar.calendar(period, "week", ZoneInfo("UTC"), before=1, first_day=calendar.first_day_of(name))
    assert made.edges[1] == datetime(2026, 11, first, tzinfo=UTC)
    assert {end - start for start, end in zip(made.edges, made.edges[1:], strict=False)} == {timedelta(7)}


def test_bars_of_weeks_begin_on_the_readers_day_and_count_the_same(as_alice: Client, project: Project) -> None:
    performance.store(project, now=timezone.now())
    charts = [
        json.loads(as_alice.get("/p/web/charts/throughput.json?from=-200d", **asked).content)["rows"]  # type: ignore[arg-type]
        for asked in ({}, NEW_YORK)
    ]
    for rows, day in zip(charts, (MONDAY, SUNDAY), strict=True):
        assert {date.fromisoformat(row[0][:10]).weekday() for row in rows} == {day}
    here, there = (sum(sum(row[1:]) for row in rows) for rows in charts)
    assert here == there > 0


def test_a_day_that_is_none_is_told() -> None:
    with pytest.raises(BadQuestion, match="monday, saturday, sunday; not on 'someday'"):
        calendar.first_day_of("someday")


def test_the_browser_says_the_day_until_the_account_does(as_alice: Client, alice: Any, project: Project) -> None:
    page = f"/p/{project.slug}/scorecard/?week=2026-11-25"
    assert "week of 23 Nov 2026" in as_alice.get(page).content.decode()
    assert "week of 22 Nov 2026" in as_alice.get(page, **NEW_YORK).content.decode()  # type: ignore[arg-type]
    as_alice.post("/account/change/", {"name": "Alice  Liddell", "zone": "Asia/Riyadh", "week_start": "saturday"})
    assert "week of 21 Nov 2026" in as_alice.get(page, **NEW_YORK).content.decode()  # type: ignore[arg-type]
    assert "Times are shown in Asia/Riyadh" in as_alice.get("/p/web/issues/").content.decode()
    entry = AuditEntry.objects.filter(action="account.change").get()
    assert (entry.actor, entry.detail) == ("alice", {"zone": "Asia/Riyadh", "week_start": "saturday"})
    assert get_user_model().objects.get(pk=alice.pk).get_full_name() == "Alice Liddell"


def test_this_browser_says_more_than_the_account_until_that_is_newer(as_alice: Client, alice: Any) -> None:
    AccountSettings.objects.create(user=alice, zone="Asia/Tokyo")
    as_alice.cookies["obs-zone"] = "Europe/Berlin"
    page = as_alice.get("/account/").content.decode()
    assert '<option value="Asia/Tokyo" selected>' in page
    assert "now Asia/Tokyo" in page
    as_alice.cookies["obs-zone"] = "!Europe/Berlin"
    assert "in this browser alone: Europe/Berlin" in as_alice.get("/account/").content.decode()
    as_alice.post("/account/change/", {"name": "", "zone": "Asia/Kolkata", "week_start": ""})
    assert as_alice.cookies["obs-zone"].value == "Europe/Berlin"
    assert "now Asia/Kolkata" in as_alice.get("/account/").content.decode()


def test_nonsense_is_told_beside_its_field_and_kept_nowhere(as_alice: Client) -> None:
    answer = as_alice.post("/account/change/", {"name": "x" * 101, "zone": "Nowhere/Else", "week_start": "someday"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('role="alert"') == 3
    assert "There is no zone Nowhere/Else; choose one of the list" in page
    assert "x" * 101 in page
    assert not AccountSettings.objects.exists()


def test_programs_read_in_utc_from_monday(as_alice: Client, alice: Any, project: Project) -> None:
    AccountSettings.objects.create(user=alice, zone="Asia/Tokyo", week_start="sunday")
    seen: list[tuple[str, int]] = []

    def look(request: Any) -> Any:
        seen.append((zones.current().name, weeks.current()))
        return request

    for path in ("/api/v1/projects/", "/p/web/"):
        request = RequestFactory().get(path)
        request.user = alice
        ReadersWay(look)(request)
    assert seen == [("UTC", MONDAY), ("Asia/Tokyo", SUNDAY)]
