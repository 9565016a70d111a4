"""The goals of a scorecard: those of the house, or what an owner set; each change with its audit entry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from dashboard.models import Scorecard
from events.accounts import audit
from events.models import Project
from events.values.texts import one_line

MOST_FEATURES, LONGEST_NAME = 5, 200
# name -> (its label, the least, the most)
NUMBERS: Mapping[str, tuple[str, float, float]] = {
    "failures": ("Fewer failed requests than, percent", 0.0001, 100),
    "page_load_ms": ("Pages show within, milliseconds", 1, 600_000),
    "uptime": ("Uptime of at least, percent", 1, 100),
    "resolve_minutes": ("Half of the incidents resolved within, minutes", 0.1, 100_000),
    "adoption": ("Each feature used by at least, percent of a week's people", 0.1, 100),
}


def of(project: Project) -> Scorecard:
    """The project's own goals, or those of the house."""
    return Scorecard.objects.filter(project=project).first() or Scorecard(project=project)


@transaction.atomic
def put(project: Project, sent: Mapping[str, str], *, actor: Any, now: datetime) -> Scorecard:
    """Stores what is sent; `features` has one a line. Raises ValidationError, by field."""
    card, errors = of(project), dict[str, str]()
    for name, (_, least, most) in NUMBERS.items():
        try:
            value = float(sent.get(name, getattr(card, name)))
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            errors[name] = f"A number from {least:g} to {most:,g}."
        setattr(card, name, value)
    if "features" in sent:
        lines = (one_line(line.replace("\x00", "")).strip() for line in sent["features"].splitlines()[:100])
        card.features = list(dict.fromkeys(filter(None, lines)))
    if len(card.features) > MOST_FEATURES:
        errors["features"] = f"A scorecard has at most {MOST_FEATURES} features."
    elif any(len(name) > LONGEST_NAME for name in card.features):
        errors["features"] = f"A feature's name has at most {LONGEST_NAME} characters."
    if errors:
        raise ValidationError(errors)
    card.save()
    goals = {name: getattr(card, name) for name in (*NUMBERS, "features")}
    audit.record("scorecard.update", actor=actor, project=project, detail=goals, now=now)
    return card
