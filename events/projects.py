"""Projects: making one makes it usable."""

from datetime import datetime
from typing import Any

from django.db import transaction

from events.models import IngestKey, Membership, Project


@transaction.atomic
def create(slug: str, name: str, *, owner: Any, now: datetime, is_demo: bool = False) -> Project:
    """A new project with its default ingest key and, when `owner` is a user, that user's membership."""
    project = Project.objects.create(slug=slug, name=name, created_at=now, is_demo=is_demo)
    IngestKey.objects.create(project=project, created_at=now)
    if owner is not None:
        Membership.objects.create(project=project, user=owner, role=Membership.Role.OWNER, created_at=now)
    return project
