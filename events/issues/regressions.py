"""When a resolved issue has come back, and when an ignored one must be looked at again.

A release is compared by what it says (`shop@2.10.0` is after `shop@2.9.1`), else by when it was created here. Time
decides nothing: an old release keeps sending its errors long after the fix."""

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

import re2

_SEMVER = re2.compile(
    r"^(?:(?P<package>[^\n]*)@)?v?(?P<numbers>\d{1,18}(?:\.\d{1,18}){1,3})"
    r"(?:-(?P<pre>[0-9A-Za-z.\-]+))?(?:\+(?P<build>[0-9A-Za-z.\-]+))?$"
)
LONGEST = 250  # characters of a release, as Sentry allows


@dataclass(frozen=True, slots=True)
class Version:
    """A release that follows `package@1.2.3-pre+build`; `v1.2` and a fourth number are taken too."""

    package: str
    numbers: tuple[int, ...]
    pre: tuple[str, ...]
    build: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """A release as it was named, and its place in the order of creation (1 is the project's first)."""

    version: str
    rank: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """How an issue was resolved; `release` has the fix, or (`in_next`) is the last one known to be broken."""

    at: datetime
    release: Release | None = None
    in_next: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """What ends ignoring, any one of them; none means for ever. `*_then` are the issue's counts when it was ignored."""

    until: datetime | None = None
    events: int | None = None  # so many more
    window_seconds: int | None = None  # ... within this time
    users: int | None = None  # so many more
    events_then: int = 0
    users_then: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """The issue's counts now; `events_in_window` counts those of the last `window_seconds`, since it was ignored."""

    events: int
    users: int
    events_in_window: int = 0


def parse(version: str) -> Version | None:
    """The parts of a release name that says its version; None for a hash, a date or a word."""
    match = _SEMVER.match(version) if len(version) <= LONGEST and version.isascii() else None
    if not match:
        return None
    numbers = [int(number) for number in match["numbers"].split(".")]
    return Version(
        package=match["package"] or "",
        numbers=tuple(numbers + [0] * (4 - len(numbers))),
        pre=tuple((match["pre"] or "").split(".")) if match["pre"] else (),
        build=tuple((match["build"] or "").split(".")) if match["build"] else (),
    )


def compare(a: Release, b: Release) -> int:
    """-1, 0 or 1: by version when both have one of the same package, else by order of creation."""
    if a.version == b.version:
        return 0
    first, second = parse(a.version), parse(b.version)
    if first and second and first.package == second.package:
        by_version = (
            _sign(first.numbers, second.numbers)
            or (_sign(bool(second.pre), bool(first.pre)) if not (first.pre and second.pre) else 0)
            or _compare_identifiers(first.pre, second.pre)
            or _compare_identifiers(first.build, second.build)
        )
        if by_version:
            return by_version
    return _sign(a.rank, b.rank)


def is_regression(resolution: Resolution | None, *, release: Release | None, at: datetime) -> bool:
    """Whether an event of `release` at `at` (when it happened) brings the resolved issue back.

    Without a release on either side only time is left: an event from before the fix is none."""
    if resolution is None:
        return False
    if resolution.release is None or release is None:
        return at > resolution.at
    order = compare(release, resolution.release)
    return order > 0 if resolution.in_next else order >= 0


def ignored_until(ignored: Ignored, *, seen: Seen, now: datetime) -> str:
    """Why ignoring ends: "time", "events", "users"; "" while it lasts."""
    if ignored.until is not None and now >= ignored.until:
        return "time"
    if ignored.events is not None:
        more = seen.events - ignored.events_then if ignored.window_seconds is None else seen.events_in_window
        if more >= ignored.events:
            return "events"
    if ignored.users is not None and seen.users - ignored.users_then >= ignored.users:
        return "users"
    return ""


def latest(releases: list[Release]) -> Release | None:
    """The last by `compare`, without sorting the rest; None of none."""
    found: Release | None = None
    for release in releases:
        if found is None or compare(release, found) > 0:
            found = release
    return found


def _compare_identifiers(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """The order of SemVer 2.0.0 section 11: numbers before words, numbers by value, fewer before more."""
    for a, b in zip_longest(first, second):
        if a is None or b is None:
            return -1 if a is None else 1
        order = _sign(_identifier(a), _identifier(b))
        if order:
            return order
    return 0


def _identifier(word: str) -> tuple[int, int, str]:
    return (0, int(word), "") if word.isdecimal() and len(word) <= 18 else (1, 0, word)


def _sign(a: object, b: object) -> int:
    return (a > b) - (a < b)  # type: ignore[operator]
