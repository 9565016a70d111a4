"""How people with each variant of a feature flag do beside those with another: exposures, and who reached a goal.

An exposure is a person's first `$feature_flag_called` of the flag in what is read. Who saw two variants is left out,
and so is who was held out, as in PostHog's experiments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics import engine, periods
from analytics.periods import Period
from analytics.questions.product import actions, acts
from analytics.questions.variants.exposures import exposures
from analytics.questions.watched import conversions
from analytics.questions.watched.metrics import Metric
from analytics.questions.watched.series import MOST_GROUPS, History, counted

METRIC = Metric("flags.variant", "Feature flag", "events", "share", "%")


@dataclass(frozen=True, slots=True)
class Beside(History):
    """A variant's history, with that of the variant it is compared with."""

    other: History | None = None


def variants(
    project_id: int,
    flag: str,
    control: str,
    goal: str,
    *,
    within: timedelta,
    period: Period,
    where: Mapping[str, Sequence[str]] | None = None,
) -> list[Beside]:
    """Of each variant but `control`: the people exposed in each minute, and as its bad part those who did `goal` from
    their exposure on `within` that time, both ends included."""
    bound: dict[str, Any] = {"within": within, "origin": periods.ORIGIN}
    known = actions.named(project_id, goal)
    sql = f"""
        WITH {exposures(flag, bound, period=period, where=where, by_response_alone=True)}, exposed AS (
            SELECT * FROM exposures WHERE NOT several
        ), won AS (
            SELECT DISTINCT x.visitor FROM exposed x JOIN events e ON e.visitor = x.visitor
            WHERE {acts.meant("goal", goal, bound, known)} AND e."at" >= x.first AND e."at" <= x.first + $within
        )
        SELECT x.variant, time_bucket(INTERVAL 1 MINUTE, x.first, $origin) AS minute, count(*) AS people,
               count(w.visitor) AS converted
        FROM exposed x LEFT JOIN won w USING (visitor) GROUP BY ALL
    """
    with engine.read(project_id, {"events": Period(period.start, period.end + within)}, with_persons=True) as facts:
        rows = facts.ask(sql, bound)
    found: dict[str, list[tuple[datetime, int, int]]] = defaultdict(list)
    for row in rows:
        found[row["variant"]].append((row["minute"], row["people"], row["converted"]))
    against = counted(METRIC, (control,), found.pop(control, []), step=conversions.MINUTE)
    order = sorted(found, key=lambda variant: (-sum(people for _, people, _ in found[variant]), variant))
    return [_beside(variant, found[variant], against) for variant in order[:MOST_GROUPS]]


def _beside(variant: str, counts: list[tuple[datetime, int, int]], other: History) -> Beside:
    own = counted(METRIC, (variant,), counts, step=conversions.MINUTE)
    return Beside(own.metric, own.labels, own.step, own.at, own.all, own.bad, other=other)
