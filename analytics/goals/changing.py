"""Goals as people set them: made, changed, deleted; each change with its audit entry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from analytics.goals import standings
from analytics.models import Goal
from analytics.periods import Period
from analytics.questions.product import acts, calendar
from analytics.questions.product.acts import BadQuestion, Scope
from events.accounts import audit
from events.values.texts import one_line

MOST = 30
FIELDS = ("name", "event", "measure", "of", "only", "target", "per", "direction", "zone")
_TEXTS = {"name", "event", "of", "only", "zone"}


@transaction.atomic
def put(goal: Goal, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Goal:
    """A new goal, or one with what is sent changed. Raises ValidationError, by field."""
    is_new = goal.pk is None
    if is_new and goal.project.goals.count() >= MOST:
        raise ValidationError(f"A project has at most {MOST} goals; delete one first.")
    for name in FIELDS:
        if name in sent:
            setattr(goal, name, one_line(str(sent[name])) if name in _TEXTS else sent[name])
    goal.target, goal.zone = _target(goal.target), goal.zone or "UTC"
    if goal.measure in ("sum", "avg"):
        goal.of = goal.of.removeprefix(acts.PROPERTY)
        if not goal.of:
            raise ValidationError({"of": "Name the property whose numbers are meant."})
    else:
        goal.of = ""
    _check(goal, now=now)
    goal.full_clean()
    goal.save()
    _record("goal.create" if is_new else "goal.update", goal, actor=actor, now=now)
    return goal


@transaction.atomic
def delete(goal: Goal, *, actor: Any, now: datetime) -> None:
    _record("goal.delete", goal, actor=actor, now=now)
    goal.delete()


def _target(sent: Any) -> float:
    try:
        target = float(sent)
    except (TypeError, ValueError):
        raise ValidationError({"target": "The target is a number. Write it in digits, such as 100 or 0.5."}) from None
    if not 0 < target <= 1e15 or math.isnan(target):
        raise ValidationError({"target": "The target is more than nothing: write 1, 0.5 or more."})
    return target


def _check(goal: Goal, *, now: datetime) -> None:
    """Raises ValidationError, by field, where no question can be asked of it."""
    period = Period(now - timedelta(days=1), now)
    for name, ask in (
        ("zone", lambda: calendar.zone_of(goal.zone)),
        ("only", lambda: acts.counted(Scope(period, where=acts.conditions(goal.only)), {})),
        ("per", lambda: standings.check_people(goal)),
    ):
        try:
            ask()
        except BadQuestion as error:
            raise ValidationError({name: str(error)}) from None


def _record(action: str, goal: Goal, *, actor: Any, now: datetime) -> None:
    audit.record(action, actor=actor, project=goal.project, obj=goal, detail={"per": goal.per}, now=now)
