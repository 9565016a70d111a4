"""Who was first given which answer of a feature flag, and when, as SQL for experiments, rules and outcomes."""

from __future__ import annotations

from typing import Any

from analytics.periods import Period
from analytics.questions.watched import conversions
from analytics.questions.watched.conversions import Where

CALLED, KEY, RESPONSE, HELD_OUT = "$feature_flag_called", "$feature_flag", "$feature_flag_response", "holdout-"
OFF = "false"


def exposures(
    flag: str, bound: dict[str, Any], *, period: Period | None = None, where: Where | None = None,
    with_off: bool = True, by_response_alone: bool = False,
) -> str:  # fmt: skip
    """The tables up to `exposures`: one row a person with the `variant`, the moment `first`, and whether there were
    `several`. Of `period`, else of all that is read; bots and who is held out are left out.

    Where an event does not say the answer, `$feature/<key>` does, unless `by_response_alone`.
    """
    bound |= {"called": CALLED, "key": KEY, "response": RESPONSE, "flag": flag, "held_out": HELD_OUT}
    told, within, but = "e.properties[$response]", "", ""
    if not by_response_alone:
        bound["feature"] = f"$feature/{flag}"
        told = f"coalesce({told}, e.properties[$feature])"
    if period is not None:
        bound["from"], bound["to"] = period
        within = 'AND e."at" >= $from AND e."at" < $to'
    if not with_off:
        bound["off"], but = OFF, "AND c.variant <> $off"
    return f"""called AS (
            SELECT e.visitor, e."at", {told} AS variant FROM events e
            WHERE e.event = $called AND e.properties[$key] = $flag {within} AND {conversions.counting(where, bound)}
        ), exposures AS (
            SELECT c.visitor, min(c."at") AS first, min(c.variant) AS variant, count(DISTINCT c.variant) > 1 AS several
            FROM called c WHERE c.variant IS NOT NULL AND NOT starts_with(c.variant, $held_out) {but}
            GROUP BY c.visitor
        )"""
