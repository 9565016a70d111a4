"""Objectives, as people manage them: checked whole, stored with their rules, audited as one change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.delivery import channel_setup
from alerts.models import Channel, Objective, Rule
from alerts.rules import rule_setup
from alerts.rules.contract import InvalidRule, number, span
from alerts.rules.kinds import burn_rate
from alerts.rules.rule_setup import Wanted
from alerts.slos import indicators
from alerts.slos.indicators import INDICATORS, LONGEST_MS
from analytics.questions.watched.metrics import UnknownMetric
from analytics.statistics.burn import PAIRS, Pair
from events.accounts import audit
from events.models import Project

KIND = "burn_rate"
# The pairs of a day and more move slowly and are read from many minutes.
EVERY = {"1h": 1, "6h": 1, "24h": 5, "3d": 15}
_PLAIN = ("name", "indicator", "threshold_ms", "where", "target", "days", "min_total", "min_bad")


@dataclass(frozen=True, kw_only=True)
class Promise:
    """An objective as a person describes it, numbers as typed."""

    name: str
    indicator: str
    target: float | str
    threshold_ms: float | str | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    days: int | str = 30
    min_total: int | str = 100
    min_bad: int | str = 10


def create(
    project: Project, promise: Promise, *, channels: Collection[Channel] = (), actor: Any, now: datetime
) -> Objective:
    """A new objective, judged from now on. Raises ValidationError, by field."""
    objective = Objective(project=project, created_at=now)
    return _store(objective, promise, channels, "slo.create", actor=actor, now=now)


def update(
    objective: Objective, promise: Promise, *, channels: Collection[Channel] = (), actor: Any, now: datetime
) -> Objective:
    """The changed objective. Its alerts stay where it still measures the same; otherwise they end untold."""
    return _store(objective, promise, channels, "slo.update", actor=actor, now=now)


@transaction.atomic
def delete(objective: Objective, *, actor: Any, now: datetime) -> None:
    """The objective, its rules and their alerts."""
    audit.record(
        "slo.delete", actor=actor, project=objective.project, obj=objective, detail=detail_of(objective), now=now
    )
    objective.delete()


@transaction.atomic
def add(project: Project, promises: Sequence[Promise], *, actor: Any, now: datetime) -> list[Objective]:
    """Those whose names the project does not have yet, as one change. Raises ValidationError."""
    taken = set(project.objectives.values_list("name", flat=True))
    made = []
    for promise in promises:
        if promise.name not in taken:
            objective = Objective(project=project, created_at=now)
            put(objective, promise)
            _save(objective, [], now=now)
            made.append(objective)
    detail = {"objectives": [detail_of(objective) for objective in made]}
    audit.record("slo.add", actor=actor, project=project, detail=detail, now=now)
    return made


def put(objective: Objective, promise: Promise) -> None:
    """Set what is promised on an objective, which is not saved by this. Raises ValidationError, by field."""
    indicator = INDICATORS.get(promise.indicator)
    if indicator is None:
        raise ValidationError({"indicator": f"There is no indicator {promise.indicator!r}."})
    try:
        checked = burn_rate.clean(
            {
                "target": promise.target,
                "days": promise.days,
                "pair": "1h",
                "min_total": promise.min_total,
                "min_bad": promise.min_bad,
            }
        )
        threshold = None
        if indicator.has_threshold:
            threshold = number({"threshold_ms": promise.threshold_ms}, "threshold_ms", least=1, most=LONGEST_MS)
    except InvalidRule as error:
        raise ValidationError({error.field: error.reason}) from None
    objective.name, objective.indicator = promise.name.strip(), promise.indicator
    objective.threshold_ms = None if threshold is None else round(threshold, 3)
    objective.target, objective.days = checked["target"], checked["days"]
    objective.min_total, objective.min_bad = checked["min_total"], checked["min_bad"]
    try:
        metric = indicators.metric(objective)
    except UnknownMetric as error:
        raise ValidationError({"threshold_ms": str(error)}) from None
    objective.where = {name: [str(value) for value in values] for name, values in promise.where.items() if values}
    try:
        metric.cut(objective.where)
    except UnknownMetric as error:
        raise ValidationError({"where": str(error)}) from None


def detail_of(objective: Objective) -> dict[str, Any]:
    """What the audit trail keeps of an objective."""
    return {name: getattr(objective, name) for name in _PLAIN}


def rule_name(objective: Objective, pair: Pair) -> str:
    return f"{objective.name}, {span(pair.long)} and {span(pair.short)}"


def _store(
    objective: Objective, promise: Promise, channels: Collection[Channel], action: str, *, actor: Any, now: datetime
) -> Objective:
    put(objective, promise)
    channel_setup.demand_own(channels, objective.project_id)
    with transaction.atomic():
        _save(objective, channels, now=now)
        audit.record(
            action, actor=actor, project=objective.project, obj=objective, detail=detail_of(objective), now=now
        )
    return objective


def _save(objective: Objective, channels: Collection[Channel], *, now: datetime) -> None:
    objective.full_clean(exclude=["where"])
    objective.save()
    objective.channels.set(channels)
    stored = {rule.config.get("pair"): rule for rule in objective.rules.all()}
    for pair in PAIRS.values():
        rule = stored.get(pair.name) or Rule(project=objective.project, objective=objective, created_at=now)
        _keep(rule, objective, pair, channels, now=now)


def _keep(rule: Rule, objective: Objective, pair: Pair, channels: Collection[Channel], *, now: datetime) -> None:
    """The rule of one pair as the objective is now; what it was silenced by, and whether it is on, stays."""
    watched = (rule.metric, rule.where)
    rule_setup.put(rule, wanted(objective, pair))
    rule.next_eval_at = now
    taken = objective.project.rules.exclude(pk=rule.pk).filter(name=rule.name)
    if taken.exists():
        raise ValidationError({"name": f"There is a rule named {rule.name!r} already; give this one another name."})
    rule.save()
    rule.channels.set(channels)
    if watched != (rule.metric, rule.where):
        rule.alerts.all().delete()


def wanted(objective: Objective, pair: Pair) -> Wanted:
    """The rule that alerts for one pair of windows."""
    return Wanted(
        name=rule_name(objective, pair),
        kind=KIND,
        metric=indicators.metric_name(objective),
        where=objective.where,
        config={
            "target": objective.target,
            "days": objective.days,
            "pair": pair.name,
            "min_total": objective.min_total,
            "min_bad": objective.min_bad,
        },
        severity=Rule.Severity.CRITICAL if pair.is_page else Rule.Severity.WARNING,
        every_minutes=EVERY[pair.name],
        labels={"slo": objective.name},
    )
