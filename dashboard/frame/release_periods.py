"""The time of a release: from its arrival to the next one's. A page in such a period shows what ran then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.frame.state import State, stamp

MOST = 8


@dataclass(frozen=True, slots=True)
class ReleasePeriod:
    """`since` and `until` as `from` and `to` of an address; the latest release has no `until`."""

    version: str
    since: str
    until: str

    def is_shown(self, shown: State) -> bool:
        return (shown.since, shown.until) == (self.since, self.until)


def of(arrivals: Iterable[tuple[str, datetime]]) -> list[ReleasePeriod]:
    """The last releases of these arrivals, (version, when), the latest first; at most MOST. Pure."""
    found: list[ReleasePeriod] = []
    until = ""
    for version, arrived_at in arrivals:
        # Stamps have no fractions: the period begins with the second after the arrival, so that none is in two.
        since = stamp(arrived_at + timedelta(seconds=1) if arrived_at.microsecond else arrived_at)
        if found and (found[-1].version == version or since == until):
            continue
        found.append(ReleasePeriod(version, since, until))
        until = since
        if len(found) == MOST:
            break
    return found
