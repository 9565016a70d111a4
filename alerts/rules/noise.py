"""How noisy a rule is: how often it fired, for how long, whether somebody looked after it, whether it was worth it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from statistics import median

from django.db.models.fields.json import KT

from alerts import schedule
from alerts.models import Alert, AlertTransition
from alerts.rules.standing import State, is_on
from events.models import Project

SPAN = timedelta(days=28)
WEEK, BRIEF = timedelta(days=7), timedelta(minutes=5)
MOST = 50_000  # changes that are read
# Below so many times nothing is said of shares.
FEW = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One change of standing of one alert of one rule."""

    rule: int
    alert: int
    before: str
    after: str
    at: datetime
    was_acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Episode:
    """One time that an alert fired; without an end it still does."""

    began_at: datetime
    ended_at: datetime | None
    was_acknowledged: bool

    @property
    def length(self) -> timedelta | None:
        return self.ended_at - self.began_at if self.ended_at else None

    @property
    def is_brief(self) -> bool:
        """Whether it ended by itself before anybody could have done something."""
        return self.length is not None and self.length < BRIEF and not self.was_acknowledged


@dataclass(frozen=True, slots=True)
class Noise:
    """What four weeks say of a rule; shares are None where it fired too rarely to say."""

    fires: int
    per_week: float
    lasts: timedelta | None
    acknowledged: float | None
    brief: float | None

    @property
    def lasts_words(self) -> str:
        return schedule.spoken(int(self.lasts.total_seconds())) if self.lasts is not None else ""

    @property
    def is_noisy(self) -> bool:
        """Whether most of it ended by itself at once, or nobody ever looks after what comes each day."""
        is_ignored = self.acknowledged is not None and self.acknowledged < 0.1 and self.per_week >= 7
        return (self.brief is not None and self.brief > 0.5) or is_ignored

    @property
    def advice(self) -> str:
        """What would make it quieter; "" where nothing needs to."""
        if self.brief is not None and self.brief > 0.5:
            return "Most ended by themselves within five minutes: let it fire after some minutes."
        return "Nobody looks after it: is its threshold right, or its severity?" if self.is_noisy else ""


def of_project(project: Project, *, now: datetime) -> dict[int, Noise]:
    """The noise of each rule that fired lately, by number."""
    return of_changes(_changes(project, now=now), now=now)


def of_changes(changes: Iterable[Change], *, now: datetime) -> dict[int, Noise]:
    """The noise of each rule. Pure; the changes in the order of their alerts, then of time."""
    found: dict[int, list[Episode]] = {}
    for (rule, _), of_alert in groupby(changes, key=lambda one: (one.rule, one.alert)):
        found.setdefault(rule, []).extend(episodes(of_alert))
    return {rule: noise(listed) for rule, listed in found.items() if listed}


def episodes(changes: Iterable[Change]) -> list[Episode]:
    """The times that one alert fired."""
    made, began = [], None
    for change in changes:
        was, becomes = is_on(State(change.before)), is_on(State(change.after))
        if becomes and not was:
            began = change
        elif was and not becomes and began is not None:
            made.append(Episode(began.at, change.at, change.was_acknowledged))
            began = None
    if began is not None:
        made.append(Episode(began.at, None, began.was_acknowledged))
    return made


def noise(listed: list[Episode]) -> Noise:
    lengths = [one.length for one in listed if one.length is not None]
    says = len(listed) >= FEW
    return Noise(
        fires=len(listed),
        per_week=len(listed) / (SPAN / WEEK),
        lasts=timedelta(seconds=median(length.total_seconds() for length in lengths)) if lengths else None,
        acknowledged=sum(one.was_acknowledged for one in listed) / len(listed) if says else None,
        brief=sum(one.is_brief for one in listed) / len(listed) if says else None,
    )


def _changes(project: Project, *, now: datetime) -> list[Change]:
    rows = AlertTransition.objects.filter(alert__rule__project=project, at__gt=now - SPAN, at__lte=now)
    known = rows.annotate(acknowledged=KT("evidence__acknowledged_at")).order_by("alert_id", "at", "pk")
    looked_after = set(
        Alert.objects.filter(rule__project=project, acknowledged_at__isnull=False).values_list("pk", flat=True)
    )
    return [
        Change(rule, alert, before, after, at, bool(acknowledged) or (is_on(State(after)) and alert in looked_after))
        for rule, alert, before, after, at, acknowledged in known.values_list(
            "alert__rule_id", "alert_id", "before", "after", "at", "acknowledged"
        )[:MOST]
    ]
