"""The flags of a project as this process last read them; never older than a second.

A row's number says whether anything changed: it is read twice a second for a project that is asked for, by its primary
key, and the definitions only when it moved. While PostgreSQL is away, what was read last counts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from analytics.flags import definitions
from analytics.flags.definitions import Book
from analytics.models import Audience, Flag, FlagBook, FlagOverride
from events.models import Project

logger = logging.getLogger(__name__)

FRESH_SECONDS = 0.5
# Projects whose flags a process keeps; beyond, all are read anew.
MOST = 500

_kept: dict[int, tuple[float, Book]] = {}


def of(project_id: int, *, clock: float | None = None) -> Book:
    """The flags of the project. Raises the database's error where none were read yet and none can be."""
    clock = time.monotonic() if clock is None else clock
    kept = _kept.get(project_id)
    if kept is not None and clock - kept[0] < FRESH_SECONDS:
        return kept[1]
    try:
        version = FlagBook.objects.filter(pk=project_id).values_list("version", flat=True).first() or 0
        book = kept[1] if kept is not None and kept[1].version == version else read(project_id)
    except (DatabaseError, InterfaceError):
        if connection.in_atomic_block or kept is None:
            raise
        connection.close()
        book = kept[1]
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[project_id] = (clock, book)
    return book


def forget() -> None:
    """Empty the cache of this process."""
    _kept.clear()


def read(project_id: int) -> Book:
    """The flags as they are stored, archived ones left out."""
    # The number first: a change in between is then seen with the next look, and never missed.
    shared = FlagBook.objects.filter(pk=project_id).values_list("version", "group_types").first() or (0, [])
    overrides: dict[int, dict[str, bool | str]] = {}
    standing = Flag.objects.filter(project_id=project_id, archived_at=None)
    for flag_id, person, value in FlagOverride.objects.filter(flag__in=standing).values_list(
        "flag_id", "person", "value"
    ):
        overrides.setdefault(flag_id, {})[person] = value
    flags: dict[str, definitions.Flag] = {}
    for row in standing.order_by("key"):
        try:
            flags[row.key] = of_row(row, overrides=overrides.get(row.pk, {}))
        except (TypeError, ValueError, KeyError, AttributeError):
            logger.exception("Flag %s cannot be read and is off", row.pk)
    stored = {str(pk): document for pk, document in _audiences(project_id)}
    pepper = Project.objects.filter(pk=project_id).values_list("pepper", flat=True).first()
    return Book(
        project_id=project_id,
        version=shared[0],
        flags=flags,
        audiences={name: definitions.group_of(document) for name, document in stored.items()},
        audience_documents=stored,
        group_types=tuple(map(str, shared[1])),
        has_overrides=bool(overrides),
        pepper=bytes(pepper or b""),
    )


def _audiences(project_id: int) -> Any:
    return Audience.objects.filter(project_id=project_id).values_list("pk", "definition")


def of_row(row: Flag, *, overrides: Mapping[str, bool | str] | None = None) -> definitions.Flag:
    """The flag of a row, saved or not."""
    return definitions.flag_of(
        id=row.pk or 0,
        key=row.key,
        version=row.version,
        filters=row.filters,
        is_active=row.is_active and row.archived_at is None,
        is_by_device=row.is_by_device,
        is_continuous=row.is_continuous,
        runtime=row.runtime,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        description=row.description,
        overrides=overrides or {},
    )


def changed(project: Project) -> FlagBook:
    """Count the version up, in the transaction of the change; others who change wait until it ends."""
    FlagBook.objects.get_or_create(project=project)
    book = FlagBook.objects.select_for_update().get(pk=project.pk)
    book.version += 1
    book.save(update_fields=["version"])
    # What this very process knows is outdated at once; another looks by itself.
    transaction.on_commit(lambda: _kept.pop(project.pk, None))
    return book


def note_fetched(project_id: int, *, now: datetime) -> None:
    """Remember, once a day, that an SDK took the definitions: what it decides by itself is counted nowhere here."""
    today = timezone.localdate(now)
    if not FlagBook.objects.filter(pk=project_id).exclude(fetched_on=today).update(fetched_on=today):
        FlagBook.objects.get_or_create(project_id=project_id, defaults={"fetched_on": today})
