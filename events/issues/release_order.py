"""The order of releases: total and transitive over any set, and the same whatever else is in the set.

Each release has a key of its own, so there is nothing between two releases that a third could change. Names that say a
version stand in the order of their package (`events.values.versions`); hashes and words in that of first sight, or of
their last commit where it is known. The two kinds are kept apart: a hash between two versions would have to be placed
by a clock, and clocks and versions disagree."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from events.values import versions
from events.values.versions import Version

_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Release:
    """A release as it was named, and its place in the order of creation (1 is the project's first)."""

    version: str
    rank: int
    seen_at: datetime = field(default=_EVER)  # first, here
    committed_at: datetime | None = None  # its last commit

    @cached_property
    def says(self) -> Version | None:
        return versions.parse(self.version)

    @cached_property
    def order(self) -> tuple[bool, str]:
        """The order it has a place in: whether that is one of versions, and of which package."""
        return (True, self.says.package) if self.says else (False, self.version.rpartition("@")[0])

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """What it is sorted by: its order, its version, then first sight. A commit is never later than that."""
        sight = min(self.seen_at, self.committed_at or self.seen_at)
        return self.order, self.says.key if self.says else (), sight, self.rank, self.version


def compare(a: Release, b: Release) -> int:
    """-1, 0 or 1; 0 is only for a release and itself."""
    return (a.key > b.key) - (a.key < b.key)


def newest_first(releases: Iterable[Release]) -> list[Release]:
    return sorted(releases, key=lambda release: release.key, reverse=True)


def listed(releases: Iterable[Release]) -> list[Release]:
    """All of a project, for people: order by order, the one first that was added to last, and in each the newest first.

    Releases of two orders cannot be compared, so a list of both can only tell them apart."""
    known = newest_first(releases)
    added: dict[tuple[bool, str], int] = {}
    for release in known:
        added[release.order] = max(release.rank, added.get(release.order, 0))
    return sorted(known, key=lambda release: added[release.order], reverse=True)  # which keeps what is equal in place


def are_one(a: Release, b: Release) -> bool:
    """Whether both are one version, perhaps written in two ways (`v1.0`, `1.0.0`)."""
    if a.version == b.version:
        return True
    return bool(a.says and b.says and a.says == b.says and a.says.is_exact)


def are_of_one_order(a: Release, b: Release) -> bool:
    return a.order == b.order


def are_of_two_packages(a: Release, b: Release) -> bool:
    """Whether both name a package, and not the same."""
    return bool(a.order[1] and b.order[1] and a.order[1] != b.order[1])


class Orders:
    """The orders that the releases of a project stand in, each with its last release."""

    def __init__(self, releases: Iterable[Release]) -> None:
        known = list(releases)
        self._sizes = Counter(release.order for release in known)
        self._last: dict[tuple[bool, str], Release] = {}
        for release in known:
            last = self._last.get(release.order)
            if last is None or compare(release, last) > 0:
                self._last[release.order] = release

    def latest(self, *, among: Iterable[str] = ()) -> Release | None:
        """The last release of the order that the names `among` are of; None without releases.

        Of several orders that is the first one of versions, else the first; without names the order of versions that
        has most of the releases, else that of first sight that has most."""
        named = [order for name in among if (order := Release(name, 0).order) in self._last]
        if named:
            return self._last[next((order for order in named if order[0]), named[0])]
        return self._last[max(self._sizes, key=self._rank)] if self._sizes else None

    def _rank(self, order: tuple[bool, str]) -> tuple[bool, int, str]:
        return order[0], self._sizes[order], order[1]
