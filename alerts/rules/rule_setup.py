"""Rules, as people manage them: each change is checked whole and audited in its own transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.delivery import channel_setup
from alerts.incidents import acting
from alerts.models import Alert, Channel, Notice, Rule, Silence
from alerts.routing import telling
from alerts.rules.contract import InvalidRule
from alerts.rules.kinds import KINDS, OF_SHARES, SOURCES, watched
from analytics.questions.watched.metrics import UnknownMetric, metric_of
from events.accounts import audit
from events.models import Project

LONGEST_SILENCE = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A rule as a person describes it; `config` has the kind's own fields, as typed."""

    name: str
    kind: str
    config: Mapping[str, Any]
    # Empty for a kind that watches none.
    metric: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    group_by: Sequence[str] = ()
    for_minutes: int = 0
    keep_minutes: int = 0
    no_data: str = "keep"
    every_minutes: int = 1
    severity: str = "error"
    labels: Mapping[str, str] = field(default_factory=dict)
    runbook: str = ""
    repeat_minutes: int = 240


def create(project: Project, wanted: Wanted, *, channels: Collection[Channel] = (), actor: Any, now: datetime) -> Rule:
    """A new rule, due at once. Raises ValidationError, by field."""
    rule = Rule(project=project, created_at=now, next_eval_at=now)
    return _store(rule, wanted, channels, "rule.create", actor=actor, now=now)


def update(rule: Rule, wanted: Wanted, *, channels: Collection[Channel] = (), actor: Any, now: datetime) -> Rule:
    """The changed rule. Its alerts stay where it still judges the same thing; otherwise they end untold."""
    before = _watched(rule)
    rule.next_eval_at = now
    changed = _store(rule, wanted, channels, "rule.update", actor=actor, now=now)
    if before != _watched(changed):
        changed.alerts.all().delete()
    return changed


@transaction.atomic
def switch(rule: Rule, *, on: bool, actor: Any, now: datetime) -> Rule:
    """Turn a rule on or off; what fires of a rule that is turned off ends."""
    rule.is_enabled, rule.next_eval_at, rule.last_error = on, now, ""
    rule.save(update_fields=["is_enabled", "next_eval_at", "last_error"])
    if not on:
        telling.forget(Notice.objects.filter(alert__rule=rule), now=now)
        rule.alerts.update(state=Alert.State.OK, recent="", is_flapping=False, since=now)
    audit.record("rule.enable" if on else "rule.disable", actor=actor, project=rule.project, obj=rule, now=now)
    return rule


@transaction.atomic
def delete(rule: Rule, *, actor: Any, now: datetime) -> None:
    audit.record("rule.delete", actor=actor, project=rule.project, obj=rule, detail=detail_of(rule), now=now)
    rule.delete()


@transaction.atomic
def acknowledge(alert: Alert, *, actor: Any, now: datetime) -> bool:
    """Whether this person was the first to say that they look after it."""
    fields = {"acknowledged_at": now, "acknowledged_by": actor}
    is_first = bool(Alert.objects.filter(pk=alert.pk, acknowledged_at=None).exclude(fired_at=None).update(**fields))
    if is_first:
        alert.acknowledged_at, alert.acknowledged_by = now, actor
        telling.acknowledge(Notice.objects.filter(alert=alert), actor=actor, now=now)
        acting.follow_alert(alert, actor=actor, now=now)
        audit.record("alert.acknowledge", actor=actor, project=alert.rule.project, obj=alert, now=now)
    return is_first


