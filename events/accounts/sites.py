"""Sites as trackers name them that know no keys: which project one belongs to, and which key may send for it."""

import time
from datetime import datetime
from typing import Any

import re2
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction
from django.db.models import Q

from events.accounts import audit
from events.models import IngestKey, Project, SiteName

MOST = 100
# Read from a form of our own; no space and no comma, by which trackers part several names.
NAME = re2.compile(r"[^\s,]{1,253}")
TTL_SECONDS = 30.0
# Wrong names are remembered too.
MAX_CACHED = 10_000

_cache: dict[str, tuple[float, str | None]] = {}


def add(project: Project, name: str, *, actor: Any, now: datetime) -> SiteName:
    """One more name of a site of `project`. Raises ValidationError for one that is none, or is another's."""
    named = _bare(name)
    if not NAME.fullmatch(named):
        raise ValidationError("A site is named by its domain or its id, without spaces and commas.")
    if project.site_names.count() >= MOST:
        raise ValidationError(f"A project has at most {MOST} names of sites.")
    try:
        with transaction.atomic():
            site = SiteName.objects.create(project=project, name=named, created_at=now)
            audit.record("site.add", actor=actor, project=project, obj=site, detail={"name": named}, now=now)
    except IntegrityError:
        raise ValidationError(f"{named} is taken already.") from None
    forget()
    return site


def remove(site: SiteName, *, actor: Any, now: datetime) -> None:
    """Nothing comes in under this name any more, once web processes have forgotten it."""
    with transaction.atomic():
        audit.record("site.remove", actor=actor, project=site.project, obj=site, detail={"name": site.name}, now=now)
        site.delete()
    forget()


def key_of(name: str, *, now: datetime, clock: float | None = None) -> str | None:
    """The public key of the project that has this name, the oldest that works; None where none has.

    While the database is away the last answer counts; without any its error is raised.
    """
    clock = time.monotonic() if clock is None else clock
    named = _bare(name)[:253]
    cached = _cache.get(named)
    if cached is not None and cached[0] > clock:
        return cached[1]
    try:
        key = _load(named, now)
    except (DatabaseError, InterfaceError):
        connection.close()
        if cached is None:
            raise
        key = cached[1]
    if len(_cache) >= MAX_CACHED:
        _cache.clear()
    _cache[named] = (clock + TTL_SECONDS, key)
    return key


def forget() -> None:
    """Empty the process cache, after a change of names in this process."""
    _cache.clear()


def _load(named: str, now: datetime) -> str | None:
    usable = IngestKey.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now), is_active=True, project__deleted_at=None
    )
    found = usable.filter(project__site_names__name=named).order_by("created_at", "pk")
    return found.values_list("public_key", flat=True).first()


def _bare(name: str) -> str:
    return name.strip().lower()
