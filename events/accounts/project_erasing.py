"""Takes a deleted project away when its grace is over: rows of every table, segments, keys noted beside the spool.

Each part is a transaction of its own, so that a worker that dies is followed by one that goes on. What stays: the
number, so that no other project gets it; the audit trail, which is never cut; and the chained records of consent, of
which nobody can tell any more whom they are about. Backups lose it as they grow old.
"""

import hmac
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.crypto import get_random_string

from events.accounts import audit, keys
from events.facts import open_tables, segments
from events.models import ConsentRecord, IngestKey, Project, Segment
from events.models.project import new_pepper

AT_ONCE = 500
_KEPT = {ConsentRecord}


def tick(*, now: datetime) -> int:
    """Erases the projects whose grace is over; how many."""
    over = now - timedelta(days=settings.OBS_PROJECT_GRACE_DAYS)
    due = list(Project.objects.filter(deleted_at__lte=over, erased_at=None).order_by("deleted_at"))
    for project in due:
        erase(project, now=now)
    return len(due)


def erase(project: Project, *, now: datetime) -> None:
    """Nothing of the project is left but its number and the receipt."""
    if not project.erased:
        project.erased = {"slug": project.slug}
        project.save(update_fields=["erased"])
        audit.record("project.erase.begin", actor="system", via="system", project=project, obj=project, now=now)
    for public_key in IngestKey.objects.filter(project=project).values_list("public_key", flat=True):
        keys.forget_noted(public_key)
    for name, count in _taken(project, now=now):
        project.erased = {**project.erased, name: project.erased.get(name, 0) + count}
        project.save(update_fields=["erased"])
    known = ConsentRecord.objects.filter(project=project).exclude(visitor=None, nonce=None)
    _note(project, "consent_subjects", known.update(visitor=None, nonce=None))
    _empty(project, now=now)
    open_tables.forget(now=now)
    audit.record(
        "project.erase", actor="system", via="system", project=project, obj=project, detail=receipt(project), now=now
    )


def receipt(project: Project) -> dict[str, Any]:
    """What was taken away and when, without a word of what it was; signed under the audit key."""
    counts = {name: count for name, count in sorted(project.erased.items()) if name != "slug"}
    document = {
        "project": project.pk,
        "slug": project.erased.get("slug", ""),
        "deleted_at": project.deleted_at.isoformat() if project.deleted_at else None,
        "erased_at": project.erased_at.isoformat() if project.erased_at else None,
        "erased": counts,
    }
    return {**document, "signature": signature(document)}


def signature(document: dict[str, Any]) -> str:
    """HMAC-SHA256 of a receipt under OBS_AUDIT_KEY."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(settings.OBS_AUDIT_KEY.encode(), b"project receipt\0" + canonical, "sha256").hex()


def is_genuine(document: dict[str, Any]) -> bool:
    """Whether a receipt says what this server signed."""
    said = {name: value for name, value in document.items() if name != "signature"}
    return hmac.compare_digest(signature(said), str(document.get("signature", "")))


def _taken(project: Project, *, now: datetime) -> Iterator[tuple[str, int]]:
    """Takes away part after part, and yields (what, how many) of each. Files leave the disk with the next sweep."""
    while some := list(Segment.objects.filter(project_id=project.pk)[:AT_ONCE]):
        if segments.retire(some, now=now):
            yield "segments", len(some)
            yield "facts", sum(one.rows for one in some)
    for model, field in _tables():
        while keys_of_some := list(_rows(model, field, project).values_list("pk", flat=True)[:AT_ONCE]):
            _, gone = model._base_manager.filter(pk__in=keys_of_some).delete()
            counted = Counter({label.partition(".")[2].lower(): count for label, count in gone.items()})
            yield from counted.items()


def _tables() -> list[tuple[type[models.Model], str]]:
    """Every table that names a project, and by which field; first those that hold others fast."""
    found = [
        (relation.related_model, relation.field.name)
        for relation in Project._meta.related_objects
        if relation.related_model not in _KEPT
    ]
    return sorted(found, key=lambda one: not _holds(one[0]))


def _holds(model: type[models.Model]) -> bool:
    fields = model._meta.concrete_fields
    return any(field.remote_field and field.remote_field.on_delete is models.RESTRICT for field in fields)


def _rows(model: type[models.Model], field: str, project: Project) -> models.QuerySet[Any]:
    return model._base_manager.filter(**{field: project.pk}).order_by("pk")


def _note(project: Project, name: str, count: int) -> None:
    if count:
        project.erased = {**project.erased, name: project.erased.get(name, 0) + count}


def _empty(project: Project, *, now: datetime) -> None:
    """The row as that of a project nobody ever set up, under a name that leads nowhere."""
    blank = Project()
    for field in Project._meta.concrete_fields:
        if field.name not in ("id", "deleted_at", "deleted_by", "erased", "created_at"):
            setattr(project, field.attname, getattr(blank, field.attname))
    project.slug, project.pepper = f"erased-{project.pk}-{get_random_string(6).lower()}", new_pepper()
    project.erased_at = now
    project.save()