@transaction.atomic
def silence(
    project: Project, matchers: Mapping[str, str], *, starts_at: datetime, ends_at: datetime, reason: str,
    actor: Any, now: datetime,
) -> Silence:  # fmt: skip
    """Tell nobody of alerts with these labels for a time. Raises ValidationError."""
    chosen = {name: value for name, value in matchers.items() if name and value}
    if not chosen:
        raise ValidationError({"matchers": "Name at least one label: a silence of everything hides everything."})
    if ends_at <= max(starts_at, now):
        raise ValidationError({"ends_at": "A silence ends in the future, after it starts: choose a later end."})
    if ends_at - starts_at > LONGEST_SILENCE:
        raise ValidationError({"ends_at": f"At most {LONGEST_SILENCE.days} days."})
    if not reason.strip():
        raise ValidationError({"reason": "Say why: others will wonder."})
    made = Silence(
        project=project, matchers=chosen, starts_at=starts_at, ends_at=ends_at, reason=reason.strip()[:200],
        created_by=actor if getattr(actor, "pk", None) else None, created_at=now,
    )  # fmt: skip
    made.save(force_insert=True)
    audit.record("silence.create", actor=actor, project=project, obj=made, detail={"matchers": chosen}, now=now)
    return made


@transaction.atomic
def end_silence(found: Silence, *, actor: Any, now: datetime) -> None:
    """End it now; one that has not begun never will, and one that is over stays as it was."""
    found.starts_at, found.ends_at = min(found.starts_at, now), min(found.ends_at, now)
    found.save(update_fields=["starts_at", "ends_at"])
    audit.record("silence.end", actor=actor, project=found.project, obj=found, now=now)


def detail_of(rule: Rule) -> dict[str, Any]:
    """What the audit trail keeps of a rule."""
    names = ("name", "kind", "metric", "where", "group_by", "config", "for_minutes", "severity", "is_enabled")
    return {name: getattr(rule, name) for name in names}


def _store(
    rule: Rule, wanted: Wanted, channels: Collection[Channel], action: str, *, actor: Any, now: datetime
) -> Rule:
    put(rule, wanted)
    rule.full_clean(exclude=["config", "where", "group_by", "labels"])
    channel_setup.demand_own(channels, rule.project_id)
    with transaction.atomic():
        rule.save()
        rule.channels.set(channels)
        audit.record(action, actor=actor, project=rule.project, obj=rule, detail=detail_of(rule), now=now)
    return rule


def put(rule: Rule, wanted: Wanted) -> None:
    """Set what is wanted on a rule, which is not saved by this. Raises ValidationError, by field."""
    if wanted.kind not in KINDS:
        raise ValidationError({"kind": f"There is no kind of rule {wanted.kind!r}."})
    where = {name: [str(value) for value in values] for name, values in wanted.where.items() if values}
    try:
        rule.config = KINDS[wanted.kind].clean(wanted.config)
        rule.metric = _metric(wanted, rule.config, where)
    except InvalidRule as error:
        raise ValidationError({error.field: error.reason}) from None
    rule.where, rule.group_by, rule.labels = where, list(wanted.group_by), dict(wanted.labels)
    for name in (
        "kind", "for_minutes", "keep_minutes", "no_data", "every_minutes", "severity", "runbook",
        "repeat_minutes",
    ):  # fmt: skip
        setattr(rule, name, getattr(wanted, name))
    rule.name = wanted.name.strip()


def _watched(rule: Rule) -> tuple[Any, ...]:
    """What alerts of a rule are about; where it stays, they do."""
    return rule.kind, watched(rule.kind, rule.metric, rule.config), rule.where, rule.group_by


def _metric(wanted: Wanted, config: Mapping[str, Any], where: Mapping[str, Sequence[str]]) -> str:
    """The name of what is watched, which can be cut as wanted. Raises InvalidRule."""
    source = SOURCES.get(wanted.kind)
    if source:
        if wanted.metric not in ("", source.METRIC.name):
            raise InvalidRule("metric", f"A rule of the kind {source.TITLE.lower()} watches no metric.")
        source.check(config, where, wanted.group_by)
        return source.METRIC.name
    try:
        metric = metric_of(wanted.metric)
    except UnknownMetric as error:
        raise InvalidRule("metric", str(error)) from None
    if wanted.kind in OF_SHARES and metric.measure != "share":
        raise InvalidRule("metric", f"{metric.title} is no share, and has no budget.")
    try:
        metric.cut(where, wanted.group_by)
    except UnknownMetric as error:
        raise InvalidRule("where", str(error)) from None
    return wanted.metric
