"""Experiments for tests, and people who were exposed and did something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from analytics.experiments import changing
from analytics.models import Experiment, Flag
from analytics.tests import facts
from analytics.tests.flags import make as make_flags
from events.models import Project
from events.tests.rows import hexed

PAID = {"name": "Paid", "kind": "conversion", "event": "paid", "hours": 24}
ERRORS = {"name": "Errors", "kind": "errors", "hours": 24, "is_guardrail": True}
DAY = timedelta(days=1)


def flag(project: Project, key: str = "basket", *, now: datetime, **shares: float) -> Flag:
    variants = make_flags.variants(**(shares or {"control": 50, "test": 50}))
    return make_flags.stored(project, key, now=now, multivariate=variants)


def draft(project: Project, *, now: datetime, of: Flag | None = None, **sent: Any) -> Experiment:
    of = of or flag(project, now=now)
    made = Experiment(project=project, flag=of, key=sent.pop("key", "basket"), created_at=now)
    about = {"name": "A new basket", "control": "control", "planned_effect": 0.2, "metrics": [PAID, ERRORS], **sent}
    return changing.put(made, about, actor="test", now=now)


def running(project: Project, *, now: datetime, days: int = 4, **sent: Any) -> Experiment:
    """One that started some days ago."""
    made = draft(project, now=now - days * DAY, **sent)
    return changing.start(made, actor="test", now=now - days * DAY)


def people(
    project: Project, counts: Mapping[str, tuple[int, float]], *, start: datetime, days: int = 3, seed: int = 1
) -> None:
    """variant -> (people, share of them who pay), exposed over some days; a share of 0.3 is met to the person."""
    dice, rows, who = Random(seed), [], 0
    for variant, (count, share) in counts.items():
        for number in range(count):
            who += 1
            at = start + days * DAY * dice.random()
            said = {"$feature_flag": "basket", "$feature_flag_response": variant}
            rows.append({"at": at, "visitor": who, "event": "$feature_flag_called", "properties": said})
            if number < round(share * count):
                rows.append({"at": at + timedelta(minutes=9), "visitor": who, "event": "paid"})
    dice.shuffle(rows)
    numbered = ({**row, "event_id": hexed(f"{n}")} for n, row in enumerate(rows))
    facts.store(project, "events", *numbered, now=start + (days + 1) * DAY)
