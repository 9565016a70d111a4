"""Who gets the weekly report of a project, as the pages ask for it."""

from typing import Any

from django.core.exceptions import ValidationError

from events.models import Membership, Project


def ask_for(project: Project, user: Any, *, wants: bool) -> None:
    """Whoever wants something with the report gets the report. Raises ValidationError for who is no member."""
    mine = Membership.objects.filter(project=project, user_id=user.pk)
    if not mine.exists():
        raise ValidationError("Only members of the project get its report.")
    if wants:
        mine.update(gets_weekly_report=True)
