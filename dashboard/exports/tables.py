"""A table as an answer: CSV for spreadsheets, JSON for programs, Parquet for notebooks; streamed where possible."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import orjson
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

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
_PLAIN = (str, int, float, bool, datetime, date)


def form_of(asked: str) -> str:
    """The form that was asked for; CSV for what is none."""
    return asked if asked in FORMS else "csv"


def answer(form: str, *, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponseBase:
    """The table as a file called `name`. JSON is one array of objects: one that is cut off does not end in `]`."""
    response: HttpResponseBase
    if form == "parquet":
        response = HttpResponse(parquet(columns, rows), content_type=FORMS[form])
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
        piece.append(before + b"\n" + orjson.dumps(dict(zip(columns, row, strict=True)), default=str))
        before = b","
        if len(piece) == _PIECE:
            yield b"".join(piece)
            piece = []
    yield b"".join(piece) + (b"[]\n" if before == b"[" else b"\n]\n")


def parquet(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """One file of Parquet; a column of values of more than one kind is a column of texts."""
    held = list(rows)
    arrays = [_array([row[place] for row in held]) for place in range(len(columns))]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=list(columns)), out)
    return out.getvalue()


def _array(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float}:
        return (
            pa.array([None if value is None else float(value) for value in values])
            if float in kinds
            else pa.array(values, pa.int64())
        )
    if len(kinds) == 1 and kinds <= set(_PLAIN):
        return pa.array(values)
    return pa.array([None if value is None else str(value) for value in values], pa.string())
