"""What a search asks for: a table of queries, of errors, and properties of any text."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events.issues import search
from events.issues.search import Count, Has, Match, Period, SearchError, State, Text, Value

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = datetime(2024, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def v(*parts: str) -> Value:
    return Value(parts)


def m(field: str, *values: str, **more: bool) -> Match:
    return Match(field, tuple(v(value) for value in values), **more)


QUERIES = [
    ("", ()),
    ("   ", ()),
    ("timeout", (Text(v("timeout")),)),
    ("payment timeout", (Text(v("payment")), Text(v("timeout")))),
    ('"payment timeout"', (Text(v("payment timeout")),)),
    ('"say \\"hi\\""', (Text(v('say "hi"')),)),
    ('!timeout !"a b"', (Text(v("timeout"), negated=True), Text(v("a b"), negated=True))),
    ("TypeError: x", (Text(v("TypeError:")), Text(v("x")))),
    ("https://shop.example/a:1", (Text(v("https://shop.example/a:1")),)),
    ("std::vector", (Text(v("std::vector")),)),
    ("a AND b", (Text(v("a")), Text(v("b")))),
    ('"OR"', (Text(v("OR")),)),
    ("time*out", (Text(v("time", "out")),)),
    ("!", (Text(v("!")),)),
    ("is:unresolved", (State(("unresolved",)),)),
    ("!is:resolved is:Archived", (State(("resolved",), negated=True), State(("ignored",)))),
    ("is:[new, regressed]", (State(("new", "regressed")),)),
    ("is:for_review is:bookmarked", (State(("for_review",)), State(("bookmarked",)))),
    ("level:error", (m("level", "error"),)),
    ("level:[warn,FATAL]", (m("level", "warning", "fatal"),)),
    ("priority:[HIGH,low]", (m("priority", "high", "low"),)),
    ("!level:info", (m("level", "info", negated=True),)),
    ("release:latest", (m("release", "latest"),)),
    ("release:shop@1.*", (Match("release", (v("shop@1.", ""),)),)),
    ("release:[shop@1.0.0, shop@2.0.0]", (m("release", "shop@1.0.0", "shop@2.0.0"),)),
    ("environment:production", (m("environment", "production"),)),
    ("user:u_12 user.id:7", (m("user", "u_12"), m("user.id", "7"))),
    ("user.email:a@b.example", (m("user.email", "a@b.example"),)),
    ("url:https://shop.example/pay?x=1", (m("url", "https://shop.example/pay?x=1"),)),
    ("url:*/pay/*", (Match("url", (v("", "/pay/", ""),)),)),
    ("assigned:me !assigned:none", (m("assigned", "me"), m("assigned", "none", negated=True))),
    ("assigned_to:alice bookmarks:me", (m("assigned", "alice"), m("bookmarks", "me"))),
    ("browser.name:Chrome", (m("browser.name", "Chrome", is_tag=True),)),
    ('!browser.name:"Mobile Safari"', (m("browser.name", "Mobile Safari", is_tag=True, negated=True),)),
    ('os:[Linux, "Mac OS"]', (m("os", "Linux", "Mac OS", is_tag=True),)),
    ("tags[level]:low tags[a:b]:c", (m("level", "low", is_tag=True), m("a:b", "c", is_tag=True))),
    ('region:""', (m("region", "", is_tag=True),)),
    ("region:a\\*b", (m("region", "a*b", is_tag=True),)),
    ("region:***", (Match("region", (v("", ""),), is_tag=True),)),
    ("has:user !has:browser.name", (Has("user"), Has("browser.name", is_tag=True, negated=True))),
    ("has:tags[level]", (Has("level", is_tag=True),)),
    ("{OriginalFormat}:tpl", (m("{OriginalFormat}", "tpl", is_tag=True),)),
    ('"{OriginalFormat}":tpl', (m("{OriginalFormat}", "tpl", is_tag=True),)),
    ("!@level:x $lib:web", (m("@level", "x", is_tag=True, negated=True), m("$lib", "web", is_tag=True))),
    ('"a b":c "x/y[0]":z', (m("a b", "c", is_tag=True), m("x/y[0]", "z", is_tag=True))),
    (r'"say \"hi\"":x', (m('say "hi"', "x", is_tag=True),)),
    ('"level":low', (m("level", "low", is_tag=True),)),
    ('has:{OriginalFormat} has:"a b"', (Has("{OriginalFormat}", is_tag=True), Has("a b", is_tag=True))),
    ("firstSeen:-24h", (Period("firstSeen", since=NOW - timedelta(hours=24)),)),
    ("first_seen:+7d", (Period("firstSeen", until=NOW - timedelta(days=7)),)),
    ("lastSeen:-2w", (Period("lastSeen", since=NOW - timedelta(weeks=2)),)),
    ("lastSeen:2024-01-01", (Period("lastSeen", DAY, DAY + timedelta(days=1)),)),
    ("lastSeen:>2024-01-01", (Period("lastSeen", since=DAY + timedelta(days=1)),)),
    ("lastSeen:>=2024-01-01", (Period("lastSeen", since=DAY),)),
    ("lastSeen:<2024-01-01", (Period("lastSeen", until=DAY),)),
    ("lastSeen:<=2024-01-01", (Period("lastSeen", until=DAY + timedelta(days=1)),)),
    ("lastSeen:>2024-01-01T00:00:00Z", (Period("lastSeen", since=DAY + TICK),)),
    ("lastSeen:<=2024-01-01T02:00:00+02:00", (Period("lastSeen", until=DAY + TICK),)),
    ("!firstSeen:2024-01-01..2024-01-31", (Period("firstSeen", DAY, DAY + timedelta(days=31), negated=True),)),
    ("timesSeen:>100", (Count("timesSeen", at_least=101),)),
    ("timesSeen:100", (Count("timesSeen", 100, 100),)),
    ("timesSeen:10..20", (Count("timesSeen", 10, 20),)),
    ("users:>=5 !users:<3", (Count("users", at_least=5), Count("users", at_most=2, negated=True))),
    ("users:<=7", (Count("users", at_most=7),)),
]  # fmt: skip


@pytest.mark.parametrize(("query", "terms"), QUERIES, ids=[row[0] for row in QUERIES])
def test_it_understands(query: str, terms: tuple[search.Term, ...]) -> None:
    found = search.parse(query, now=NOW)
    assert found.terms == terms
    assert search.parse(str(found), now=NOW + timedelta(days=9)) == found


ERRORS = [
    ("a is:broken", 5, "unresolved, resolved, ignored"),
    ("level:loud", 6, "fatal, error, warning, info, debug"),
    ("level:", 0, "level:error"),
    ("priority:urgent", 9, "high, medium, low"),
    ("is: unresolved", 0, "is:unresolved"),
    ('x "not closed', 2, "not closed"),
    ("level:[error", 6, "not closed"),
    ("level:[error fatal]", 6, "not closed"),
    ("firstSeen:yesterday", 10, "firstSeen:-24h"),
    ("firstSeen:-24x", 10, "firstSeen:-24h"),
    ("firstSeen:-99999w", 10, "firstSeen:-24h"),
    ("firstSeen:2024-13-01", 10, "2024-01-01..2024-02-01"),
    ("firstSeen:0001-01-01", 10, "firstSeen:-24h"),
    ("firstSeen:9999-12-31T23:59:59-23:00", 10, "firstSeen:-24h"),
    ("firstSeen:[-24h, -48h]", 0, "one value"),
    ("timesSeen:many", 10, "timesSeen:>100"),
    ("users:>٣", 6, "users:>100"),
    ("users:" + "9" * 400, 6, "number"),
    ("has:[a, b]", 5, "has:browser.name"),
    ("a OR b", 2, "level:[error, fatal]"),
    ("x" * 2001, 2000, "2000 characters"),
    ("a " * 51, 101, "50 terms"),
    ("os:" + "a*" * 12, 3, "10 wildcards"),
    (f"os:[{','.join('a' * 51)}]", 3, "50 values"),
]


@pytest.mark.parametrize(("query", "position", "hint"), ERRORS, ids=[row[0][:30] for row in ERRORS])
def test_it_says_what_is_wrong_and_where(query: str, position: int, hint: str) -> None:
    with pytest.raises(SearchError) as raised:
        search.parse(query, now=NOW)
    assert hint in raised.value.message
    assert raised.value.position == position


def parsed(query: str) -> tuple[SearchError | None, search.Search]:
    try:
        return None, search.parse(query, now=NOW)
    except SearchError as error:
        return error, search.Search()


pieces = st.sampled_from(
    ["is:", "!", '"', "[", "]", ",", "*", "\\", " ", ":", "..", ">", ">=", "<", "-24h", "2024-01-01", "tags[", "level:",
     "firstSeen:", "timesSeen:", "has:", "error", "a", "\u3000", "é", "9", "T10:00", "+01:00", "."]
) | st.text(max_size=3)  # fmt: skip


@given(st.lists(pieces, max_size=12).map("".join) | st.text(max_size=60))
@example("firstSeen:2024-W01")
@example("firstSeen:20240101..20240101T10")
@example('tags[a"b]:c')
@example('has:"a"')
def test_any_text_is_a_search_or_an_error_that_says_why(query: str) -> None:
    error, found = parsed(query)
    if error:
        assert error.message
        assert 0 <= error.position <= len(query)
    else:
        assert search.parse(str(found), now=NOW + timedelta(days=1)) == found
