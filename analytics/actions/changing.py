"""Actions as people set them up: made, changed, deleted; each change with its audit entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from analytics.models import Action
from analytics.questions.product import actions as questions
from analytics.questions.product import acts
from analytics.questions.product.acts import BadQuestion
from events.accounts import audit
from events.values.texts import one_line

MOST, MOST_MATCHES = 50, 3
PARTS = {"event": 200, "page": 300, "text": 200, "selector": 300, "only": 500}


@transaction.atomic
def put(action: Action, *, name: str, matches: Sequence[Mapping[str, Any]], actor: Any, now: datetime) -> Action:
    """A new action, or one with another name and other matches. Raises ValidationError, by field."""
    is_new = action.pk is None
    if is_new and action.project.actions.count() >= MOST:
        raise ValidationError(f"A project has at most {MOST} actions; delete one first.")
    action.name = one_line(name)
    if "|" in action.name:
        raise ValidationError({"name": "A name has no | in it."})
    action.matches = checked(matches)
    action.full_clean()
    action.save()
    audit.record(
        "action.create" if is_new else "action.update", actor=actor, project=action.project, obj=action,
        detail={"matches": len(action.matches)}, now=now,
    )  # fmt: skip
    return action


@transaction.atomic
def delete(action: Action, *, actor: Any, now: datetime) -> None:
    """Questions that name it say that there is none of that name."""
    audit.record("action.delete", actor=actor, project=action.project, obj=action, now=now)
    action.delete()


def checked(sent: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Matches as they are stored, those without any condition left out. Raises ValidationError."""
    stored = [{name: _text(one, name) for name in PARTS} for one in sent]
    stored = [one for one in stored if any(one.values())]
    if not 1 <= len(stored) <= MOST_MATCHES:
        raise ValidationError({"matches": f"An action has one to {MOST_MATCHES} matches, each with a condition."})
    try:
        acts.meant("tried", f"{acts.ACTION}x", {}, {"x": questions.matches_of(stored)})
    except BadQuestion as error:
        raise ValidationError({"matches": str(error)}) from None
    return stored


def _text(match: Mapping[str, Any], name: str) -> str:
    text = str(match.get(name) or "").replace("\x00", "").strip()
    if len(text) > PARTS[name]:
        raise ValidationError({"matches": f"{name} has at most {PARTS[name]} characters."})
    return text
