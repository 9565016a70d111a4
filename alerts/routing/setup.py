"""Routes, inhibitions and maintenance, as people manage them: each change is checked whole and audited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from alerts import schedule
from alerts.delivery import channel_setup
from alerts.models import Channel, EscalationStep, Inhibition, Maintenance, Route, Rule
from alerts.routing import matchers, telling, windows
from alerts.routing.matchers import InvalidMatchers
from alerts.schedule import InvalidSchedule
from events.accounts import audit

MOST = 100  # routes, inhibitions or maintenances of a project
MOST_STEPS, LATEST_STEP = 10, 7 * 1440
LONGEST_WAIT, LONGEST_REPEAT = 86_400, 30 * 1440
LONGEST_MAINTENANCE = timedelta(days=90)
LONGEST_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Step:
    """Who is told after so many minutes without acknowledgement."""

    after_minutes: int
    channels: Sequence[Channel]


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedRoute:
    name: str
    matchers: str = ""
    position: int = 1
    tells_nobody: bool = False
    goes_on: bool = False
    group_by: Sequence[str] = ()
    wait_seconds: int = 30
    interval_seconds: int = 300
    repeat_minutes: int = 240


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedInhibition:
    name: str
    source: str
    target: str
    equal: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedMaintenance:
    """Once from `starts_at` to `ends_at`, or, with a cron line, for `minutes` each time."""

    name: str
    matchers: str
    starts_at: datetime
    ends_at: datetime | None = None
    cron: str = ""
    minutes: int = 0
    zone: str = "UTC"


def store_route(
    route: Route, wanted: WantedRoute, *, channels: Collection[Channel] = (), steps: Sequence[Step] = (), actor: Any,
    now: datetime,
) -> Route:  # fmt: skip
    """A new or a changed route; what is on and was told to nobody is routed anew. Raises ValidationError, by field."""
    _demand_room(route)
    for name in WantedRoute.__dataclass_fields__:
        setattr(route, name, getattr(wanted, name))
    route.name, route.matchers = wanted.name.strip(), _conditions("matchers", wanted.matchers)
    route.group_by = _names("group_by", wanted.group_by)
    for name, most in (
        ("wait_seconds", LONGEST_WAIT),
        ("interval_seconds", LONGEST_WAIT),
        ("repeat_minutes", LONGEST_REPEAT),
    ):
        if not 0 <= getattr(wanted, name) <= most:
            raise ValidationError({name: f"From 0 to {most:,}."})
    if wanted.tells_nobody and (channels or steps):
        raise ValidationError({"tells_nobody": "It tells nobody, or these channels: one of them."})
    channel_setup.demand_own(channels, route.project_id)
    _check_steps(steps, route.project_id)
    route.full_clean(exclude=["group_by", "matchers"])
    with transaction.atomic():
        action = "route.update" if route.pk else "route.create"
        route.save()
        route.channels.set(channels)
        put_steps(steps, route=route)
        _place(route)
        audit.record(action, actor=actor, project=route.project, obj=route, detail=detail_of(route), now=now)
        telling.reroute(route.project, now=now)
    return route


@transaction.atomic
def delete_route(route: Route, *, actor: Any, now: datetime) -> None:
    """Its groups go with it; what is on in them finds other routes and is told there."""
    audit.record("route.delete", actor=actor, project=route.project, obj=route, detail=detail_of(route), now=now)
    route.delete()
    telling.reroute(route.project, now=now)


def store_inhibition(inhibition: Inhibition, wanted: WantedInhibition, *, actor: Any, now: datetime) -> Inhibition:
    """A new or a changed inhibition. Raises ValidationError, by field."""
    _demand_room(inhibition)
    inhibition.name = wanted.name.strip()
    inhibition.source = _demanded("source", wanted.source)
    inhibition.target = _demanded("target", wanted.target)
    inhibition.equal = _names("equal", wanted.equal)
    inhibition.full_clean(exclude=["equal"])
    with transaction.atomic():
        action = "inhibition.update" if inhibition.pk else "inhibition.create"
        inhibition.save()
        detail = {"source": inhibition.source, "target": inhibition.target, "equal": inhibition.equal}
        audit.record(action, actor=actor, project=inhibition.project, obj=inhibition, detail=detail, now=now)
    return inhibition


@transaction.atomic
def delete_inhibition(inhibition: Inhibition, *, actor: Any, now: datetime) -> None:
    audit.record("inhibition.delete", actor=actor, project=inhibition.project, obj=inhibition, now=now)
    inhibition.delete()


def store_maintenance(made: Maintenance, wanted: WantedMaintenance, *, actor: Any, now: datetime) -> Maintenance:
    """A new or a changed maintenance. Raises ValidationError, by field."""
    _demand_room(made)
    made.name, made.matchers = wanted.name.strip(), _demanded("matchers", wanted.matchers)
    made.starts_at, made.ends_at, made.zone = wanted.starts_at, wanted.ends_at, wanted.zone.strip()
    made.cron, made.minutes = wanted.cron.strip(), wanted.minutes if wanted.cron.strip() else 0
    _check_times(made, now=now)
    if made.pk is None:
        made.created_at = now
        made.created_by = actor if getattr(actor, "pk", None) else None
    made.full_clean(exclude=["matchers"])
    with transaction.atomic():
        action = "maintenance.update" if made.pk else "maintenance.create"
        made.save()
        audit.record(action, actor=actor, project=made.project, obj=made, detail=times_of(made), now=now)
    return made


@transaction.atomic
def end_maintenance(made: Maintenance, *, actor: Any, now: datetime) -> bool:
    """Whether one was open, which is over now; what repeats comes again next time."""
    if windows.open_at(made, now) is None:
        return False
    made.ended_at = now
    made.save(update_fields=["ended_at"])
    audit.record("maintenance.end", actor=actor, project=made.project, obj=made, now=now)
    return True


@transaction.atomic
def delete_maintenance(made: Maintenance, *, actor: Any, now: datetime) -> None:
    audit.record("maintenance.delete", actor=actor, project=made.project, obj=made, detail=times_of(made), now=now)
    made.delete()


def put_steps(steps: Sequence[Step], *, route: Route | None = None, rule: Rule | None = None) -> None:
    """These are the steps of the route or the rule from now on; those that stay as they were are not taken again."""
    kept = {step.after_minutes: step for step in EscalationStep.objects.filter(route=route, rule=rule)}
    for wanted in steps:
        step = kept.pop(wanted.after_minutes, None)
        if step is None:
            step = EscalationStep.objects.create(route=route, rule=rule, after_minutes=wanted.after_minutes)
        step.channels.set(wanted.channels)
    EscalationStep.objects.filter(pk__in=[step.pk for step in kept.values()]).delete()


def store_steps(rule: Rule, steps: Sequence[Step], *, actor: Any, now: datetime) -> None:
    """The steps of a rule. Raises ValidationError."""
    _check_steps(steps, rule.project_id)
    with transaction.atomic():
        put_steps(steps, rule=rule)
        detail = {"steps": [[step.after_minutes, [channel.pk for channel in step.channels]] for step in steps]}
        audit.record("rule.escalation", actor=actor, project=rule.project, obj=rule, detail=detail, now=now)


def detail_of(route: Route) -> dict[str, Any]:
    """What the audit trail keeps of a route."""
    names = ("name", "position", "matchers", "tells_nobody", "goes_on", "group_by", "wait_seconds", "interval_seconds",
             "repeat_minutes")  # fmt: skip
    channels = [] if route.pk is None else list(route.channels.values_list("pk", flat=True))
    return {**{name: getattr(route, name) for name in names}, "channels": channels}


def times_of(made: Maintenance) -> dict[str, Any]:
    """What the audit trail keeps of a maintenance."""
    ends = made.ends_at.isoformat() if made.ends_at else ""
    found = {"matchers": made.matchers, "starts_at": made.starts_at.isoformat(), "ends_at": ends}
    return {**found, "cron": made.cron, "minutes": made.minutes, "zone": made.zone} if made.cron else found


def _check_times(made: Maintenance, *, now: datetime) -> None:
    try:
        schedule.zone_of(made.zone)
    except InvalidSchedule as error:
        raise ValidationError({"zone": str(error)}) from None
    if made.ends_at is not None and made.ends_at <= max(made.starts_at, now):
        raise ValidationError({"ends_at": "It ends in the future, after it starts."})
    if not made.cron:
        if made.ends_at is None:
            raise ValidationError({"ends_at": "Say when it ends."})
        if made.ends_at - made.starts_at > LONGEST_MAINTENANCE:
            raise ValidationError({"ends_at": f"At most {LONGEST_MAINTENANCE.days} days."})
        return
    try:
        made.cron = schedule.cron_line(made.cron)
    except InvalidSchedule as error:
        raise ValidationError({"cron": str(error)}) from None
    if not timedelta(0) < timedelta(minutes=made.minutes) <= LONGEST_WINDOW:
        raise ValidationError({"minutes": f"From one minute to {LONGEST_WINDOW.days} days."})


def _check_steps(steps: Sequence[Step], project_id: int) -> None:
    if len(steps) > MOST_STEPS:
        raise ValidationError({"steps": f"At most {MOST_STEPS} steps."})
    moments = [step.after_minutes for step in steps]
    if len(set(moments)) < len(moments):
        raise ValidationError({"steps": "Two steps at the same minute are one step: name their channels in one line."})
    for step in steps:
        if not 1 <= step.after_minutes <= LATEST_STEP:
            raise ValidationError({"steps": f"From 1 minute to {LATEST_STEP // 1440} days."})
        if not step.channels:
            raise ValidationError({"steps": "Each step names at least one channel."})
        if any(channel.project_id != project_id for channel in step.channels):
            raise ValidationError({"steps": "Channels of this project only."})


def _demand_room(row: models.Model) -> None:
    rows = type(row)._default_manager.filter(project=row.project)  # type: ignore[attr-defined]
    if row.pk is None and rows.count() >= MOST:
        raise ValidationError({"name": f"A project has at most {MOST}: delete one first."})


def _place(route: Route) -> None:
    """Number the project's routes from 1, this one where it wants to stand."""
    others = list(Route.objects.filter(project=route.project).exclude(pk=route.pk).select_for_update(no_key=True))
    place = max(0, min(route.position - 1, len(others)))
    ordered = [*others[:place], route, *others[place:]]
    for position, one in enumerate(ordered, start=1):
        one.position = position
    Route.objects.bulk_update(ordered, ["position"])


def _conditions(field: str, text: str) -> str:
    try:
        return matchers.written(matchers.read(text))
    except InvalidMatchers as error:
        raise ValidationError({field: str(error)}) from None


def _demanded(field: str, text: str) -> str:
    found = _conditions(field, text)
    if not found:
        raise ValidationError({field: "Name at least one label: what matches everything hides everything."})
    return found


def _names(field: str, names: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    if len(found) > 10 or any(len(name) > 200 for name in found):
        raise ValidationError({field: "At most 10 labels."})
    return found
