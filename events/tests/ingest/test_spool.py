"""Items on disk while PostgreSQL is away."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from events.ingest import accounting, payloads, replay, spool
from events.ingest.payloads import Packed
from events.models import InboxItem, IngestKey, Project, SpoolDrain
from events.runtime import bell
from events.tests.cast import rung


@pytest.fixture
def writer() -> Any:
    writer = spool.Writer()
    yield writer
    writer.close()


def item(number: int) -> Packed:
    return Packed("attachment", uuid.UUID(int=number), 2, payloads.pack({"n": number}), b"\x00blob")


def test_what_was_appended_reads_back(writer: spool.Writer, settings: Any, now: datetime) -> None:
    writer.append([item(1), item(2)], project_id=7, key_id=3, now=now)
    writer.append([item(3)], project_id=8, key_id=None, now=now)
    records = spool.pending()
    assert [(r.project_id, r.key_id, r.quantity, r.received_at) for r in records] == [(7, 3, 4, now), (8, None, 2, now)]
    assert records[0].items == (item(1), item(2))


def test_the_drain_moves_records_into_the_inbox_once(
    writer: spool.Writer, project: Project, key: IngestKey, now: datetime
) -> None:
    writer.append([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    assert accounting.report().in_spool == 2
    assert accounting.report().difference == 0
    assert replay.drain(now=now) == 1
    assert replay.drain(now=now) == 0, "the writer still holds the file, but its mark says how far it was read"
    report = accounting.report()
    assert (report.received, report.in_inbox, report.in_spool, report.duplicate, report.difference) == (2, 2, 0, 0, 0)
    assert bytes(InboxItem.objects.get().blob) == b"\x00blob"


def test_a_drain_that_is_out_of_time_rings_for_what_is_left(
    writer: spool.Writer, project: Project, key: IngestKey, now: datetime, clean_redis: redis.Redis
) -> None:
    writer.append([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    assert replay.drain(now=now, seconds=0.0) == 1
    assert rung(clean_redis, bell.SPOOL)


def test_a_closed_file_is_removed_after_the_drain(
    writer: spool.Writer, project: Project, key: IngestKey, now: datetime
) -> None:
    writer.append([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    replay.drain(now=now)
    assert spool.files() != []
    writer.append([item(2)], project_id=project.pk, key_id=key.pk, now=now)
    writer.close()
    assert replay.drain(now=now) == 1
    assert spool.files() == []
    assert InboxItem.objects.count() == 2


def test_a_web_process_drains_what_no_worker_of_its_host_did(
    writer: spool.Writer, project: Project, key: IngestKey, now: datetime
) -> None:
    written = datetime.now(UTC)
    writer.append([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    assert replay.help_out(now=written) == 0, "a worker may be about to"
    assert replay.help_out(now=written + 2 * replay.PATIENCE) == 1
    assert InboxItem.objects.count() == 1


def test_a_host_forgets_no_mark_of_the_disk_of_another(
    writer: spool.Writer, project: Project, key: IngestKey, now: datetime, settings: Any, tmp_path: Path
) -> None:
    """The other died before it removed the file, returns after days, and doubles nothing, not even for the ledger."""
    writer.append([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    assert replay.drain(now=now) == 1
    theirs, settings.OBS_SPOOL_DIR = settings.OBS_SPOOL_DIR, str(tmp_path)
    for days in range(settings.OBS_SEEN_DAYS):
        replay.drain(now=now + timedelta(days=days))
    settings.OBS_SPOOL_DIR = theirs
    assert replay.drain(now=now + timedelta(days=settings.OBS_SEEN_DAYS)) == 0
    report = accounting.report()
    assert (report.received, report.duplicate, report.in_spool, report.difference) == (2, 0, 0, 0)


def test_marks_of_files_that_are_gone_are_forgotten_when_their_ids_are(
    writer: spool.Writer, project: Project, key: IngestKey, now: datetime, settings: Any
) -> None:
    writer.append([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    writer.close()
    replay.drain(now=now)
    assert SpoolDrain.objects.count() == 1
    replay.drain(now=now + timedelta(days=settings.OBS_SEEN_DAYS, seconds=1))
    assert SpoolDrain.objects.count() == 0


def test_a_file_that_grew_since_it_was_read_stays(writer: spool.Writer, now: datetime) -> None:
    writer.append([item(1)], project_id=1, key_id=None, now=now)
    (record,) = spool.pending()
    writer.append([item(2)], project_id=1, key_id=None, now=now)
    writer.close()
    (path,) = spool.files()
    assert spool.remove_if_closed(path, drained_to=record.end) is False
    assert path.exists()


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_a_torn_record_is_skipped(writer: spool.Writer, now: datetime, damage: str) -> None:
    writer.append([item(1)], project_id=1, key_id=None, now=now)
    writer.append([item(2)], project_id=1, key_id=None, now=now)
    writer.close()
    (path,) = spool.files()
    data = bytearray(path.read_bytes())
    if damage == "cut":
        del data[-3:]
    else:
        data[-1] ^= 0xFF
    path.write_bytes(data)
    assert [record.items for record in spool.read(path)] == [(item(1),)]


def test_a_full_spool_promises_nothing(writer: spool.Writer, settings: Any, now: datetime) -> None:
    settings.OBS_SPOOL_MAX_BYTES = 300
    writer.append([item(1)], project_id=1, key_id=None, now=now)
    with pytest.raises(spool.SpoolFull):
        writer.append([item(2)], project_id=1, key_id=None, now=now)
    assert len(spool.pending()) == 1
