"""Ingest keys as the hot path needs them: looked up twice a minute per process, kept while PostgreSQL is away."""

import time
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from events.models import IngestKey

TTL_SECONDS = 30.0
# Wrong keys are remembered too, under (project, key): one bad key must not shut out a good one.
MAX_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Key:
    """An ingest key with what its project allows."""

    id: int
    project_id: int
    slug: str
    public_key: str
    is_active: bool
    expires_at: datetime | None
    rate_per_minute: int
    project_rate_per_minute: int | None
    allowed_origins: frozenset[str]
    disabled_categories: frozenset[str]
    pepper: bytes
    collects_ip: bool
    collects_user_data: bool
    accepts_binary_attachments: bool
    allow_list: frozenset[str] | None

    def is_usable(self, *, now: datetime) -> bool:
        return self.is_active and (self.expires_at is None or self.expires_at > now)


_cache: dict[tuple[int, str], tuple[float, Key | None]] = {}


def find(project_id: int, public_key: str, *, clock: float | None = None) -> Key | None:
    """The key, usable or not, or None when the project has no such key.

    While PostgreSQL is away the last answer counts, however old; without one the database's error is raised.
    """
    clock = time.monotonic() if clock is None else clock
    cached = _cache.get((project_id, public_key))
    if cached is not None and cached[0] > clock:
        return cached[1]
    try:
        key = _load(project_id, public_key)
    except (DatabaseError, InterfaceError):
        if cached is None:
            raise
        key = cached[1]
    if len(_cache) >= MAX_CACHED:
        _cache.clear()
    _cache[project_id, public_key] = (clock + TTL_SECONDS, key)
    return key


def forget() -> None:
    """Empty the process cache, after a change of keys in this process."""
    _cache.clear()


def _load(project_id: int, public_key: str) -> Key | None:
    row = IngestKey.objects.select_related("project").filter(project_id=project_id, public_key=public_key).first()
    if row is None:
        return None
    project = row.project
    return Key(
        id=row.pk,
        project_id=project.pk,
        slug=project.slug,
        public_key=row.public_key,
        is_active=row.is_active,
        expires_at=row.expires_at,
        rate_per_minute=row.rate_per_minute or settings.OBS_KEY_RATE_PER_MINUTE,
        project_rate_per_minute=project.rate_per_minute,
        allowed_origins=frozenset(origin.lower() for origin in row.allowed_origins or project.allowed_origins),
        disabled_categories=frozenset(project.disabled_categories),
        pepper=bytes(project.pepper),
        collects_ip=project.collects_ip,
        collects_user_data=project.collects_user_data,
        accepts_binary_attachments=project.accepts_binary_attachments,
        allow_list=frozenset(project.allow_list) if project.uses_allow_list else None,
    )
