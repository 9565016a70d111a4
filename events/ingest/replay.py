"""Brings the spool home once PostgreSQL is back."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from events.ingest import inbox, spool
from events.models import SpoolDrain
from events.runtime import bell

# Records a transaction moves: a commit each would be the drain's whole cost.
BATCH = 200
# The drain of the clock runs on whichever host takes it. What nobody drained for so long, the web process drains.
PATIENCE = timedelta(seconds=10)


def drain(*, now: datetime, seconds: float = 60.0) -> int:
    """Move whole spooled records into the inbox for `seconds` and return how many, and ring where more are left then;
    safe to lose and to repeat.

    How far a file was read is written in the transaction that keeps its records, so a kill never drains one twice.
    """
    drained, deadline = 0, time.monotonic() + seconds
    for path in spool.files():
        offset = 0
        for records in batched(spool.read(path)):
            moved, offset = _move(records, now=now)
            drained += moved
            if time.monotonic() > deadline:
                bell.ring(bell.SPOOL)
                return drained
        spool.remove_if_closed(path, drained_to=offset)
    _forget_removed(now)
    return drained


def help_out(*, now: datetime, seconds: float = 0.25) -> int:
    """Drain what the workers left: those of other hosts have disks of their own, and this host may have none."""
    if not any(_was_left(path, now) for path in spool.files()):
        return 0
    return drain(now=now, seconds=seconds)


def _was_left(path: Path, now: datetime) -> bool:
    try:
        return path.stat().st_mtime < (now - PATIENCE).timestamp()
    except FileNotFoundError:
        return False


def batched(records: Iterator[spool.Record]) -> Iterator[list[spool.Record]]:
    """`records` in lists of at most BATCH."""
    while batch := list(islice(records, BATCH)):
        yield batch


def _move(records: list[spool.Record], *, now: datetime) -> tuple[int, int]:
    """Accept those records of one file that are not drained yet; how many those were, and the end of the last."""
    end = records[-1].end
    with transaction.atomic():
        offset = _locked_offset(records[0].file)
        due = [record for record in records if record.offset >= offset]
        lots = [inbox.Lot(record.items, record.project_id, record.key_id, record.received_at) for record in due]
        inbox.accept_all(lots, seen_days=settings.OBS_SEEN_DAYS)
        if due:
            SpoolDrain.objects.update_or_create(file=records[0].file, defaults={"offset": end, "drained_at": now})
    return len(due), max(offset, end)


def _locked_offset(file: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('spool ' || %s, 0))", [file])
    return SpoolDrain.objects.filter(file=file).values_list("offset", flat=True).first() or 0


def _forget_removed(now: datetime) -> None:
    """Drop the marks of files that are gone: of others' disks nobody knows, so as late as an id is forgotten."""
    present = {path.stem for path in spool.files()}
    late = SpoolDrain.objects.filter(drained_at__lt=now - timedelta(days=settings.OBS_SEEN_DAYS))
    late.exclude(file__in=present).delete()
