"""Tables as CSV that a spreadsheet opens without running anything."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

_PIECE = 100
INCOMPLETE = "#incomplete"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(value: Any) -> Any:
    """`value` for one cell: text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A CSV document with its header row."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe(column) for column in columns])
    writer.writerows([safe(value) for value in row] for row in rows)
    return out.getvalue()


def csv_stream(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The same document in pieces of about a hundred rows; the header comes with the first.

    Rows that break off on the way leave a last line that says so; an error before the first is the caller's.
    """
    rows = iter(rows)
    piece = list(islice(rows, _PIECE))
    yield csv_text(columns, piece)
    try:
        while piece := list(islice(rows, _PIECE)):
            yield csv_text((), piece).split("\r\n", 1)[1]
    except GeneratorExit:
        raise
    except Exception:
        yield f"{INCOMPLETE}\r\n"
        raise


def after(first: str, rest: Iterator[str]) -> Iterator[str]:
    """`first` and then the rest: for answers whose first piece was asked for early, to learn of errors."""
    yield first
    yield from rest
