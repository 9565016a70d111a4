"""How many who begin something arrive, step by step, how long they take, and by what they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics import engine
from analytics.questions.product import acts, funnel_attempts
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.funnel_attempts import TOUCHES, Definition
from events.models import Project


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds; None where nobody is counted."""

    mean: float | None
    median: float | None
    p75: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Reached:
    """People who came to a step at least, and how long they took from the step it follows."""

    event: str
    is_optional: bool
    people: int
    times: Times


@dataclass(frozen=True, slots=True)
class Cut:
    """The people of one value: how many came to each step, and the median of seconds from first to last."""

    value: str
    is_other: bool
    people: tuple[int, ...]
    median: float | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """`left_out` people did what is excluded; `values` is how many different ones there are, of which `cuts` has the
    largest and "(other)"."""

    steps: tuple[Reached, ...]
    times: Times
    left_out: int
    cuts: tuple[Cut, ...]
    values: int

    @property
    def conversion(self) -> float | None:
        return self.steps[-1].people / self.steps[0].people if self.steps[0].people else None


def funnels(
    project: Project, *, definition: Definition, scope: Scope, by: str = "", touch: str = "first", most: int = 8
) -> Funnel:
    """The funnel of what happened in the scope's period: who arrives after it did not. Cut `by` a column or property of
    the first (or last, by `touch`) event of any step that has a value. Raises BadQuestion."""
    funnel_attempts.check(definition)
    if touch not in TOUCHES:
        raise BadQuestion(f"A value is that of the {' or the '.join(TOUCHES)} event.")
    bound: dict[str, Any] = {}
    numbers = range(1, len(definition.steps) + 1)
    measured = [f"count(reached_{n}) AS people_{n}" for n in numbers]
    measured += [_times(f"took_{n}") for n in numbers] + [_times("took")]
    sql = f"""
        WITH {funnel_attempts.people(definition, scope, by=by, touch=touch, bound=bound)},
        {acts.folded("people", by=by, order="count(*)", most=most)}
        SELECT line, max(cut) AS value, max(different) AS different, {", ".join(measured)},
               {"(SELECT count(*) FROM left_out)" if definition.exclusions else "0"} AS left_out
        FROM folded GROUP BY GROUPING SETS ((line), ())
    """
    with engine.read(project.pk, {"events": scope.period}, with_persons=True) as facts:
        rows = facts.ask(sql, bound)
    [whole] = [row for row in rows if row["line"] is None]
    cuts = [
        Cut(
            row["value"] if row["line"] else acts.OTHER,
            not row["line"],
            tuple(row[f"people_{n}"] for n in numbers),
            row["took_median"],
        )
        for row in sorted(rows, key=lambda row: (not row["line"], row["line"] or 0))
        if by and row["line"] is not None
    ]
    steps = tuple(
        Reached(step.event, step.is_optional, whole[f"people_{n}"], _read(whole, f"took_{n}"))
        for n, step in enumerate(definition.steps, 1)
    )
    return Funnel(steps, _read(whole, "took"), whole["left_out"], tuple(cuts), whole["different"] if by and cuts else 0)


def _times(took: str) -> str:
    seconds = f"{took} / 1000000.0"
    quantiles = {"median": 0.5, "p75": 0.75, "p90": 0.9}
    return ", ".join(
        [
            f"avg({seconds}) AS {took}_mean",
            *(f"quantile_cont({seconds}, {share}) AS {took}_{name}" for name, share in quantiles.items()),
        ]
    )


def _read(row: dict[str, Any], took: str) -> Times:
    return Times(*(row[f"{took}_{name}"] for name in ("mean", "median", "p75", "p90")))
