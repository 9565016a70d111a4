"""Exports of whole tables: facts, issues, kept events and the audit trail, to a file that a killed run continues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboard.exports.datasets import DATASETS, BadFilter, Dataset, Selection, dataset
from dashboard.exports.outputs import FORMATS, BadState, Output, opened
from events.accounts import audit
from events.models import Project

__all__ = ["DATASETS", "FORMATS", "BadFilter", "BadState", "Progress", "export"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is: units (a day of facts, a thousand rows of a table) and rows."""

    done: int
    total: int
    rows: int


def export(
    name: str,
    *,
    project: Project | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    filters: Mapping[str, str] | None = None,
    form: str = "ndjson",
    path: Path | None = None,
    actor: object = "command",
    tell: Callable[[Progress], None] = lambda progress: None,
    now: datetime,
) -> int:
    """Write the rows of a dataset to `path` (None: standard output) and return how many; a killed run is continued.

    Rows that happen after the first start are left out. Raises BadFilter, BadState, OSError.
    """
    asked = Selection(project, start, end, dict(filters or {}))
    question = [name, form, *asked.spelled()]
    with opened(form, path, question=question, until=min(end or now, now)) as output:
        source = dataset(name, Selection(project, start, output.state.until, asked.filters))
        audit.record(
            "export",
            actor=actor,
            project=project,
            obj=("dataset", name),
            detail={"format": form, "is_continued": bool(output.state.cursor), "filters": sorted(asked.filters)},
            now=now,
        )
        return _copy(source, output, tell)


def _copy(source: Dataset, output: Output, tell: Callable[[Progress], None]) -> int:
    total, done = source.total(), source.done(output.state.cursor)
    for unit in source.units(output.state.cursor):
        output.write(unit.rows(), schema=source.schema, cursor=unit.key)
        done += 1
        tell(Progress(done, max(total, done), output.state.rows))
    return output.state.rows
