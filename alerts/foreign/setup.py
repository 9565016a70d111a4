"""Sources, as people manage them; a token is shown once and kept as a hash."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.foreign import taking
from alerts.models import ForeignAlert, ForeignSource, Monitor, Notice
from alerts.routing import telling
from events.accounts import audit
from events.models import Project

MOST = 20


def create(
    project: Project, *, name: str, watchdog: Monitor | None = None, actor: Any, now: datetime
) -> tuple[ForeignSource, str]:
    """The source and its token, which is never seen again. Raises ValidationError."""
    if ForeignSource.objects.filter(project=project).count() >= MOST:
        raise ValidationError({"name": f"A project has at most {MOST} sources."})
    source = ForeignSource(project=project, created_at=now)
    secret = _new_token(source)
    return _store(source, name, watchdog, "source.create", actor=actor, now=now), secret


def update(
    source: ForeignSource, *, name: str, watchdog: Monitor | None = None, actor: Any, now: datetime
) -> ForeignSource:
    return _store(source, name, watchdog, "source.update", actor=actor, now=now)


@transaction.atomic
def rotate(source: ForeignSource, *, actor: Any, now: datetime) -> str:
    """A new token; the old one is gone at once."""
    secret = _new_token(source)
    source.save(update_fields=["token_hash", "hint"])
    audit.record("source.rotate", actor=actor, project=source.project, obj=source, now=now)
    return secret


@transaction.atomic
def switch(source: ForeignSource, *, on: bool, actor: Any, now: datetime) -> None:
    """Take what it sends, or refuse it; what is on of it ends untold, because nobody will say when it does."""
    source.is_enabled = on
    source.save(update_fields=["is_enabled"])
    if not on:
        open_alerts = ForeignAlert.objects.filter(source=source, is_on=True)
        telling.forget(Notice.objects.filter(foreign__in=open_alerts.values("pk")), now=now)
        open_alerts.update(is_on=False, ends_at=now)
    action = "source.enable" if on else "source.disable"
    audit.record(action, actor=actor, project=source.project, obj=source, now=now)


@transaction.atomic
def delete(source: ForeignSource, *, actor: Any, now: datetime) -> None:
    """Its alerts go with it."""
    audit.record("source.delete", actor=actor, project=source.project, obj=source, now=now)
    source.delete()


@transaction.atomic
def end(row: ForeignAlert, *, actor: Any, now: datetime) -> bool:
    """Whether the alert was on: it is over, because a person says so."""
    if not taking.end(row, now=now):
        return False
    audit.record("foreign.end", actor=actor, project=row.source.project, obj=row, now=now)
    return True


@transaction.atomic
def acknowledge(row: ForeignAlert, *, actor: Any, now: datetime) -> bool:
    """Whether this person was the first to say that they look after it."""
    if not telling.acknowledge(Notice.objects.filter(foreign=row), actor=actor, now=now):
        return False
    audit.record("foreign.acknowledge", actor=actor, project=row.source.project, obj=row, now=now)
    return True


def _store(
    source: ForeignSource, name: str, watchdog: Monitor | None, action: str, *, actor: Any, now: datetime
) -> ForeignSource:
    if watchdog is not None and watchdog.project_id != source.project_id:
        raise ValidationError({"watchdog": "A monitor of this project only."})
    source.name, source.watchdog = name.strip(), watchdog
    source.full_clean(exclude=["token_hash", "hint", "last_at"])
    with transaction.atomic():
        source.save()
        detail = {"watchdog": source.watchdog_id}
        audit.record(action, actor=actor, project=source.project, obj=source, detail=detail, now=now)
    return source


def _new_token(source: ForeignSource) -> str:
    secret = f"fobs_in_{secrets.token_hex(32)}"
    source.token_hash, source.hint = taking.digest(secret), secret[-4:]
    return secret
