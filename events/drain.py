"""Brings the spool home once PostgreSQL is back."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from events import inbox, spool
from events.models import SpoolDrain


def drain(*, now: datetime) -> int:
    """Move every whole spooled record into the inbox and return how many; safe to lose and to repeat.

    How far a file was read is written in the transaction that keeps its records, so a kill never drains one twice.
    """
    drained = 0
    for path in spool.files():
        offset = 0
        for record in spool.read(path):
            with transaction.atomic():
                offset = _locked_offset(record.file)
                if record.offset >= offset:
                    inbox.accept(
                        record.items,
                        project_id=record.project_id,
                        key_id=record.key_id,
                        now=record.received_at,
                        seen_days=settings.OBS_SEEN_DAYS,
                    )
                    SpoolDrain.objects.update_or_create(
                        file=record.file, defaults={"offset": record.end, "drained_at": now}
                    )
                    drained += 1
                    offset = record.end
        spool.remove_if_closed(path, drained_to=offset)
    _forget_removed(now)
    return drained


def _locked_offset(file: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('spool ' || %s, 0))", [file])
    return SpoolDrain.objects.filter(file=file).values_list("offset", flat=True).first() or 0


def _forget_removed(now: datetime) -> None:
    """Drop the marks of files that are gone, an hour later: a ledger report may have read the file just before."""
    present = {path.stem for path in spool.files()}
    for mark in SpoolDrain.objects.filter(drained_at__lt=now - timedelta(hours=1)):
        if str(mark.file) not in present:
            mark.delete()
