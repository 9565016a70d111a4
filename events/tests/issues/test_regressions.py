"""Order of releases, regressions and the end of ignoring: tables of decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.issues import regressions
from events.issues.regressions import Ignored, Release, Resolution, Seen

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)

# The first is before the second.
ASCENDING = [
    ("1.0.0", "1.0.1"), ("1.9.0", "1.10.0"), ("9.0.0", "10.0.0"), ("1.0", "1.0.1"), ("v1.2.3", "1.2.4"),
    ("shop@1.0.0", "shop@2.0.0"), ("shop@1.0.0-alpha", "shop@1.0.0"), ("1.0.0-alpha", "1.0.0-alpha.1"),
    ("1.0.0-alpha.1", "1.0.0-alpha.beta"), ("1.0.0-alpha.beta", "1.0.0-beta"), ("1.0.0-beta", "1.0.0-beta.2"),
    ("1.0.0-beta.2", "1.0.0-beta.11"), ("1.0.0-beta.11", "1.0.0-rc.1"), ("1.0.0-rc.1", "1.0.0"),
    ("1.0.0+1", "1.0.0+2"), ("1.0.0+9", "1.0.0+10"), ("1.0.0", "1.0.0+1"), ("1.2.3.4", "1.2.3.5"),
    ("@scope/shop@1.0.0", "@scope/shop@1.1.0"), ("1.0.0-rc.1+5", "1.0.0-rc.2+1"),
]  # fmt: skip


@pytest.mark.parametrize(("older", "newer"), ASCENDING)
def test_versions_order_releases_whatever_came_first(older: str, newer: str) -> None:
    assert regressions.compare(Release(older, rank=9), Release(newer, rank=1)) == -1
    assert regressions.compare(Release(newer, rank=1), Release(older, rank=9)) == 1


BY_CREATION = [
    ("3f2a91bc", "99ee11aa"), ("web@1.0.0", "api@0.1.0"), ("1.0.0", "nightly"), ("2026-03-01", "2026-02-01"),
    ("20260301", "20250101"), ("v1.2.3", "1.2.3"), ("1.0", "1.0.0"), ("", "x"),
    ("1.0.0-", "1.0.0_"), ("ü@1.0", "ü@2.0"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), BY_CREATION)
def test_other_releases_keep_their_order_of_creation(first: str, second: str) -> None:
    assert regressions.compare(Release(first, rank=1), Release(second, rank=2)) == -1
    assert regressions.compare(Release(first, rank=2), Release(second, rank=1)) == 1
    assert regressions.compare(Release(first, rank=2), Release(first, rank=1)) == 0


versions = st.from_regex(r"\A(a@)?\d\.\d(-[ab\d](\.[ab\d])?)?(\+\d)?\Z")


@given(versions, versions, versions)
def test_the_order_is_consistent(a: str, b: str, c: str) -> None:
    one, two, three = (Release(version, rank=1) for version in (a, b, c))
    assert regressions.compare(one, two) == -regressions.compare(two, one)
    packages = {found.package for found in map(regressions.parse, (a, b, c)) if found}
    if len(packages) == 1 and regressions.compare(one, two) <= 0 and regressions.compare(two, three) <= 0:
        assert regressions.compare(one, three) <= 0


@given(st.text())
def test_any_text_is_a_release(text: str) -> None:
    assert regressions.compare(Release(text, rank=1), Release("1.0.0", rank=2)) in (-1, 0, 1)


def r(version: str, rank: int = 0) -> Release:
    return Release(version, rank=rank)


PLAIN = Resolution(at=NOON)
IN_2 = Resolution(at=NOON, release=r("shop@2.0.0"))
AFTER_2 = Resolution(at=NOON, release=r("shop@2.0.0"), in_next=True)
IN_HASH = Resolution(at=NOON, release=r("beef", 5))
AFTER_HASH = Resolution(at=NOON, release=r("beef", 5), in_next=True)

REGRESSIONS = [
    ("never resolved", None, r("shop@9.0.0"), AFTER, False),
    ("plain, event after the fix", PLAIN, None, AFTER, True),
    ("plain, event before the fix arriving late", PLAIN, None, BEFORE, False),
    ("plain, event of the same moment", PLAIN, None, NOON, False),
    ("plain, any release after the fix", PLAIN, r("shop@1.0.0"), AFTER, True),
    ("plain, any release before the fix", PLAIN, r("shop@9.0.0"), BEFORE, False),
    ("in a release, older release long after", IN_2, r("shop@1.9.0"), AFTER, False),
    ("in a release, its pre-release", IN_2, r("shop@2.0.0-rc.1"), AFTER, False),
    ("in a release, that release", IN_2, r("shop@2.0.0"), AFTER, True),
    ("in a release, that release with a clock that lags", IN_2, r("shop@2.0.0"), BEFORE, True),
    ("in a release, newer release", IN_2, r("shop@2.0.1"), AFTER, True),
    ("in a release, newer by number not by text", IN_2, r("shop@10.0.0"), AFTER, True),
    ("in a release, newer build of it", IN_2, r("shop@2.0.0+7"), AFTER, True),
    ("in a release, no release told, after", IN_2, None, AFTER, True),
    ("in a release, no release told, before", IN_2, None, BEFORE, False),
    ("in a release, other package created later", IN_2, r("api@0.1.0", 9), AFTER, True),
    ("in a release, other package created earlier", IN_2, r("api@9.0.0", -1), AFTER, False),
    ("in the next, the broken one again", AFTER_2, r("shop@2.0.0"), AFTER, False),
    ("in the next, an older one", AFTER_2, r("shop@1.0.0"), AFTER, False),
    ("in the next, the next", AFTER_2, r("shop@2.0.1"), AFTER, True),
    ("in the next, the next's pre-release", AFTER_2, r("shop@2.0.1-rc.1"), AFTER, True),
    ("in the next, no release told, after", AFTER_2, None, AFTER, True),
    ("in the next, no release told, before", AFTER_2, None, BEFORE, False),
    ("in a hash, created before it", IN_HASH, r("cafe", 4), AFTER, False),
    ("in a hash, itself", IN_HASH, r("beef", 5), AFTER, True),
    ("in a hash, created after it", IN_HASH, r("f00d", 6), AFTER, True),
    ("after a hash, itself", AFTER_HASH, r("beef", 5), AFTER, False),
    ("after a hash, created after it", AFTER_HASH, r("f00d", 6), AFTER, True),
    ("after a hash, created before it", AFTER_HASH, r("cafe", 4), AFTER, False),
]


@pytest.mark.parametrize(
    ("resolution", "release", "at", "expected"), [row[1:] for row in REGRESSIONS], ids=[row[0] for row in REGRESSIONS]
)
def test_it_comes_back(resolution: Resolution | None, release: Release | None, at: datetime, expected: bool) -> None:
    assert regressions.is_regression(resolution, release=release, at=at) is expected


IGNORED = [
    ("for ever", Ignored(), Seen(10**9, 10**9, 10**9), ""),
    ("until later", Ignored(until=AFTER), Seen(5, 5), ""),
    ("until now", Ignored(until=NOON), Seen(5, 5), "time"),
    ("until earlier", Ignored(until=BEFORE), Seen(0, 0), "time"),
    ("10 more, 9 came", Ignored(events=10, events_then=100), Seen(109, 1), ""),
    ("10 more, 10 came", Ignored(events=10, events_then=100), Seen(110, 1), "events"),
    ("10 more in an hour, many came slowly", Ignored(events=10, window_seconds=3600), Seen(500, 1, 9), ""),
    ("10 more in an hour, 10 came fast", Ignored(events=10, window_seconds=3600), Seen(500, 1, 10), "events"),
    ("3 more users, 2 came", Ignored(users=3, users_then=7), Seen(10**6, 9), ""),
    ("3 more users, 3 came", Ignored(users=3, users_then=7), Seen(8, 10), "users"),
    ("time or events, events first", Ignored(until=AFTER, events=1), Seen(1, 0), "events"),
    ("time or users, time first", Ignored(until=BEFORE, users=9), Seen(1, 0), "time"),
    ("the first event more", Ignored(events=1, events_then=41), Seen(42, 1), "events"),
    ("counts fell after a deletion", Ignored(events=1, events_then=41), Seen(3, 1), ""),
]


@pytest.mark.parametrize(("ignored", "seen", "why"), [row[1:] for row in IGNORED], ids=[row[0] for row in IGNORED])
def test_ignoring_ends(ignored: Ignored, seen: Seen, why: str) -> None:
    assert regressions.ignored_until(ignored, seen=seen, now=NOON) == why


def test_the_latest_release_is_found() -> None:
    listed = [r("shop@1.0.0", 1), r("shop@1.10.0", 2), r("shop@1.9.0", 3)]
    assert regressions.latest(listed) == listed[1]
    assert regressions.latest([]) is None
