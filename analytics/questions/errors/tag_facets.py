"""Which values each tag had, and how often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from analytics import engine
from analytics.engine import filters
from analytics.periods import Period
from events.models import Project


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """One tag: its most frequent values, how many errors carry it, how many of those have `other` values."""

    tag: str
    total: int
    distinct: int
    values: tuple[FacetValue, ...]

    @property
    def other(self) -> int:
        return self.total - sum(value.count for value in self.values)


def tag_facets(
    project: Project,
    *,
    period: Period,
    groups: Iterable[UUID] | None = None,
    environment: str = "",
    tags: Sequence[str] = (),
    top: int = 10,
    most: int = 50,
    newest: int = 200_000,
) -> tuple[Facet, ...]:
    """Return up to `most` tags, those of most errors first, with their `top` values; `tags` names the only ones.

    Facets of a whole project (no `groups`) are those of its `newest` errors, since each error has many tags.
    """
    condition, bound = filters.errors(groups=groups, environment=environment)
    named = "WHERE tag IN $tags" if tags else ""
    sql = f"""
        WITH pairs AS (
            SELECT unnest(map_keys(e.tags)) AS tag, unnest(map_values(e.tags)) AS value FROM errors e WHERE {condition}
        ), counted AS (
            SELECT tag, value, count(*) AS n FROM pairs {named} GROUP BY tag, value
        ), ranked AS (
            SELECT *, row_number() OVER (PARTITION BY tag ORDER BY n DESC, value) AS rank,
                   sum(n) OVER (PARTITION BY tag)::BIGINT AS total, count(*) OVER (PARTITION BY tag) AS different
            FROM counted
        )
        SELECT tag, value, n, total, different FROM ranked WHERE rank <= $top ORDER BY total DESC, tag, rank
    """
    if groups is None:
        period = _newest(project, period, condition, bound, count=newest)
    with engine.read(project.pk, {"errors": period}) as facts:
        rows = facts.ask(sql, {**bound, "tags": list(tags), "top": top})
    found = []
    for tag, of_tag in groupby(rows, key=lambda row: row["tag"]):
        lines = list(of_tag)
        values = tuple(FacetValue(line["value"], line["n"]) for line in lines)
        found.append(Facet(tag, lines[0]["total"], lines[0]["different"], values))
    return tuple(found[:most])


def _newest(project: Project, period: Period, condition: str, bound: dict[str, Any], *, count: int) -> Period:
    """The end of the period that holds `count` errors, all of it when there are fewer."""
    sql = f"""SELECT e."at" FROM errors e WHERE {condition} ORDER BY e."at" DESC LIMIT 1 OFFSET $count"""
    with engine.read(project.pk, {"errors": period}) as facts:
        rows = facts.ask(sql, {**bound, "count": count})
    return Period(rows[0]["at"], period.end) if rows else period
