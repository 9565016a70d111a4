"""What rules, monitors and probes say to incidents, and which alerts belong together: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

Source = Literal["rule", "monitor", "probe"]

SEVERITIES = ("info", "warning", "error", "critical")
# Labels that many alerts have alike without having anything in common.
_COMMON = frozenset({"environment", "severity", "rule", "monitor", "probe", "release", "slo"})
# Within so short a time two alerts of an environment are one incident, whatever their labels.
AT_ONCE = timedelta(minutes=10)
# An alert that comes back so soon after its incident resolved itself opens it again.
COMES_BACK = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """An alert began or ended. `key` tells the alerts of one source apart and stays the same for ever; `row` is the
    primary key of its Alert or MonitorState; `evidence` is what was known when it began."""

    project_id: int
    source: Source
    source_id: int
    key: str
    title: str
    severity: str
    at: datetime
    is_on: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    row: int | None = None
    words: str = ""
    link: str = ""
    is_silenced: bool = False
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> str:
        return self.labels.get("environment", "")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An incident that an alert may join, with the labels of each of its alerts."""

    pk: int
    environment: str
    alerts: Sequence[Mapping[str, str]]
    last_alert_at: datetime | None


def opens(severity: str, least: str) -> bool:
    """Whether an alert of this severity opens an incident, or joins one."""
    return least in SEVERITIES and SEVERITIES.index(severity) >= SEVERITIES.index(least)


def belongs(signal: Signal, to: Candidate, *, window: timedelta) -> bool:
    """Whether the alert is part of the incident: the same environment, close in time, and something in common.

    An alert of the whole project, which has no label of its own, has something in common with all of it.
    """
    if to.last_alert_at is None or abs(signal.at - to.last_alert_at) > window:
        return False
    if signal.environment and to.environment and signal.environment != to.environment:
        return False
    if abs(signal.at - to.last_alert_at) <= AT_ONCE:
        return True
    own = _own(signal.labels)
    return any(not own or not _own(labels) or own & _own(labels) for labels in to.alerts)


def _own(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in labels.items() if value and name not in _COMMON)


def chosen(signal: Signal, among: Iterable[Candidate], *, window: timedelta) -> int | None:
    """The incident that the alert joins: of several the one whose last alert is nearest."""
    found = [one for one in among if belongs(signal, one, window=window)]
    return (
        min(found, key=lambda one: (abs(signal.at - (one.last_alert_at or signal.at)), -one.pk)).pk if found else None
    )


def shared(labels: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """What both have alike."""
    return {name: value for name, value in labels.items() if more.get(name) == value}


def graver(one: str, other: str) -> str:
    return max(one, other, key=SEVERITIES.index)
