"""Where accepted items wait on local disk while PostgreSQL is away.

A file is a row of records: length (u32), CRC-32 (u32), head length (u32), head (JSON), then payloads and blobs. A
record is fsynced before its request is answered. A record cut short by a kill was never answered, and is skipped.
"""

import fcntl
import os
import struct
import threading
import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import orjson
from django.conf import settings

from events.ingest.payloads import Packed
from events.runtime import bell

_FRAME = struct.Struct("<III")
ROTATE_BYTES = 16 * 1024 * 1024


class SpoolFull(Exception):
    """The spool holds OBS_SPOOL_MAX_BYTES; nothing more can be promised."""


@dataclass(frozen=True, slots=True)
class Record:
    """One spooled request; `offset` and `end` are its place in the file, `quantity` the ledger records in it."""

    file: str
    offset: int
    end: int
    project_id: int
    key_id: int | None
    received_at: datetime
    quantity: int
    items: tuple[Packed, ...]


class Writer:
    """This process's open spool file. It is locked while open, which tells the drain that it may still grow."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._pid = 0

    def append(self, items: Sequence[Packed], *, project_id: int, key_id: int | None, now: datetime) -> None:
        """Keep `items` durably on disk, or raise SpoolFull (also for a disk that takes no more)."""
        record = _encode(items, project_id=project_id, key_id=key_id, now=now)
        with self._lock:
            if used_bytes() + len(record) > settings.OBS_SPOOL_MAX_BYTES:
                raise SpoolFull
            file = self._open()
            start = file.tell()
            try:
                file.write(record)
                file.flush()
                os.fsync(file.fileno())
            except OSError as error:
                file.truncate(start)
                file.seek(start)
                raise SpoolFull from error
            if file.tell() >= ROTATE_BYTES:
                self._close()

    def close(self) -> None:
        """Let the drain finish this file; called once PostgreSQL is back."""
        if self._file is not None:
            with self._lock:
                self._close()
            bell.ring(bell.SPOOL)

    def _open(self) -> BinaryIO:
        if self._file is None or self._pid != os.getpid():
            directory = folder()
            directory.mkdir(parents=True, exist_ok=True)
            name = directory / f"{uuid.uuid4()}.spool"
            file = name.with_suffix(".opening").open("xb")
            fcntl.flock(file, fcntl.LOCK_EX)
            name.with_suffix(".opening").rename(name)  # The drain never sees a file that is not locked yet.
            self._file, self._pid = file, os.getpid()
            _sync_folder(directory)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


writer = Writer()


def folder() -> Path:
    return Path(settings.OBS_SPOOL_DIR)


def files() -> list[Path]:
    """The spool files, oldest first."""
    try:
        return sorted(folder().glob("*.spool"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    except FileNotFoundError:
        return sorted(folder().glob("*.spool"))


def used_bytes() -> int:
    """Bytes on disk in the spool."""
    total = 0
    for path in folder().glob("*.spool"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def pending() -> list[Record]:
    """Every whole record in the spool, drained ones of unfinished files included."""
    return [record for path in files() for record in read(path)]


def read(path: Path, *, offset: int = 0) -> Iterator[Record]:
    """The whole records of `path` from `offset` on; stops before the first torn one."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    while offset + _FRAME.size <= len(data):
        length, checksum, head_length = _FRAME.unpack_from(data, offset)
        body = data[offset + _FRAME.size : offset + _FRAME.size + length]
        if len(body) < length or zlib.crc32(body) != checksum:
            return
        end = offset + _FRAME.size + length
        yield _decode(body, head_length, file=path.stem, offset=offset, end=end)
        offset = end


def remove_if_closed(path: Path, *, drained_to: int) -> bool:
    """Remove a file drained to its end unless its writer still holds it; return whether it is gone."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if any(read(path, offset=drained_to)):
                return False
            path.unlink()
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True


def _encode(items: Sequence[Packed], *, project_id: int, key_id: int | None, now: datetime) -> bytes:
    head = orjson.dumps(
        {
            "project": project_id,
            "key": key_id,
            "at": now.isoformat(),
            "items": [[i.kind, i.item_id.hex, i.quantity, len(i.payload), _blob_length(i)] for i in items],
        }
    )
    body = b"".join([head, *(part for item in items for part in (item.payload, item.blob or b""))])
    return _FRAME.pack(len(body), zlib.crc32(body), len(head)) + body


def _blob_length(item: Packed) -> int:
    return -1 if item.blob is None else len(item.blob)


def _decode(body: bytes, head_length: int, *, file: str, offset: int, end: int) -> Record:
    head = orjson.loads(body[:head_length])
    items = []
    at = head_length
    for kind, item_id, quantity, payload_length, blob_length in head["items"]:
        payload = body[at : at + payload_length]
        at += payload_length
        blob = None if blob_length < 0 else body[at : at + blob_length]
        at += max(blob_length, 0)
        items.append(Packed(kind, uuid.UUID(item_id), quantity, payload, blob))
    return Record(
        file=file,
        offset=offset,
        end=end,
        project_id=head["project"],
        key_id=head["key"],
        received_at=datetime.fromisoformat(head["at"]),
        quantity=sum(item.quantity for item in items),
        items=tuple(items),
    )


def _sync_folder(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
