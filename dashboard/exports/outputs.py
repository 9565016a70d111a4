"""Where an export goes. A file has a sidecar that says how many of its bytes are final; a killed run cuts it there."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import orjson

from dashboard.exports import csv_tables
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
else:
    pa = lazy("pyarrow")
    pq = lazy("pyarrow.parquet")

FORMATS = ("ndjson", "csv", "parquet")
BATCH = 5000


class BadState(ValueError):
    """The output cannot be continued or begun; the message says what to do."""


@dataclass(frozen=True, slots=True)
class State:
    """What of the output is final: all before `cursor`, which is `bytes` long."""

    question: list[str]
    until: datetime
    cursor: str = ""
    bytes: int = 0
    rows: int = 0


class Output(Protocol):
    state: State

    def write(self, rows: Iterator[dict[str, Any]], *, schema: pa.Schema, cursor: str) -> None:
        """Append the rows of one unit; once it returns they are final, and `state` says so."""


@contextmanager
def opened(form: str, path: Path | None, *, question: list[str], until: datetime) -> Iterator[Output]:
    """Yield the output, continued when its sidecar tells of the same question. Raises BadState."""
    if path is None:
        if form == "parquet":
            raise BadState("Parquet needs a folder to write to: give one with --output.")
        yield Lines(form, sys.stdout.buffer, State(question, until), sidecar=None)
        sys.stdout.buffer.flush()
        return
    sidecar = path.with_name(f"{path.name}.state")
    state = _read(sidecar, path, State(question, until))
    if form == "parquet":
        path.mkdir(parents=True, exist_ok=True)
        yield Files(path, state, sidecar)
    else:
        with path.open("r+b" if path.exists() else "w+b") as stream:
            stream.truncate(state.bytes)
            stream.seek(state.bytes)
            yield Lines(form, stream, state, sidecar)
    sidecar.unlink(missing_ok=True)


class Lines:
    """One file of NDJSON or CSV."""

    def __init__(self, form: str, stream: BinaryIO, state: State, sidecar: Path | None) -> None:
        self.form, self.stream, self.state, self.sidecar = form, stream, state, sidecar

    def write(self, rows: Iterator[dict[str, Any]], *, schema: pa.Schema, cursor: str) -> None:
        count = size = 0
        if self.form == "csv" and not self.state.rows and not self.state.cursor:
            size += self.stream.write(_csv([schema.names]))
        while batch := list(islice(rows, BATCH)):
            count += len(batch)
            size += self.stream.write(_ndjson(batch) if self.form == "ndjson" else _csv(_cells(batch, schema.names)))
        self.state = _after(self.state, cursor, rows=count, size=size)
        if self.sidecar is not None:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            _keep(self.sidecar, self.state)


class Files:
    """A folder of Parquet files, one a unit; each gets its name when it is whole."""

    def __init__(self, folder: Path, state: State, sidecar: Path) -> None:
        self.folder, self.state, self.sidecar = folder, state, sidecar

    def write(self, rows: Iterator[dict[str, Any]], *, schema: pa.Schema, cursor: str) -> None:
        name = cursor.replace("/", "-")
        partial = self.folder / f"{name}.partial"
        count = 0
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            while batch := list(islice(rows, BATCH)):
                count += len(batch)
                writer.write_table(pa.Table.from_pylist([_plain(row, schema) for row in batch], schema=schema))
        partial.replace(self.folder / f"{name}.parquet")
        self.state = _after(self.state, cursor, rows=count, size=0)
        _keep(self.sidecar, self.state)


def _read(sidecar: Path, path: Path, fresh: State) -> State:
    if not sidecar.exists():
        if path.exists():
            raise BadState(f"{path} is there already: remove it or choose another name.")
        return fresh
    kept = json.loads(sidecar.read_text())
    if kept["question"] != fresh.question:
        raise BadState(f"{path} was begun with other options: repeat those, or remove it and {sidecar.name}.")
    if not path.exists():
        return fresh
    return State(**{**kept, "until": datetime.fromisoformat(kept["until"])})


def _after(state: State, cursor: str, *, rows: int, size: int) -> State:
    return replace(state, cursor=cursor, rows=state.rows + rows, bytes=state.bytes + size)


def _keep(sidecar: Path, state: State) -> None:
    """Replace the sidecar in one step, so that a kill leaves the old one or the new one."""
    fresh = sidecar.with_name(f"{sidecar.name}.new")
    with fresh.open("w") as file:
        json.dump({**asdict(state), "until": state.until.isoformat()}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(sidecar)


def _ndjson(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(_zulu(row), option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z) for row in rows)


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([csv_tables.safe(value) for value in row] for row in rows)
    return text.getvalue().encode(errors="replace")


def _cells(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> Iterator[list[Any]]:
    for row in rows:
        yield [_cell(row.get(name)) for name in columns]


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return _json(value) if isinstance(value, dict | list) else value


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _zulu(row: dict[str, Any]) -> dict[str, Any]:
    """The row with moments in UTC; orjson knows datetime's own zone and zoneinfo's, not Arrow's."""
    return {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in row.items()}


def _plain(row: dict[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """The row in Arrow's terms: maps as pairs, other nested values as JSON text."""
    plain = dict(row)
    for field in schema:
        value = row.get(field.name)
        if isinstance(value, dict) and pa.types.is_map(field.type):
            plain[field.name] = list(value.items())
        elif isinstance(value, dict | list) and pa.types.is_string(field.type):
            plain[field.name] = _json(value)
    return plain
