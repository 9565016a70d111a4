"""Log lines by what they have in common: the template that the sender named, else the text without what varies.

Two passes. The database masks what looks like a value (moments, ids, words with a digit) and counts lines by what is
left; that is exact and needs one pass over the period. Then words that vary are found among the most frequent results:
where at least VARIANTS of them differ in one word only, that word is a variable too. Nothing is remembered between two
looks, so the same lines always have the same patterns; miners that learn a tree from a stream (Drain) depend on the
order of the lines, and would have to be fed and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analytics import engine
from analytics.engine.log_search import condition
from analytics.periods import Period
from events.issues.search import Search
from events.models import Project

HOLE = "<*>"
LEVELS = ("debug", "info", "warning", "error", "fatal", "")
VARIANTS = 4
MOST = 100
LONGEST = 300  # characters of a line, its first, that are looked at
_SKELETONS = 3000  # as many as come to the second pass
_ROUNDS = 3
_WORDS = 60
# In this order; in linear time, since DuckDB's expressions are RE2's.
_MASKS = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?",
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    r"[+-]?\w*\d\w*([.,:]\d\w*)*",
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Lines of one shape. `is_sent` when the sender named it; `levels` are counts by level; `example` is the last."""

    text: str
    is_sent: bool
    count: int
    levels: Mapping[str, int]
    first_at: datetime
    last_at: datetime
    example: str
    example_id: str

    @property
    def level(self) -> str:
        """The level that most of its lines have."""
        return max(self.levels, key=lambda name: (self.levels[name], name), default="")


@dataclass(frozen=True, slots=True)
class Patterns:
    """The most frequent ones first; `lines` are all lines, `others` the lines of patterns that are not listed."""

    rows: tuple[Pattern, ...]
    lines: int
    others: int


@dataclass(slots=True)
class _Merged:
    """What became one, while it is put together."""

    words: tuple[str, ...]
    parts: list[Pattern] = field(default_factory=list)


def log_patterns(
    project: Project, *, period: Period, search: Search, environment: str = "", most: int = MOST
) -> Patterns:
    """Return the patterns of the lines that a search finds. Raises SearchError."""
    term, bound = condition(search, environment=environment)
    masked = f"left(split_part(coalesce(l.body, ''), chr(10), 1), {LONGEST})"
    for number in range(len(_MASKS)):
        masked = f"regexp_replace({masked}, $mask_{number}, '{HOLE}', 'g')"
    of_levels = ", ".join(f"count(*) FILTER (WHERE level = '{name}') AS of_{name}" for name in LEVELS)
    sql = f"""
        WITH shaped AS (
            SELECT coalesce(nullif(l.template, ''), {masked}) AS text, coalesce(l.template, '') <> '' AS is_sent,
                l."at" AS "at", coalesce(l.level, '') AS level, coalesce(l.body, '') AS body,
                coalesce(l.log_id, '') AS log_id
            FROM logs l WHERE {term}
        )
        SELECT text, is_sent, count(*) AS count, {of_levels}, min("at") AS first_at,
            max("at") AS last_at, left(arg_max(body, "at"), 1000) AS example, arg_max(log_id, "at") AS example_id,
            sum(count(*)) OVER () AS lines
        FROM shaped GROUP BY text, is_sent ORDER BY count(*) DESC, text LIMIT $most
    """
    bound |= {f"mask_{number}": mask for number, mask in enumerate(_MASKS)}
    with engine.read(project.pk, {"logs": period}) as facts:
        rows = facts.ask(sql, {**bound, "most": _SKELETONS})
    lines = int(rows[0]["lines"]) if rows else 0
    found = generalised([_pattern(row) for row in rows])[:most]
    return Patterns(tuple(found), lines, lines - sum(one.count for one in found))


def generalised(patterns: Sequence[Pattern]) -> list[Pattern]:
    """Return the patterns with those that differ in one word only made one, most frequent first.

    Patterns that a sender named stay as they are.
    """
    kept = [one for one in patterns if one.is_sent]
    open_ones = [_Merged(tuple(one.text.split(" ")[:_WORDS]), [one]) for one in patterns if not one.is_sent]
    for _ in range(_ROUNDS):
        merged = _round(open_ones)
        if len(merged) == len(open_ones):
            break
        open_ones = merged
    found = [*kept, *(_joined(one) for one in open_ones)]
    return sorted(found, key=lambda one: (-one.count, one.text))


def _round(ones: Sequence[_Merged]) -> list[_Merged]:
    """One look for words that vary: each pattern joins the largest set that agrees with it everywhere else."""
    sets: dict[tuple[str, ...], list[_Merged]] = {}
    for one in ones:
        for place, word in enumerate(one.words):
            if word != HOLE and len(one.words) > 1:
                sets.setdefault((*one.words[:place], HOLE, *one.words[place + 1 :]), []).append(one)
    for one in ones:  # what has the hole already is one of those that agree
        if one.words in sets:
            sets[one.words].append(one)
    joined: list[_Merged] = []
    taken: set[int] = set()
    for words, members in sorted(sets.items(), key=lambda item: (-len(item[1]), item[0])):
        free = [one for one in members if id(one) not in taken]
        if len(free) >= VARIANTS:
            taken.update(id(one) for one in free)
            joined.append(_Merged(words, [part for one in free for part in one.parts]))
    return [*joined, *(one for one in ones if id(one) not in taken)]


def _joined(one: _Merged) -> Pattern:
    last = max(one.parts, key=lambda part: (part.last_at, part.example))
    levels: dict[str, int] = {}
    for part in one.parts:
        for level, count in part.levels.items():
            levels[level] = levels.get(level, 0) + count
    return Pattern(
        text=" ".join(one.words),
        is_sent=False,
        count=sum(part.count for part in one.parts),
        levels=levels,
        first_at=min(part.first_at for part in one.parts),
        last_at=last.last_at,
        example=last.example,
        example_id=last.example_id,
    )


def _pattern(row: Mapping[str, Any]) -> Pattern:
    told = {name: value for name, value in row.items() if name != "lines" and not name.startswith("of_")}
    levels = {name: row[f"of_{name}"] for name in LEVELS if row[f"of_{name}"]}
    return Pattern(**told, levels=levels)
