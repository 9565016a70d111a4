"""The time of a release: from its arrival to the next one's. A page in such a period shows what ran then."""

from dataclasses import dataclass
from datetime import timedelta

from dashboard.frame.state import State, stamp
from events.models import Project
from events.releases import deploys

MOST = 8
# So many arrivals are looked through for MOST releases: one version arrives in several environments.
_LOOKED_AT = 40


@dataclass(frozen=True, slots=True)
class ReleasePeriod:
    """`since` and `until` as `from` and `to` of an address; the latest release has no `until`."""

    version: str
    since: str
    until: str

    def is_shown(self, shown: State) -> bool:
        return (shown.since, shown.until) == (self.since, self.until)


def of(project: Project, *, environment: str) -> list[ReleasePeriod]:
    """The last releases that arrived in the environment, or in any; at most MOST, the latest first."""
    arrived = deploys.arrived(project)
    if environment:
        arrived = arrived.filter(environment=environment)
    found: list[ReleasePeriod] = []
    until = ""
    for version, arrived_at in arrived.values_list("release__version", "finished_at")[:_LOOKED_AT]:
        # Stamps have no fractions: the period begins with the second after the arrival, so that none is in two.
        since = stamp(arrived_at + timedelta(seconds=1) if arrived_at.microsecond else arrived_at)
        if found and (found[-1].version == version or since == until):
            continue
        found.append(ReleasePeriod(version, since, until))
        until = since
        if len(found) == MOST:
            break
    return found
