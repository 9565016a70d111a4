"""The URL is the whole state: what it says, what it means, and that it survives a round trip."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.periods import EARLIEST
from dashboard.frame.state import DEFAULT, LONGEST, OUTSIDE, PERIODS, SHORTENED, UNREADABLE, parse

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("since", list(PERIODS))
def test_each_period_of_the_switch_means_its_length(since: str) -> None:
    state = parse({"from": since}, now=NOW)
    assert (state.start, state.end) == (NOW - PERIODS[since][2], NOW)
    assert state.label == f"Last {PERIODS[since][0]}"


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ({}, NOW - timedelta(days=1), NOW),
        ({"from": "-3h"}, NOW - timedelta(hours=3), NOW),
        ({"from": "-2w"}, NOW - timedelta(days=14), NOW),
        (
            {"from": "2026-11-20T08:00", "to": "2026-11-20T09:30"},
            datetime(2026, 11, 20, 8, tzinfo=UTC),
            datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        ),
        ({"from": "2026-11-20T08:00:00+02:00", "to": "now"}, datetime(2026, 11, 20, 6, tzinfo=UTC), NOW),
        ({"from": "1795000000"}, datetime.fromtimestamp(1795000000, tz=UTC), NOW),
        ({"from": "-1h", "to": "-2h"}, NOW - timedelta(days=1), NOW),
        ({"from": "yesterday", "to": "2026-99-99"}, NOW - timedelta(days=1), NOW),
        ({"from": "-99999999d"}, NOW - timedelta(days=1), NOW),
        ({"from": "99999999999999999999"}, NOW - timedelta(days=1), NOW),
    ],
)
def test_a_query_means_a_period(query: dict[str, str], start: datetime, end: datetime) -> None:
    state = parse(query, now=NOW)
    assert (state.start, state.end) == (start, end)


def test_a_default_state_needs_no_query() -> None:
    assert parse({}, now=NOW).query == ""
    assert parse({"from": DEFAULT}, now=NOW).query == ""


def test_changes_keep_the_rest() -> None:
    state = parse({"env": "production & test", "from": "-7d", "cmp": "prev"}, now=NOW)
    assert dict(parse_qsl(state.query)) == {"env": "production & test", "from": "-7d", "cmp": "prev"}
    assert dict(parse_qsl(state.with_(env="", from_="-1h"))) == {"from": "-1h", "cmp": "prev"}
    assert (parse({"cmp": "release"}, now=NOW).compare, parse({"cmp": "else"}, now=NOW).compare) == ("release", "")


def test_an_absolute_link_means_the_same_later() -> None:
    state = parse({"from": "-7d"}, now=NOW)
    later = parse(dict(parse_qsl(state.absolute())), now=NOW + timedelta(days=3))
    assert (later.start, later.end) == (state.start, state.end)


@given(st.dictionaries(st.sampled_from(["env", "from", "to", "cmp"]), st.text(max_size=40)))
def test_any_query_is_a_state_that_prints_and_parses_to_itself(query: dict[str, str]) -> None:
    state = parse(query, now=NOW)
    assert state.start < state.end
    assert state.end - state.start <= LONGEST
    again = parse(dict(parse_qsl(state.query)), now=NOW)
    assert (again.environment, again.compare) == (state.environment, state.compare)
    assert abs(again.start - state.start) < timedelta(seconds=1)


def test_whole_days_are_named_without_hours() -> None:
    assert parse({"from": "2026-11-16", "to": "2026-11-23"}, now=NOW).label == "16 Nov – 22 Nov"
    assert parse({"from": "2026-11-16", "to": "2026-11-17"}, now=NOW).label == "16 Nov"
    hours = {"from": "2026-11-16T08:00", "to": "2026-11-16T09:30"}
    assert parse(hours, now=NOW).label == "16 Nov 08:00 – 16 Nov 09:30 UTC"


@pytest.mark.parametrize(
    ("query", "start", "end", "notice"),
    [
        ({}, NOW - timedelta(days=1), NOW, ""),
        ({"from": "-90d"}, NOW - timedelta(days=90), NOW, ""),
        ({"from": "0001-01-01", "to": "9999-12-31"}, NOW, NOW + LONGEST, SHORTENED),
        ({"from": "0001-01-01", "to": "2026-11-01"}, datetime(2026, 11, 1, tzinfo=UTC) - LONGEST, None, SHORTENED),
        ({"from": "2000-12-31", "to": "2001-01-03"}, EARLIEST, datetime(2001, 1, 3, tzinfo=UTC), SHORTENED),
        ({"from": "0001-01-01", "to": "0001-01-02"}, NOW - timedelta(days=1), NOW, OUTSIDE),
        ({"from": "9999-12-30", "to": "9999-12-31"}, NOW - timedelta(days=1), NOW, OUTSIDE),
        ({"from": "0001-01-01T00:00+14:00"}, NOW - timedelta(days=1), NOW, UNREADABLE),
        ({"from": "yesterday"}, NOW - timedelta(days=1), NOW, UNREADABLE),
        ({"to": "2026-11-01"}, NOW - timedelta(days=1), NOW, UNREADABLE),
    ],
)
def test_a_period_that_is_not_the_one_asked_for_is_told(
    query: dict[str, str], start: datetime, end: datetime | None, notice: str
) -> None:
    state = parse(query, now=NOW)
    assert (state.start, state.end, state.notice) == (start, end or state.end, notice)
    assert parse(dict(parse_qsl(state.query)), now=NOW).notice == ""
    assert state.previous[0].year > 1970


@given(st.datetimes(), st.datetimes())
def test_any_two_moments_are_a_period_that_can_be_counted_with(one: datetime, other: datetime) -> None:
    state = parse({"from": one.isoformat(), "to": other.isoformat()}, now=NOW)
    assert EARLIEST <= state.start < state.end <= NOW + LONGEST
    assert state.end - state.start <= LONGEST
