"""Attempts at a funnel, as SQL: who reached which step, and when.

The events of a person have one order: their moments, of equal moments the first step that they are meant by, then
their ids. An attempt takes events later in that order for later steps, so each event is used once.

In order: the newest attempt that is open at a step goes on. Whatever lies between does not matter.
Strict: between the moments of a step and the next there is nothing but repeats of the step.
In any order: different steps within one span; an event counts for the first step that means it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from analytics.questions.product import acts
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.visits import NONE

ORDERS = ("ordered", "strict", "unordered")
TOUCHES = ("first", "last")
MOST_STEPS = 10
LONGEST = timedelta(days=400)
_BEFORE = "PARTITION BY who ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
_EARLIER = "PARTITION BY who ORDER BY us RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
_UNTIL = "PARTITION BY who ORDER BY us RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. What comes after an optional one does not ask for it: it is counted for those who took it on their way
    from the step before."""

    event: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What may not happen after one step and before another (numbers from 1): whoever does it is left out whole."""

    event: str
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A funnel; `within` is counted from the first step, its end included."""

    steps: tuple[Step, ...]
    exclusions: tuple[Exclusion, ...] = ()
    order: str = "ordered"
    within: timedelta = timedelta(days=14)

    def before(self, number: int) -> int:
        """The number of the step that step `number` follows: the last one before it that is not optional."""
        return max((n for n in range(1, number) if not self.steps[n - 1].is_optional), default=0)

    @property
    def required(self) -> list[int]:
        return [n for n, step in enumerate(self.steps, 1) if not step.is_optional]


def check(definition: Definition) -> None:
    """Raises BadQuestion for a funnel that makes no sense."""
    steps, last = definition.steps, len(definition.steps)
    if last < 2:
        raise BadQuestion("A funnel has two steps at least: what people begin with, and where they should arrive.")
    if last > MOST_STEPS or len(definition.exclusions) > MOST_STEPS:
        raise BadQuestion(f"A funnel has {MOST_STEPS} steps at most.")
    if definition.order not in ORDERS:
        raise BadQuestion(f"The order of a funnel is {', '.join(ORDERS)}.")
    if not timedelta() < definition.within <= LONGEST:
        raise BadQuestion(f"A funnel takes {LONGEST.days} days at most.")
    if steps[0].is_optional or steps[-1].is_optional:
        raise BadQuestion("The first and the last step are not optional.")
    is_ordered = definition.order == "ordered"
    if not is_ordered and any(step.is_optional for step in steps):
        raise BadQuestion("Only a funnel in order has optional steps.")
    if definition.order == "unordered" and (definition.exclusions or len(set(steps)) < last):
        raise BadQuestion("A funnel in any order has different steps, and nothing is excluded between them.")
    if any(not 1 <= one.after < one.before <= last for one in definition.exclusions):
        raise BadQuestion("What is excluded stands between two steps.")


def people(definition: Definition, scope: Scope, *, by: str, touch: str, bound: dict[str, Any]) -> str:
    """The tables up to `people`, one row a person who began: `cut`; for step k `reached_k`, microseconds since 1970 of
    its moment in the attempt that came furthest first, NULL where it was not reached, `took_k` from the step it
    follows; `took` from first to last; and where anything is excluded, `left_out`, who did it."""
    made = _unordered(definition) if definition.order == "unordered" else _ordered(definition)
    touched, cut, valued = "", "''", ""
    if by:
        touched = f"""touched AS (
            SELECT who, cut,
                   row_number() OVER (PARTITION BY who ORDER BY n {"DESC" if touch == "last" else ""}) AS place
            FROM numbered WHERE cut IS NOT NULL AND rank <= {len(definition.steps)}
        ),"""
        cut, valued = f"coalesce(t.cut, '{NONE}')", "LEFT JOIN touched t ON t.who = a.who AND t.place = 1"
    left_out = "AND a.who NOT IN (SELECT who FROM left_out)" if definition.exclusions else ""
    # What no table asks for twice is not kept whole while the question runs, so no name of an event is carried along.
    return f"""
        acts AS ({_acts(definition, scope, by=by, bound=bound)}),
        numbered AS (SELECT *, row_number() OVER (PARTITION BY who ORDER BY us, rank, event_id) AS n FROM acts),
        {touched}
        {made},
        people AS (SELECT a.*, {cut} AS cut FROM attempts a {valued} WHERE a.reached_1 IS NOT NULL {left_out})"""


def _acts(definition: Definition, scope: Scope, *, by: str, bound: dict[str, Any]) -> str:
    """Events with `sN`, whether they are meant by step N, `xN` by exclusion N, and `rank`, their first step."""
    steps = [acts.meant(f"step_{n}", step.event, bound, scope.actions) for n, step in enumerate(definition.steps, 1)]
    excluded = [
        acts.meant(f"without_{n}", one.event, bound, scope.actions) for n, one in enumerate(definition.exclusions, 1)
    ]
    ranks = " ".join(f"WHEN {held} THEN {n}" for n, held in enumerate(steps, 1))
    columns = [f"{held} AS s{n}" for n, held in enumerate(steps, 1)]
    columns += [f"{held} AS x{n}" for n, held in enumerate(excluded, 1)]
    # Where order is strict, whatever people do counts.
    kept = "true" if definition.order == "strict" else f"({' OR '.join([*steps, *excluded])})"
    return f"""
        SELECT {acts.who()} AS who, {acts.us()} AS us, e.event_id, {", ".join(columns)},
               CASE {ranks} ELSE {len(steps) + 1} END AS rank, {acts.cut(by, "by", bound) if by else "NULL"} AS cut
        FROM events e WHERE {acts.counted(scope, bound)} AND {kept}"""


