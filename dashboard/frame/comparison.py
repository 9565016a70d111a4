"""What the numbers of a page are compared with, and the words for it."""

from dataclasses import dataclass

from analytics.periods import Period
from analytics.statistics import baselines
from analytics.statistics.baselines import Baseline
from dashboard.frame.state import State
from events.models import Project

NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class Compared:
    """`than` ends "+6 % …", `before` ends "none …", `during` ends "nothing …"."""

    baseline: Baseline
    than: str
    before: str
    during: str


def of(project: Project, state: State) -> Compared:
    """What `state` asks to compare with: the last release, when there is one, else the period before."""
    period = Period(state.start, state.end)
    baseline = None
    if state.compare == "release":
        baseline = baselines.last_release(project, period=period, environment=state.environment)
    return in_words(baseline or baselines.previous(period), state)


def in_words(baseline: Baseline, state: State) -> Compared:
    """`baseline` with its words."""
    if baseline.release:
        since = f"since {baseline.release}"
        return Compared(baseline, since, f"before {baseline.release}", since)
    length = state.label.removeprefix("Last ").replace(" ", NBSP)
    earlier = f"previous {length}" if state.label.startswith("Last") else "period before"
    return Compared(baseline, f"vs {earlier}", f"in the {earlier}", "in this period")
