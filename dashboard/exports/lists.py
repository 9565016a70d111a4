"""Lists as files and in the API: what one declares, what it is asked, and its address from its page.

The pages declare their lists and register them when the server starts. What narrows a list has the name that it has in
the address of its page, so that the file holds what the page shows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import orjson
from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from analytics.periods import Period
from events.accounts import access
from events.models import Project

Row = tuple[Any, ...]
PERIOD = ("env", "from", "to")
"""What a list of a period takes, beside its own."""

AFTER = "after"
"""What a file takes to go on where it was cut."""

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to: `parameters` as its page's address has them, `environment` and `period` what they
    mean now; who asks, and whether of single persons.

    `after` is of a list with numbers the number of the last row that came, of others how many rows came.
    """

    project: Project
    parameters: Mapping[str, str]
    environment: str
    period: Period
    user: Any
    sees_persons: bool
    now: datetime
    after: int = 0

    @property
    def has_period(self) -> bool:
        """Whether the address says one: lists of rows of the database are whole without."""
        return bool(self.parameters.get("from") or self.parameters.get("to"))

    def said(self, name: str, *, among: Iterable[str] = (), default: str = "") -> str:
        """A parameter as text; `default` where it is not said, or none of those it may be."""
        text = self.parameters.get(name, default).replace("\x00", "")[:2000]
        return text if not among or text in among else default

    def number(self, name: str) -> int:
        """A parameter as a number; 0, which no row has, for what is none."""
        return cursor(self.parameters.get(name, ""))


@dataclass(frozen=True, slots=True)
class Listed:
    """`columns` name the cells of `rows`, which raises ValueError for what cannot be read of the address.

    `pages` are the names of the addresses that show it, `takes` what of their addresses narrows it, `assumed` what
    those pages take for granted where nothing is said. Of one thing alone is what `needs` the parameter that names it;
    pages about it have that in their address. `role` is who may have it. The first cell of one that
    `is_numbered` is the row's number, and `rows` begins behind `Asked.after`; others are cut here.
    """

    title: str
    columns: Sequence[str]
    rows: Callable[[Asked], Iterable[Row]]
    pages: Sequence[str] = ()
    takes: Sequence[str] = ()
    assumed: Mapping[str, str] | None = None
    role: str = access.VIEWER
    is_numbered: bool = False
    needs: Sequence[str] = ()

    @property
    def knows(self) -> tuple[str, ...]:
        """The parameters that it reads."""
        return tuple(dict.fromkeys((*self.needs, *self.takes)))

    def read(self, asked: Asked) -> Iterator[tuple[int, Row]]:
        """Each row with what `after` says to go on behind it."""
        if self.is_numbered:
            for row in self.rows(asked):
                yield int(row[0]), tuple(map(cell, row))
        else:
            for place, row in enumerate(islice(self.rows(asked), asked.after, None), start=asked.after + 1):
                yield place, tuple(map(cell, row))


LISTS: dict[str, Listed] = {}
"""Name in the address -> list."""


def register(lists: Mapping[str, Listed]) -> None:
    """Adds lists by their names; raises ValueError for a name that two lists want."""
    for name, one in lists.items():
        if LISTS.setdefault(name, one) is not one:
            raise ValueError(f"Two lists are named {name}.")


def table(title: str, found: Callable[[Asked], QuerySet[Any]], columns: Mapping[str, str], **more: Any) -> Listed:
    """A list of rows of the database, the newest number first; `columns` are names and what they are of a row, in the
    words of `values_list`."""

    def rows(asked: Asked) -> Iterator[Row]:
        yield from newest(found(asked), asked).values_list(*columns.values()).iterator(chunk_size=_CHUNK)

    return Listed(title, tuple(columns), rows, is_numbered=True, **more)


def newest(found: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    """Numbered rows from the newest on, as pages show them, or from behind the one that came last."""
    return (found.filter(pk__lt=asked.after) if asked.after else found).order_by("-pk")


def belonging(
    model: type[Model], to: str, *, project: str = "", parameter: str = ""
) -> Callable[[Asked], QuerySet[Any]]:
    """What `table` finds of one thing: the rows of `model` whose `to` is the number that the parameter says, `<to>_id`
    where none is named. `project` is the way from a row to the project, by default that of the thing."""
    project, parameter = project or f"{to}__project", parameter or f"{to}_id"
    rows = model._default_manager

    return lambda asked: rows.filter(**{project: asked.project, to: asked.number(parameter)})


def named(*names: str, **others: str) -> dict[str, str]:
    """The columns of a table: its number, fields by their own names, and others."""
    return {"id": "pk", **{name: name for name in names}, **others}


def behind(rows: Iterable[Row], after: int) -> Iterator[Row]:
    """Numbered rows in an order of their own, from behind the one of that number; from the first without one."""
    rows = iter(rows)
    if after:
        for row in rows:
            if row[0] == after:
                break
    yield from rows


def ask(listed: Listed, asked: Asked) -> Generator[tuple[int, Row]]:
    """The rows of a list, the first of them asked for already. Raises ValueError for what of the address cannot be
    read, EngineError."""
    if missing := [name for name in listed.needs if not asked.parameters.get(name)]:
        raise ValueError(f"This list is of one thing alone: say {' and '.join(missing)}.")
    rows = listed.read(asked)
    first = list(islice(rows, 1))
    return _chained(first, rows)


def query(
    listed: Listed, *, given: Mapping[str, str], of: Mapping[str, Any], environment: str, period: Period
) -> dict[str, str]:
    """What the address of a list's file says, from a page of the address `given` about `of`: what the page is narrowed
    to, what it takes for granted, and the moments of its period."""
    said = {**(listed.assumed or {}), **given, **{name: str(value) for name, value in of.items()}}
    kept = {name: said[name] for name in listed.knows if said.get(name) and name not in PERIOD}
    if "env" in listed.takes and environment:
        kept["env"] = environment
    if "from" in listed.takes:
        # Moments are told by the second, and the end is not of the period: what just happened must stay inside.
        until = period.end.replace(microsecond=0) + timedelta(seconds=1) if period.end.microsecond else period.end
        kept |= {"from": _stamp(period.start), "to": _stamp(until)}
    return kept


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cursor(text: str) -> int:
    """The number that `after` of an address names; 0, which is all, for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def cell(value: Any) -> Any:
    """What fits into one cell: lists and maps as JSON."""
    if isinstance(value, dict | list | tuple | Mapping):
        return orjson.dumps(
            list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value,
            option=orjson.OPT_NON_STR_KEYS,
            default=str,
        ).decode()
    if isinstance(value, str | int | float | bool | datetime) and not isinstance(value, Promise):
        return value
    return value if value is None else str(value)


def _chained(first: list[tuple[int, Row]], rest: Iterator[tuple[int, Row]]) -> Generator[tuple[int, Row]]:
    yield from first
    yield from rest
