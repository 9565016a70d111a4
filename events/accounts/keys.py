"""Ingest keys as the hot path needs them: looked up twice a minute per process, kept while PostgreSQL is away."""

import hashlib
import json
import logging
import os
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from events.facts import retention
from events.models import IngestKey
from events.values.levels import Level
from events.values.modes import Mode

logger = logging.getLogger(__name__)

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
    # With defaults, the careful ones: a key noted by a process of before says nothing of them.
    keeps_pictures: bool = False
    keeps_machine_names: bool = False
    local_variables: Level = "names"
    request_bodies: Level = "off"
    query_strings: Level = "off"
    analytics: Mode = "anonymous"
    # Of product events; what was noted by a process of before imports no more than any request.
    days_kept: int = 30

    def is_usable(self, *, now: datetime) -> bool:
        return self.is_active and (self.expires_at is None or self.expires_at > now)


_cache: dict[tuple[int | None, str], tuple[float, Key | None]] = {}


def find(project_id: int | None, public_key: str, *, clock: float | None = None) -> Key | None:
    """The key, usable or not, or None when the project (any project, for None) has no such key.

    While PostgreSQL is away the last answer counts, however old, of this process or of one before it; without any the
    database's error is raised.
    """
    clock = time.monotonic() if clock is None else clock
    cached = _cache.get((project_id, public_key))
    if cached is not None and cached[0] > clock:
        return cached[1]
    try:
        key = _load(project_id, public_key)
    except (DatabaseError, InterfaceError):
        connection.close()
        if cached is None and not (kept := _kept(project_id, public_key)):
            raise
        key = cached[1] if cached is not None else kept
    else:
        if key is not None and (cached is None or cached[1] != key):
            _keep(key)
    if len(_cache) >= MAX_CACHED:
        _cache.clear()
    _cache[project_id, public_key] = (clock + TTL_SECONDS, key)
    return key


def forget() -> None:
    """Empty the process cache, after a change of keys in this process."""
    _cache.clear()


def forget_noted(public_key: str) -> None:
    """The key is not noted beside the spool any more."""
    _file(public_key).unlink(missing_ok=True)
    forget()


def _file(public_key: str) -> Path:
    digest = hashlib.blake2b(public_key.encode(), digest_size=16).hexdigest()
    return Path(settings.OBS_SPOOL_DIR) / "keys" / f"{digest}.json"


def _keep(key: Key) -> None:
    """Note the key beside the spool, so that a process started while PostgreSQL is away can go on accepting."""
    file = _file(key.public_key)
    document = {name: _spelled(getattr(key, name)) for name in Key.__slots__}
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(document))
        draft.rename(file)
    except OSError:
        logger.warning("The key of project %s could not be noted beside the spool", key.slug)


def _kept(project_id: int | None, public_key: str) -> Key | None:
    """The key as it was noted, or None."""
    try:
        document = json.loads(_file(public_key).read_text())
    except (OSError, ValueError):
        return None
    if project_id not in (None, document["project_id"]):
        return None
    expires_at, allow_list = document["expires_at"], document["allow_list"]
    return Key(
        **document
        | {
            "expires_at": None if expires_at is None else datetime.fromisoformat(expires_at),
            "allowed_origins": frozenset(document["allowed_origins"]),
            "disabled_categories": frozenset(document["disabled_categories"]),
            "pepper": bytes.fromhex(document["pepper"]),
            "allow_list": None if allow_list is None else frozenset(allow_list),
        }
    )


def _spelled(value: object) -> object:
    match value:
        case frozenset():
            return sorted(value)
        case bytes():
            return value.hex()
        case datetime():
            return value.isoformat()
    return value


def _load(project_id: int | None, public_key: str) -> Key | None:
    row = IngestKey.objects.select_related("project").filter(public_key=public_key).first()
    if row is None or project_id not in (None, row.project_id):
        return None
    project = row.project
    return Key(
        id=row.pk,
        project_id=project.pk,
        slug=project.slug,
        public_key=row.public_key,
        is_active=row.is_active and project.deleted_at is None,
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
        keeps_pictures=project.keeps_pictures,
        keeps_machine_names=project.keeps_machine_names,
        local_variables=cast(Level, project.local_variables),
        request_bodies=cast(Level, project.request_bodies),
        query_strings=cast(Level, project.query_strings),
        analytics=cast(Mode, project.analytics),
        days_kept=retention.days_kept(project, "events"),
    )
