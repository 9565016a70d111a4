"""Experiments in words: states, how people were split, each variant beside the control, the effect day by day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics.experiments import plans
from analytics.experiments.judging import Compared, Judged
from analytics.experiments.plans import Metric, Required
from analytics.experiments.results import Course, Results
from analytics.models import Experiment
from analytics.statistics.effects import Effect
from dashboard.frame import formatting

TONES = {"draft": "", "running": "good", "ended": "warn", "decided": ""}
_VERDICT_TONES = {"better": "good", "worse": "bad", "holds": "good", "open": ""}
WIDTH, HEIGHT = 720, 160
COLUMNS = [
    "Metric", "Guardrail", "Variant", "People", "Mean", "Control people", "Control mean", "Difference", "Low", "High",
    "Lift", "Lift low", "Lift high", "p", "Chance", "Verdict", "Note",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One variant of one metric in words; `sentence` is the verdict."""

    variant: str
    people: int
    mean: str
    difference: str
    lift: str
    evidence: str
    verdict: str
    tone: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Table:
    """One metric: the control's row in words, and the others'."""

    name: str
    about: str
    is_guardrail: bool
    control: str
    people: int
    mean: str
    rows: tuple[Row, ...]
    drawings: tuple[Drawing, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """The effect of a variant over the days as a line, its interval as a band, in a box of WIDTH × HEIGHT."""

    variant: str
    line: str
    band: str
    zero: float
    lowest: str
    highest: str
    first: str
    last: str
    width: int = WIDTH
    height: int = HEIGHT


def tables(found: Results, *, level: float) -> list[Table]:
    courses = {course.metric: course for course in found.courses}
    return [_table(one, courses.get(one.metric.name), level=level) for one in found.judged]


def _table(one: Judged, course: Course | None, *, level: float) -> Table:
    drawings = [] if course is None else [_drawn(one.metric, course, name) for name in sorted(course.effects)]
    return Table(
        one.metric.name, about(one.metric), one.metric.is_guardrail, one.control, one.count,
        value(one.metric, one.mean), tuple(_row(one, other, level=level) for other in one.others),
        tuple(drawing for drawing in drawings if drawing),
    )  # fmt: skip


def _row(one: Judged, other: Compared, *, level: float) -> Row:
    metric, effect = one.metric, other.effect
    evidence = ""
    if effect is not None and effect.chance is not None:
        evidence = f"{formatting.percent(effect.chance, digits=1)} to be more"
    elif other.p is not None:
        evidence = f"p {other.p:.2g}" if other.p >= 0.0001 else "p < 0.0001"
    return Row(
        other.variant,
        other.count,
        value(metric, other.mean),
        _interval(effect, metric) if effect else "–",
        _lift(other.lift) if other.lift else "–",
        evidence or "–",
        other.standing,
        _VERDICT_TONES[other.standing],
        sentence(one, other, level=level),
    )


def sentence(one: Judged, other: Compared, *, level: float) -> str:
    """The verdict in words."""
    if other.problem:
        return other.problem
    if other.standing == "holds":
        return (
            f"It lost less than the {formatting.percent(one.metric.margin, digits=0)} of the control that may be lost."
        )
    if other.standing == "open":
        return "A guardrail: not harmed so far, and not known to be safe." if one.metric.is_guardrail else (
            "No difference can be told from chance so far."
        )  # fmt: skip
    assert other.effect is not None
    more = "more" if other.effect.value > 0 else "less"
    sure = formatting.percent(1 - level, digits=0)
    return f"{other.variant} has {more}, {_interval(other.effect, one.metric)} ({sure} interval): {other.standing}."


def about(metric: Metric) -> str:
    """What is counted, in words."""
    measure = metric.measure
    hours = measure.within.total_seconds() / 3600
    within = f"{hours / 24:g} day{'s' if hours > 24 else ''}" if hours % 24 == 0 else f"{hours:g} h"
    named = " of ".join(part for part in (measure.property, measure.event) if part)
    by = " of ".join(part for part in (measure.over_property, measure.over_event) if part)
    what = f"{plans.KINDS[measure.kind]}{f': {named}' if named else ''}{f' by {by}' if by else ''}"
    return f"{what}, within {within}; {'more' if metric.more_is_better else 'less'} is better"


def value(metric: Metric, mean: float | None) -> str:
    if mean is None:
        return "–"
    return formatting.percent(mean) if metric.is_percent else formatting.compact(mean)


def needed(required: Required | None, why: str) -> str:
    """How many people it takes, in words."""
    if required is None:
        return why
    if required.days is None:
        return f"{required.size:,} people in each variant. Nobody came so far, so how long that takes is not known."
    days = "about a day" if required.days <= 1 else f"about {required.days:,.0f} days at the pace of before"
    return f"{required.size:,} people in each variant, {days}."


def lines(experiments: list[Experiment]) -> list[tuple[Experiment, str]]:
    return [(one, TONES[one.state]) for one in experiments]


def exported(found: Results) -> list[list[Any]]:
    """The results as rows of COLUMNS; numbers as they are."""
    rows = []
    for one in found.judged:
        for other in one.others:
            effect, lift = other.effect, other.lift
            numbers = [
                getattr(told, name) if told else "" for told in (effect, lift) for name in ("value", "low", "high")
            ]
            chance = effect.chance if effect and effect.chance is not None else ""
            rows.append(
                [one.metric.name, one.metric.is_guardrail, other.variant, other.count, _or_nothing(other.mean),
                 one.count, _or_nothing(one.mean), *numbers, _or_nothing(other.p), chance, other.standing,
                 other.problem]
            )  # fmt: skip
    return rows


def _or_nothing(number: float | None) -> float | str:
    return "" if number is None else number


def _interval(effect: Effect, metric: Metric) -> str:
    value, low, high = (
        f"{100 * one:+.2f}" if metric.is_percent else f"{one:+.4g}" for one in (effect.value, effect.low, effect.high)
    )
    return f"{value}{' points' if metric.is_percent else ''} ({low} to {high})"


def _lift(lift: Effect) -> str:
    return f"{100 * lift.value:+.1f} % ({100 * lift.low:+.1f} to {100 * lift.high:+.1f})"


def _drawn(metric: Metric, course: Course, variant: str) -> Drawing | None:
    """None where fewer than two days say anything."""
    known = [(day, effect) for day, effect in zip(course.days, course.effects[variant], strict=True) if effect]
    if len(known) < 2:
        return None
    # The first days' intervals are many times as wide: beyond three times the last one, they are cut.
    last = known[-1][1]
    reach = 3 * max(last.high - last.value, 1e-12)
    low, high = min(0.0, last.value - reach), max(0.0, last.value + reach)
    step = WIDTH / (len(known) - 1)

    def height_of(at: float) -> float:
        return round(4 + (HEIGHT - 8) * (1 - (min(max(at, low), high) - low) / (high - low)), 1)

    line, lower, upper = (
        [f"{place * step:.1f},{height_of(getattr(effect, name))}" for place, (_, effect) in enumerate(known)]
        for name in ("value", "low", "high")
    )
    lowest, highest = (f"{100 * one:+.2f} points" if metric.is_percent else f"{one:+.4g}" for one in (low, high))
    return Drawing(
        variant,
        " ".join(line),
        " ".join([*lower, *reversed(upper)]),
        height_of(0.0),
        lowest,
        highest,
        f"{known[0][0]:%Y-%m-%d}",
        f"{known[-1][0]:%Y-%m-%d}",
    )
