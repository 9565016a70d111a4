"""What can be exported: each dataset yields its rows in units that begin after a cursor, always in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import BooleanField, DateTimeField, IntegerField, Model, QuerySet

from analytics import engine
from analytics.periods import Period
from events.facts.schema import FACTS, Fact, arrow
from events.ingest import payloads
from events.models import AuditEntry, Issue, Occurrence, Project, Segment
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = lazy("pyarrow")

CHUNK = 1000
Row = dict[str, Any]


class BadFilter(ValueError):
    """A filter names no column; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows: of one project or all, start <= at < end, and {column: text} that must be equal."""

    project: Project | None
    start: datetime | None
    end: datetime | None
    filters: dict[str, str]

    def spelled(self) -> list[str]:
        slug = self.project.slug if self.project else ""
        return [slug, str(self.start), str(self.end), str(sorted(self.filters.items()))]


@dataclass(frozen=True, slots=True)
class Unit:
    """What is written in one go; `key` is the cursor behind it."""

    key: str
    rows: Callable[[], Iterator[Row]]


class Dataset(Protocol):
    schema: pa.Schema

    def total(self) -> int:
        """Return about how many units there are."""

    def done(self, cursor: str) -> int:
        """Return how many of them lie before the cursor."""

    def units(self, cursor: str) -> Iterator[Unit]:
        """Yield the units after the cursor; "" is before the first."""


class FactRows:
    """The facts of one kind, a day of a project at a time."""

    def __init__(self, fact: Fact, selection: Selection) -> None:
        self.fact, self.selection = fact, selection
        self.schema = pa.schema([("project", pa.string()), *fact.schema])
        self.condition, self.bound = _fact_condition(fact, selection.filters)

    def total(self) -> int:
        return len(self._days())

    def done(self, cursor: str) -> int:
        return sum(_key(project.pk, day) <= cursor for project, day in self._days())

    def units(self, cursor: str) -> Iterator[Unit]:
        for project, day in self._days():
            key = _key(project.pk, day)
            if key > cursor:
                yield Unit(key, lambda project=project, day=day: self._rows(project, day))  # type: ignore[misc]

    def _days(self) -> list[tuple[Project, date]]:
        found = Segment.objects.filter(fact=self.fact.name)
        if self.selection.project is not None:
            found = found.filter(project=self.selection.project)
        if self.selection.start is not None:
            found = found.filter(max_at__gte=self.selection.start)
        if self.selection.end is not None:
            found = found.filter(min_at__lt=self.selection.end)
        projects = Project.objects.in_bulk()
        days = found.order_by("project_id", "day").values_list("project_id", "day").distinct()
        return [(projects[pk], day) for pk, day in days if pk in projects]

    def _rows(self, project: Project, day: date) -> Iterator[Row]:
        begins = datetime.combine(day, time(), tzinfo=UTC)
        start = max(begins, self.selection.start or begins)
        end = min(begins + timedelta(days=1), self.selection.end or begins + timedelta(days=1))
        if start >= end:
            return
        nested = [column.name for column in self.fact.columns if column.kind == "tags"]
        sql = f'SELECT * FROM {self.fact.name} e WHERE {self.condition} ORDER BY e."at"'  # noqa: S608  names are ours
        with engine.read(project.pk, {self.fact.name: Period(start, end)}) as facts:
            for batch in facts.batches(sql, self.bound):
                for row in batch.to_pylist():
                    for name in nested:
                        row[name] = None if row[name] is None else dict(row[name])
                    yield {"project": project.slug, **row}


class TableRows:
    """The rows of a table, by id, a thousand at a time."""

    def __init__(
        self, found: QuerySet[Any], *, columns: tuple[str, ...], row: Callable[[Any], Row], filters: Mapping[str, str]
    ) -> None:
        for name, value in filters.items():
            if name not in columns:
                raise BadFilter(f"{name} is no column; there are {', '.join(columns)}.")
            lookup = "project__slug" if name == "project" and found.model is not AuditEntry else name
            found = found.filter(**{lookup: value})
        self.found, self.row = found, row
        self.schema = pa.schema([(name, _arrow(found.model, name)) for name in columns])

    def total(self) -> int:
        return -(-self.found.count() // CHUNK)

    def done(self, cursor: str) -> int:
        return self.found.filter(pk__lte=int(cursor)).count() // CHUNK if cursor else 0

    def units(self, cursor: str) -> Iterator[Unit]:
        last = int(cursor or 0)
        while chunk := list(self.found.filter(pk__gt=last).order_by("pk")[:CHUNK]):
            last = chunk[-1].pk
            yield Unit(f"{last:020d}", lambda chunk=chunk: map(self.row, chunk))  # type: ignore[misc]


def dataset(name: str, selection: Selection) -> Dataset:
    """Return the dataset of this name. Raises BadFilter."""
    if name in FACTS:
        return FactRows(FACTS[name], selection)
    return TABLES[name](selection)


def _key(project_id: int, day: date) -> str:
    return f"{project_id:012d}/{day.isoformat()}"


def _fact_condition(fact: Fact, filters: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    kinds = {column.name: column.kind for column in fact.columns}
    terms, bound = ["true"], {}
    for n, (name, value) in enumerate(sorted(filters.items())):
        column, dot, inner = name.partition(".")
        kind = kinds.get(column)
        if kind is None or (kind == "tags") != bool(dot):
            known = ", ".join(f"{one}.<name>" if kind == "tags" else one for one, kind in kinds.items())
            raise BadFilter(f"{name} is no column of {fact.name}; there are {known}.")
        bound[f"value{n}"] = value
        if dot:
            bound[f"name{n}"] = inner
        subject = f'e."{column}"[$name{n}]' if dot else f'CAST(e."{column}" AS VARCHAR)'
        terms.append(f"{subject} = $value{n}")
    return " AND ".join(terms), bound


def _within(found: QuerySet[Any], field: str, selection: Selection) -> QuerySet[Any]:
    if selection.start is not None:
        found = found.filter(**{f"{field}__gte": selection.start})
    if selection.end is not None:
        found = found.filter(**{f"{field}__lt": selection.end})
    return found


def _arrow(model: type[Model], name: str) -> pa.DataType:
    """How a column is kept in Parquet: moments, numbers and truth as such, all else as text."""
    field = next((field for field in model._meta.get_fields() if field.name == name), None)
    if isinstance(field, DateTimeField):
        return arrow("time")
    if isinstance(field, BooleanField):
        return arrow("bool")
    return arrow("int") if isinstance(field, IntegerField) else arrow("text")


def _named(row: Model, columns: tuple[str, ...]) -> Row:
    return {name: getattr(row, name) for name in columns}


ISSUE_COLUMNS = (
    "id", "title", "type", "value", "culprit", "level", "platform", "kind", "status", "is_regressed", "first_seen_at",
    "last_seen_at", "event_count", "user_count", "first_release", "last_release", "resolved_at", "resolved_in_release",
)  # fmt: skip
AUDIT_COLUMNS = (
    "id", "at", "actor_id", "actor", "via", "action", "project_id", "object_type", "object_id", "detail", "address",
)  # fmt: skip
OCCURRENCE_COLUMNS = ("id", "event_id", "at", "received_at", "environment", "release")


def _issues(selection: Selection) -> Dataset:
    found = Issue.objects.select_related("project", "assigned_to")
    if selection.project is not None:
        found = found.filter(project=selection.project)

    def row(issue: Issue) -> Row:
        assigned = issue.assigned_to.get_username() if issue.assigned_to else None
        return {"project": issue.project.slug, **_named(issue, ISSUE_COLUMNS), "assigned_to": assigned}

    columns = ("project", *ISSUE_COLUMNS, "assigned_to")
    return TableRows(_within(found, "last_seen_at", selection), columns=columns, row=row, filters=selection.filters)


def _audit(selection: Selection) -> Dataset:
    found = AuditEntry.objects.all()
    if selection.project is not None:
        found = found.filter(project_id=selection.project.pk)

    def row(entry: AuditEntry) -> Row:
        return {**_named(entry, AUDIT_COLUMNS), "mac": bytes(entry.mac).hex()}

    columns = (*AUDIT_COLUMNS, "mac")
    return TableRows(_within(found, "at", selection), columns=columns, row=row, filters=selection.filters)


def _occurrences(selection: Selection) -> Dataset:
    found = Occurrence.objects.select_related("project", "group")
    if selection.project is not None:
        found = found.filter(project=selection.project)

    def row(kept: Occurrence) -> Row:
        event = payloads.unpack(bytes(kept.payload))
        return {
            "project": kept.project.slug, **_named(kept, OCCURRENCE_COLUMNS), "event_id": kept.event_id.hex,
            "issue_id": kept.group.issue_id, "event": event,
        }  # fmt: skip

    columns = ("project", *OCCURRENCE_COLUMNS, "issue_id", "event")
    return TableRows(_within(found, "at", selection), columns=columns, row=row, filters=selection.filters)


TABLES: dict[str, Callable[[Selection], Dataset]] = {"issues": _issues, "audit": _audit, "occurrences": _occurrences}
DATASETS = (*FACTS, *TABLES)
