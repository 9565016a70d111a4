"""Several trends at once, each a line; or one formula of them, bucket by bucket and value by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from analytics.questions.product import acts, trends
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.calendar import Calendar
from analytics.questions.product.trends import EMPTY, NUMBERS, Line, Trend
from analytics.questions.watched import formulas
from analytics.questions.watched.formulas import FormulaError, Node, NoResult
from events.models import Project

LETTERS = ("a", "b", "c", "d", "e")


@dataclass(frozen=True, slots=True)
class Series:
    """What one letter stands for: the `measure` of an event, of the numeric property `of` where it is of NUMBERS."""

    event: str
    measure: str = "total"
    of: str = ""

    @property
    def words(self) -> str:
        counted = f"{self.measure} of {self.of}" if self.measure in NUMBERS else self.measure.replace("_", " ")
        return f"{counted} of {'any event' if self.event == acts.EVERY else self.event}"


def formula_trends(
    project: Project,
    *,
    series: Sequence[Series],
    scope: Scope,
    calendar: Calendar,
    formula: str = "",
    by: str = "",
    ask: Callable[..., Trend] = trends.trends,
) -> Trend:
    """The trend of one series; without a formula a line for each of several; with one its value, which is None where
    it divides by zero or by nothing. Cut `by` a value, the values are the largest of series A, and all others of any
    series are one. Each series is asked by `ask`. Raises BadQuestion."""
    if not 1 <= len(series) <= len(LETTERS):
        raise BadQuestion(f"A trend has one to {len(LETTERS)} series.")
    node = _parsed(formula, series) if formula else None
    if by and len(series) > 1 and node is None:
        raise BadQuestion("Several series are cut by a value only where a formula makes one of them.")
    shown: tuple[str, ...] | None = None
    found: dict[str, Trend] = {}
    for letter, one in zip(LETTERS, series, strict=False):
        if node and letter != "a" and letter not in node.letters():
            continue
        found[letter] = ask(
            project, event=one.event, measure=one.measure, of=one.of, scope=scope, calendar=calendar, by=by,
            shown=shown,
        )  # fmt: skip
        if shown is None and by:
            shown = tuple(line.value for line in found[letter].lines if not line.is_other)
    first = found["a"]
    if node is None:
        return first if len(series) == 1 else Trend(first.starts, first.is_whole, _side_by_side(found, series), 1)
    return Trend(first.starts, first.is_whole, _worked_out(node, found, series), first.values)


def _parsed(formula: str, series: Sequence[Series]) -> Node:
    try:
        return formulas.parse(formula, LETTERS[: len(series)])
    except FormulaError as error:
        raise BadQuestion(f"The formula cannot be read. {error}") from None


def _side_by_side(found: Mapping[str, Trend], series: Sequence[Series]) -> tuple[Line, ...]:
    lines = []
    for (letter, trend), one in zip(found.items(), series, strict=True):
        line = trend.lines[0] if trend.lines else _empty(one, trend)
        lines.append(replace(line, value=f"{letter.upper()} {one.words}"))
    return tuple(lines)


def _worked_out(node: Node, found: Mapping[str, Trend], series: Sequence[Series]) -> tuple[Line, ...]:
    """A line for each value that any series has, those of series A first, "(other)" last."""
    own = {letter: {(line.is_other, line.value): line for line in trend.lines} for letter, trend in found.items()}
    order = dict.fromkeys(key for lines in own.values() for key in lines)
    measured = dict(zip(LETTERS, series, strict=False))
    worked = []
    for is_other, value in sorted(order, key=lambda key: key[0]):
        mine = {
            letter: own[letter].get((is_other, value)) or _empty(measured[letter], trend)
            for letter, trend in found.items()
        }
        total = _value(node, {letter: line.total for letter, line in mine.items()})
        columns = zip(*(line.numbers for line in mine.values()), strict=True)
        numbers = tuple(_value(node, dict(zip(mine, column, strict=True))) for column in columns)
        worked.append(Line(value, is_other, total, numbers))
    return tuple(worked)


def _empty(series: Series, trend: Trend) -> Line:
    """The line of what never happened."""
    nothing = EMPTY.get(series.measure)
    return Line("", False, nothing, (nothing,) * len(trend.starts))


def _value(node: Node, of: Mapping[str, float | None]) -> float | None:
    known = {letter: value for letter, value in of.items() if value is not None}
    if node.letters() - set(known):
        return None
    try:
        return node.value(known)
    except NoResult:
        return None
