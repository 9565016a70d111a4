"""The guard of a flag: off with it, where surely more of those who get it meet an error than somebody said may.

It looks every minute at the last hour. What it is sure of is the lower end of Wilson's 95 % interval, so that a few
people say nothing; who gets `false` is not looked at, since switching off would not help them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from analytics.flags import changing
from analytics.models import Flag, FlagGuard
from analytics.periods import Period
from analytics.questions.variants.exposures import OFF
from analytics.questions.variants.flag_outcomes import Outcome, outcomes
from analytics.statistics.comparisons import wilson
from events.accounts import audit

logger = logging.getLogger(__name__)

WINDOW, EVERY = timedelta(hours=1), timedelta(minutes=1)
LEAST_PEOPLE = 20


def put(flag: Flag, percent: str, *, actor: Any, now: datetime) -> FlagGuard | None:
    """The flag's guard: off when more than so many percent of those who get it meet an error; "" takes it away.

    Raises ValidationError.
    """
    with transaction.atomic():
        if not percent.strip():
            FlagGuard.objects.filter(flag=flag).delete()
            audit.record("flag.guard", actor=actor, project=flag.project, obj=flag, detail={"percent": None}, now=now)
            return None
        most = _percent(percent)
        guard, _ = FlagGuard.objects.update_or_create(flag=flag, defaults={"most_percent": most, "said": ""})
        audit.record("flag.guard", actor=actor, project=flag.project, obj=flag, detail={"percent": most}, now=now)
    return guard


def judge(found: Iterable[Outcome], *, most_percent: float) -> str:
    """Why the flag has to go off, in words; "" where it may stay. Pure."""
    for one in found:
        if one.value == OFF or one.people < LEAST_PEOPLE:
            continue
        low, high = wilson(one.hurt, one.people)
        if 100 * low > most_percent:
            return (
                f"{one.hurt} of {one.people} people with “{one.value}” met an error within the hour: "
                f"{100 * one.hurt / one.people:.1f} % (95 % CI {100 * low:.1f}–{100 * high:.1f}), "
                f"allowed are {most_percent:g} %"
            )
    return ""


def tick(*, now: datetime) -> int:
    """Look at every flag that is on and guarded; how many were switched off."""
    due = FlagGuard.objects.filter(flag__is_active=True, flag__archived_at=None, flag__project__deleted_at=None)
    return sum(_look(guard, now=now) for guard in due.select_related("flag__project").order_by("pk"))


def _look(guard: FlagGuard, *, now: datetime) -> bool:
    flag = guard.flag
    # An answer of before the last change was another flag's.
    period = Period(max(now - WINDOW, flag.changed_at), now)
    try:
        said = judge(outcomes(flag.project_id, flag.key, period=period), most_percent=guard.most_percent)
    except DatabaseError:
        raise
    except Exception as problem:
        logger.warning("The guard of the flag %s cannot look: %s", flag.pk, type(problem).__name__, exc_info=True)
        return False
    FlagGuard.objects.filter(pk=guard.pk).update(looked_at=now, **({"said": said} if said else {}))
    if said:
        changing.switch(flag, is_active=False, note=f"Its guard: {said}"[:200], actor="guard", now=now)
    return bool(said)


def _percent(text: str) -> float:
    try:
        most = float(text)
    except ValueError:
        most = -1.0
    if not 0 <= most < 100:
        raise ValidationError({"most_percent": "A number of percent from 0 to under 100, or nothing."})
    return most
