"""When a resolved issue has come back, and when an ignored one must be looked at again.

Releases are compared as `release_order` says. Time decides nothing between releases that have a place in one order: an
old release keeps sending its errors long after the fix."""

from dataclasses import dataclass
from datetime import datetime

from events.issues import release_order
from events.issues.release_order import Release


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


def is_regression(resolution: Resolution | None, *, release: Release | None, at: datetime) -> bool:
    """Whether an event of `release` at `at` (when it happened) brings the resolved issue back.

    Without a release on either side only time is left: an event from before the fix is none. A release of another
    package never does. One that only first sight can place (a hash among versions) does if it was first seen since."""
    if resolution is None:
        return False
    fixed = resolution.release
    if fixed is None or release is None:
        return at > resolution.at
    if release_order.are_of_one_order(release, fixed):
        if release_order.are_one(release, fixed):
            return not resolution.in_next
        return release_order.compare(release, fixed) > 0
    if release_order.are_of_two_packages(release, fixed):
        return False
    return at > resolution.at and release.seen_at > resolution.at


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
