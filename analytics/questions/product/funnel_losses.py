"""What people met between the steps of a funnel: errors, failed requests and slow pages; of those who went no further
and of those who went on.

Errors, requests and vitals know the same people as events where a project names its visitors, and nobody else does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from analytics import engine
from analytics.periods import Period
from analytics.questions.product import funnel_attempts
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.funnel_attempts import Definition
from analytics.questions.product.visits import BREAK
from events.models import Project
from events.values.vitals import THRESHOLDS


@dataclass(frozen=True, slots=True)
class Met:
    """`kind` is error (`what` is the hash of its group), request or page (`what` is the route). `lost` people who met
    it went no further, `kept` ones went on."""

    kind: str
    what: str
    lost: int
    kept: int


@dataclass(frozen=True, slots=True)
class Loss:
    """After step `after` (from 1) `lost` people went no further and `kept` went on. What the lost ones met more often
    than the others comes first."""

    after: int
    event: str
    lost: int
    kept: int
    met: tuple[Met, ...]


def losses(project: Project, *, definition: Definition, scope: Scope, most: int = 5) -> tuple[Loss, ...]:
    """What was met after each step but the last, until the next one or for as long as a visit may pause."""
    funnel_attempts.check(definition)
    if definition.order == "unordered":
        raise BadQuestion("Between steps in any order there is no before and after.")
    bound: dict[str, Any] = {"slow": THRESHOLDS["LCP"][1]}
    required = definition.required
    pause = BREAK // timedelta(microseconds=1)
    spans = " UNION ALL ".join(
        f"""SELECT {step} AS step, who, reached_{step} AS since, reached_{following} IS NOT NULL AS went_on,
                   least(coalesce(reached_{following}, reached_{step} + {pause}), reached_{step} + {pause}) AS until
            FROM people WHERE reached_{step} IS NOT NULL"""
        for step, following in pairwise(required)
    )
    sql = f"""
        WITH {funnel_attempts.people(definition, scope, by="", touch="first", bound=bound)},
        spans AS ({spans}),
        troubles AS (
            SELECT 'error' AS kind, user_key AS who, epoch_us("at") AS us, group_hash AS what FROM errors
            UNION ALL
            SELECT 'request', user_key, epoch_us("at"), route FROM requests WHERE status >= 500
            UNION ALL
            SELECT 'page', user_key, epoch_us("at"), route FROM vitals WHERE metric = 'LCP' AND value > $slow
        ), met AS (
            SELECT s.step, t.kind, t.what, count(DISTINCT CASE WHEN NOT s.went_on THEN s.who END) AS lost,
                   count(DISTINCT CASE WHEN s.went_on THEN s.who END) AS kept
            FROM spans s JOIN troubles t ON t.who = s.who AND t.us >= s.since AND t.us <= s.until
            WHERE t.what IS NOT NULL GROUP BY 1, 2, 3
        )
        SELECT step, '' AS kind, '' AS what, count(*) FILTER (WHERE NOT went_on) AS lost,
               count(*) FILTER (WHERE went_on) AS kept FROM spans GROUP BY step
        UNION ALL SELECT step, kind, what, lost, kept FROM met
        ORDER BY step, kind, what
    """
    wanted = Period(scope.period.start, scope.period.end + BREAK)
    read = {"events": scope.period, "errors": wanted, "requests": wanted, "vitals": wanted}
    with engine.read(project.pk, read, with_persons=True) as facts:
        rows = facts.ask(sql, bound)
    whole = {row["step"]: (row["lost"], row["kept"]) for row in rows if not row["kind"]}
    met: dict[int, list[Met]] = defaultdict(list)
    for row in rows:
        if row["kind"] and row["lost"]:
            met[row["step"]].append(Met(row["kind"], row["what"], row["lost"], row["kept"]))
    return tuple(
        Loss(step, definition.steps[step - 1].event, *whole[step], _worst(met[step], *whole[step])[:most])
        for step in sorted(whole)
    )


def _worst(met: list[Met], lost: int, kept: int) -> tuple[Met, ...]:
    def excess(one: Met) -> float:
        return one.lost / lost - (one.kept / kept if kept else 0.0)

    return tuple(sorted(met, key=lambda one: (-excess(one), one.kind, one.what)))
