"""Regressions and the end of ignoring: tables of decisions."""

from datetime import UTC, datetime, timedelta

import pytest

from events.issues import regressions
from events.issues.regressions import Ignored, Resolution, Seen
from events.issues.release_order import Release

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


def r(version: str, rank: int = 0, seen_at: datetime = BEFORE) -> Release:
    return Release(version, rank=rank, seen_at=seen_at)


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
    ("in a release, written otherwise", IN_2, r("shop-v2.0"), AFTER, True),
    ("in a release, other package created later", IN_2, r("api@0.1.0", 9, AFTER), AFTER, False),
    ("in a release, other package created earlier", IN_2, r("api@9.0.0", -1), AFTER, False),
    ("in a release, a hash first seen before the fix", IN_2, r("cafe"), AFTER, False),
    ("in a release, a hash first seen since", IN_2, r("cafe", 9, AFTER), AFTER, True),
    ("in a release, a hash first seen since, event before the fix", IN_2, r("cafe", 9, AFTER), BEFORE, False),
    ("in a release, a hash of another package first seen since", IN_2, r("api@cafe123", 9, AFTER), AFTER, False),
    ("in a release, a hash of its package first seen since", IN_2, r("shop@cafe123", 9, AFTER), AFTER, True),
    ("in the next, the broken one again", AFTER_2, r("shop@2.0.0"), AFTER, False),
    ("in the next, an older one", AFTER_2, r("shop@1.0.0"), AFTER, False),
    ("in the next, the next", AFTER_2, r("shop@2.0.1"), AFTER, True),
    ("in the next, the next's pre-release", AFTER_2, r("shop@2.0.1-rc.1"), AFTER, True),
    ("in the next, the broken one written otherwise", AFTER_2, r("shop@v2.0", 9, AFTER), AFTER, False),
    ("in the next, another build", AFTER_2, r("shop@2.0.0+1", 9, AFTER), AFTER, True),
    ("in the next, another package created later", AFTER_2, r("api@9.0.0", 9, AFTER), AFTER, False),
    ("in the next, an older one created late", AFTER_2, r("shop@1.5.0", 9, AFTER), AFTER, False),
    ("in the next, no release told, after", AFTER_2, None, AFTER, True),
    ("in the next, no release told, before", AFTER_2, None, BEFORE, False),
    ("in a hash, created before it", IN_HASH, r("cafe", 4), AFTER, False),
    ("in a hash, itself", IN_HASH, r("beef", 5), AFTER, True),
    ("in a hash, created after it", IN_HASH, r("f00d", 6), AFTER, True),
    ("after a hash, itself", AFTER_HASH, r("beef", 5), AFTER, False),
    ("after a hash, created after it", AFTER_HASH, r("f00d", 6), AFTER, True),
    ("after a hash, created before it", AFTER_HASH, r("cafe", 4), AFTER, False),
    ("after a hash, a version first seen before the fix", AFTER_HASH, r("2.0.0", 9), AFTER, False),
    ("after a hash, a version first seen since", AFTER_HASH, r("2.0.0", 9, AFTER), AFTER, True),
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
