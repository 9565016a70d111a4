"""What people get with the weekly report of a project, as they ask for it on pages."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from dashboard.models import Board, SavedView
from events.accounts import audit
from events.models import Membership, Project


def is_offered(project: Project, user: Any) -> bool:
    """Whether the report is for `user`: its receivers are members."""
    return Membership.objects.filter(project=project, user_id=user.pk or 0).exists()


def subscribe(of: Board | SavedView, *, user: Any, wants: bool, most: int, kind: str, now: datetime) -> str:
    """What is kept comes with the report, which then comes too, or no more; the sentence to tell. `kind` is its word,
    of which a report carries at most `most`. Raises ValidationError."""
    if not is_offered(of.project, user):
        raise ValidationError("Only members of the project get its report.")
    relation: Any = of._meta.get_field("subscriptions")
    name = relation.field.name
    mine = relation.related_model.objects.filter(**{f"{name}__project": of.project}, user=user)
    if wants and mine.exclude(**{name: of}).count() >= most:
        raise ValidationError(f"A report carries at most {most} {kind}s.")
    with transaction.atomic():
        if wants:
            Membership.objects.filter(project=of.project, user=user).update(gets_weekly_report=True)
            of.subscriptions.get_or_create(user=user, defaults={"created_at": now})
        else:
            mine.filter(**{name: of}).delete()
        audit.record(f"{kind}.subscribe", actor=user, project=of.project, obj=of, detail={"wants": wants}, now=now)
    return f"“{of.name}” comes with the report on Mondays." if wants else f"“{of.name}” comes no more."
