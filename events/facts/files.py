"""Where segment files lie: a folder or a bucket behind one contract. Paths are relative to the root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings

from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import fs
else:
    pa = lazy("pyarrow")
    fs = lazy("pyarrow.fs")


@dataclass(frozen=True, slots=True)
class Found:
    """A file under the root and when it was last written."""

    path: str
    written_at: datetime


class Root(Protocol):
    """What a place for segments must do."""

    def url(self, path: str) -> str:
        """Return the name under which DuckDB reads the file; of "" the root, with a slash."""

    def create(self, path: str) -> Any:
        """Return a context that yields an Arrow output stream; on leaving, the file survives a power cut."""

    def open(self, path: str) -> Any:
        """Return a context that yields the file to read. Raises FileNotFoundError."""

    def size(self, path: str) -> int:
        """Return the file's bytes."""

    def remove(self, path: str) -> None:
        """Remove the file; a file that is gone already is no error."""

    def listing(self) -> Iterator[Found]:
        """Yield every segment file."""


@dataclass(frozen=True)
class Folder:
    """A folder of this host."""

    base: Path

    def url(self, path: str) -> str:
        return f"{self.base}/{path}"

    @contextmanager
    def create(self, path: str) -> Iterator[Any]:
        target = self.base / path
        made = _make_folders(target.parent)
        with pa.OSFile(str(target), "wb") as stream:
            yield stream
        _sync(target)
        for folder in {target.parent, *(folder.parent for folder in made)}:
            _sync(folder)

    def open(self, path: str) -> Any:
        return (self.base / path).open("rb")

    def size(self, path: str) -> int:
        return (self.base / path).stat().st_size

    def remove(self, path: str) -> None:
        (self.base / path).unlink(missing_ok=True)

    def listing(self) -> Iterator[Found]:
        for file in self.base.rglob("*.parquet"):
            try:
                written = file.stat().st_mtime
            except FileNotFoundError:  # removed by another worker since the folder was read
                continue
            yield Found(file.relative_to(self.base).as_posix(), datetime.fromtimestamp(written, tz=UTC))


@dataclass(frozen=True)
class Bucket:
    """A prefix in an object store; a finished upload is durable by the store's own promise."""

    prefix: str
    filesystem: fs.S3FileSystem

    def url(self, path: str) -> str:
        return f"s3://{self.prefix}/{path}"

    @contextmanager
    def create(self, path: str) -> Iterator[Any]:
        with self.filesystem.open_output_stream(f"{self.prefix}/{path}") as stream:
            yield stream

    def open(self, path: str) -> Any:
        return self.filesystem.open_input_stream(f"{self.prefix}/{path}")

    def size(self, path: str) -> int:
        return int(self.filesystem.get_file_info(f"{self.prefix}/{path}").size)

    def remove(self, path: str) -> None:
        try:
            self.filesystem.delete_file(f"{self.prefix}/{path}")
        except FileNotFoundError:
            return

    def listing(self) -> Iterator[Found]:
        selector = fs.FileSelector(self.prefix, recursive=True, allow_not_found=True)
        for info in self.filesystem.get_file_info(selector):
            if info.is_file and info.path.endswith(".parquet"):
                yield Found(info.path.removeprefix(f"{self.prefix}/"), info.mtime.astimezone(UTC))


def root() -> Root:
    """Return the place that OBS_SEGMENT_ROOT names."""
    if settings.OBS_SEGMENT_ROOT.startswith("s3://"):
        return _bucket(settings.OBS_SEGMENT_ROOT, settings.OBS_S3_ENDPOINT)
    return Folder(Path(settings.OBS_SEGMENT_ROOT))


@cache
def _bucket(url: str, endpoint: str) -> Bucket:
    scheme, _, host = endpoint.partition("://")
    place = {"endpoint_override": host, "scheme": scheme} if endpoint else {}
    # A file of few megabytes is one request then, which a kill leaves whole or not at all, and not three.
    return Bucket(url.removeprefix("s3://").rstrip("/"), fs.S3FileSystem(allow_delayed_open=True, **place))


def _make_folders(folder: Path) -> list[Path]:
    """Make `folder` and return those made on the way, so that their parents can be synced."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for made in reversed(missing):
        made.mkdir(exist_ok=True)
    return missing


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
