"""A table as an answer: CSV for spreadsheets, JSON for programs, Parquet for notebooks; streamed where possible."""

from __future__ import annotations

import io
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import orjson
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from dashboard.exports import csv_tables
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
else:
    pa = lazy("pyarrow")
    pq = lazy("pyarrow.parquet")

FORMS = {
    "csv": "text/csv; charset=utf-8", "json": "application/json", "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
_PIECE = 500
ROW_GROUP = 20_000


def form_of(asked: str) -> str:
    """The form that was asked for; CSV for what is none."""
    return asked if asked in FORMS else "csv"


def answer(form: str, *, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """The table as a file called `name`. JSON is one array of objects: one that is cut off does not end in `]`; CSV
    that broke here ends in a line `#incomplete`."""
    response: HttpResponseBase
    if form == "parquet":
        response = FileResponse(parquet(columns, rows), content_type=FORMS[form])
    else:
        body = csv_tables.csv_stream(columns, rows) if form == "csv" else json_stream(columns, rows)
        response = StreamingHttpResponse(body, content_type=FORMS[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def json_stream(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """An array with an object a row, in pieces of many rows."""
    piece: list[bytes] = []
    before = b"["
    for row in rows:
        one = dict(zip(columns, row, strict=True))
        piece.append(before + b"\n" + orjson.dumps(one, default=str, option=orjson.OPT_UTC_Z))
        before = b","
        if len(piece) == _PIECE:
            yield b"".join(piece)
            piece = []
    yield b"".join(piece) + (b"[]\n" if before == b"[" else b"\n]\n")


def parquet(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """One file of Parquet, on disk where it has more than one group of rows, and gone when it is closed; a column of
    values of more than one kind is a column of texts.

    What kind a column is shows only with its last row: rows wait in a file of their own until then, so that no more
    than ROW_GROUP of them are held.
    """
    rows, kinds = iter(rows), [set[type]() for _ in columns]
    with tempfile.TemporaryFile() as waiting:
        groups = 0
        while group := [tuple(row) for row in islice(rows, ROW_GROUP)]:
            for place, found in enumerate(kinds):
                found.update(type(row[place]) for row in group if row[place] is not None)
            pickle.dump(group, waiting)
            groups += 1
        waiting.seek(0)
        out: IO[bytes] = io.BytesIO() if groups <= 1 else tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
        schema = pa.schema(list(zip(columns, map(_kind, kinds), strict=True)))
        with pq.ParquetWriter(out, schema) as writer:
            for _ in range(groups):
                writer.write_table(_table(pickle.load(waiting), schema))  # noqa: S301  written above, by us
    out.seek(0)
    return out


def _kind(found: set[type]) -> pa.DataType:
    if found <= {int, float}:
        return pa.float64() if float in found else pa.int64()
    [one, *others] = found
    plain = {bool: pa.bool_(), datetime: pa.timestamp("us", "UTC"), date: pa.date32()}
    return plain.get(one, pa.string()) if not others else pa.string()


def _table(group: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    def cast(value: Any, kind: pa.DataType) -> Any:
        if value is None or kind not in (pa.string(), pa.float64()):
            return value
        return str(value) if kind == pa.string() else float(value)

    arrays = [
        pa.array([cast(row[place], field.type) for row in group], field.type) for place, field in enumerate(schema)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