def _ordered(definition: Definition) -> str:
    """`levels`: at an event that takes step k, `ak_j` is when its attempt took step j; then who reached what."""
    tables = ["level_1 AS (SELECT *, CASE WHEN s1 THEN us END AS a1_1 FROM numbered)"]
    last = len(definition.steps)
    for k in range(2, last + 1):
        p = definition.before(k)
        path = [j for j in definition.required if j <= p]
        seen = [f"max(a{p}_{j}) OVER ({_BEFORE}) AS p{k}_{j}" for j in path]
        held = f"s{k} AND us - p{k}_1 <= {_us(definition.within)}"
        if definition.order == "strict":
            seen.append(f"max(CASE WHEN NOT s{p} THEN us END) OVER ({_EARLIER}) AS b{k}")
            held += f" AND (b{k} IS NULL OR b{k} <= p{k}_{p})"
        taken = [f"CASE WHEN {held} THEN p{k}_{j} END AS a{k}_{j}" for j in path]
        taken.append(f"CASE WHEN {held} THEN us END AS a{k}_{k}")
        tables.append(f"seen_{k} AS (SELECT *, {', '.join(seen)} FROM level_{k - 1})")
        tables.append(f"level_{k} AS (SELECT *, {', '.join(taken)} FROM seen_{k})")
    firsts = ", ".join(
        f"min(a{k}_{j}) AS m{k}_{j}"
        for k in range(1, last + 1)
        for j in [*(j for j in definition.required if j <= definition.before(k)), k]
    )
    tables.append(f"firsts AS (SELECT who, {firsts} FROM level_{last} GROUP BY who)")
    tables.append(f"attempts AS (SELECT who, {', '.join(_reached(definition))} FROM firsts)")
    if definition.exclusions:
        tables.append(_left_out(definition))
    return ",\n".join(tables)


def _reached(definition: Definition) -> Sequence[str]:
    """Moments and lengths of the attempt that came furthest; of an optional step, of the attempt that took it."""
    last, columns = len(definition.steps), []

    def furthest(j: int, *, of: int) -> str:
        return f"coalesce({', '.join(f'm{k}_{j}' for k in reversed(definition.required) if k >= of)})"

    for k in range(1, last + 1):
        p = definition.before(k)
        if definition.steps[k - 1].is_optional:
            columns += [f"m{k}_{k} AS reached_{k}", f"m{k}_{k} - m{k}_{p} AS took_{k}"]
        else:
            columns.append(f"{furthest(k, of=k)} AS reached_{k}")
            columns.append(f"{furthest(k, of=k)} - {furthest(p, of=k)} AS took_{k}" if p else "0 AS took_1")
    return [*columns, f"m{last}_{last} - m{last}_1 AS took"]


def _left_out(definition: Definition) -> str:
    """`left_out`: whoever did what is excluded while an attempt was open between its steps, and none had arrived."""
    last = len(definition.steps)
    seen, held = [f"max(a{last}_{last}) OVER ({_UNTIL}) AS arrived"], []
    for n, one in enumerate(definition.exclusions, 1):
        seen += [
            f"max(a{one.after}_{one.after}) OVER ({_EARLIER}) AS after_{n}",
            f"max(a{one.after}_1) OVER ({_EARLIER}) AS began_{n}",
            f"max(a{one.before}_{one.before}) OVER ({_UNTIL}) AS before_{n}",
        ]
        held.append(
            f"(x{n} AND us - began_{n} <= {_us(definition.within)} AND (before_{n} IS NULL OR before_{n} < after_{n}))"
        )
    return f"""
        watched AS (SELECT *, {", ".join(seen)} FROM level_{last}),
        left_out AS (SELECT DISTINCT who FROM watched WHERE arrived IS NULL AND ({" OR ".join(held)}))"""


def _unordered(definition: Definition) -> str:
    numbers = range(1, len(definition.steps) + 1)
    span = f"PARTITION BY who ORDER BY us RANGE BETWEEN {_us(definition.within)} PRECEDING AND CURRENT ROW"
    latest = ", ".join(f"max(CASE WHEN rank = {n} THEN us END) OVER ({span}) AS l{n}" for n in numbers)
    depth = " + ".join(f"CASE WHEN l{n} IS NULL THEN 0 ELSE 1 END" for n in numbers)
    reached = ", ".join(
        f"min(CASE WHEN depth >= {n} THEN us END) AS reached_{n}, CAST(NULL AS BIGINT) AS took_{n}" for n in numbers
    )
    whole = f"CASE WHEN depth = {len(definition.steps)} THEN us END"
    return f"""
        spans AS (SELECT *, {latest} FROM numbered),
        depths AS (SELECT *, {depth} AS depth, least({", ".join(f"l{n}" for n in numbers)}) AS began FROM spans),
        attempts AS (SELECT who, {reached}, min({whole}) - arg_min(began, {whole}) AS took FROM depths GROUP BY who)"""


def _us(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
