"""The words of status pages, as Statuspage's readers know them, and what follows from them: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a component is, the best first."""

    OPERATIONAL = "operational"
    MAINTENANCE = "under_maintenance"
    DEGRADED = "degraded_performance"
    PARTIAL = "partial_outage"
    MAJOR = "major_outage"


WORDS = {
    State.OPERATIONAL: "Operational",
    State.MAINTENANCE: "Under maintenance",
    State.DEGRADED: "Degraded performance",
    State.PARTIAL: "Partial outage",
    State.MAJOR: "Major outage",
}
ORDER = tuple(State)
# What an alert of a rule means for customers, by its severity.
OF_SEVERITY = {
    "info": State.DEGRADED, "warning": State.DEGRADED, "error": State.PARTIAL, "critical": State.MAJOR,
}  # fmt: skip
# How much of an outage a second of each counts, and from how many seconds on a day has its colour.
WEIGHTS = {"major": 1.0, "partial": 0.3, "degraded": 0.0}
LONG, SHORT = 600, 60


@dataclass(frozen=True, slots=True)
class Overall:
    """What is said above everything."""

    indicator: str
    description: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long a component was in each state; `known` is what there was data of, planned maintenance left out."""

    known: int = 0
    degraded: int = 0
    partial: int = 0
    major: int = 0
    maintenance: int = 0

    def plus(self, other: Seconds) -> Seconds:
        return Seconds(
            self.known + other.known, self.degraded + other.degraded, self.partial + other.partial,
            self.major + other.major, self.maintenance + other.maintenance,
        )  # fmt: skip


def worst(states: Iterable[State]) -> State:
    return max(states, key=ORDER.index, default=State.OPERATIONAL)


def overall(states: Iterable[State]) -> Overall:
    """From all components: an outage of all of them is a major one, that of some a partial one."""
    found = list(states)
    gravest = worst(found)
    if gravest is State.MAJOR and all(one is State.MAJOR for one in found):
        return Overall("critical", "Major System Outage")
    return {
        State.OPERATIONAL: Overall("none", "All Systems Operational"),
        State.MAINTENANCE: Overall("maintenance", "Service Under Maintenance"),
        State.DEGRADED: Overall("minor", "Partially Degraded Service"),
        State.PARTIAL: Overall("major", "Partial System Outage"),
        State.MAJOR: Overall("major", "Partial System Outage"),
    }[gravest]


def uptime(of: Seconds) -> float | None:
    """The weighed share of the time that there was data of, in percent; None of none."""
    if not of.known:
        return None
    lost = sum(weight * getattr(of, name) for name, weight in WEIGHTS.items())
    return 100 * (1 - lost / of.known)


def colour(of: Seconds) -> str:
    """One of four by minutes, or that nothing is known: ten minutes of an outage make a day red."""
    if not of.known:
        return "maintained" if of.maintenance else "unknown"
    if of.major >= LONG:
        return "major"
    if of.major >= SHORT or of.partial >= LONG:
        return "partial"
    return "degraded" if of.partial >= SHORT or of.degraded >= SHORT else "good"
