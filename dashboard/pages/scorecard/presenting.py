"""A scorecard in words: sentences, goals, bars by week, and the page behind each number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from analytics.questions.promises import judging, weeks
from analytics.questions.promises.judging import Judged, Verdict
from analytics.questions.promises.weeks import Week
from dashboard.frame import formatting
from dashboard.pages.scorecard.card import Card, Promise
from events.models import Project

TITLES = {
    "failures": "Error rate", "page_load": "Page load", "uptime": "Uptime", "resolve": "Time to resolve",
    "adoption": "Adoption",
}  # fmt: skip
TONES = {Verdict.KEPT: "good", Verdict.MISSED: "bad", Verdict.LITTLE: "", Verdict.NOTHING: ""}
WORDS = {
    Verdict.KEPT: "kept", Verdict.MISSED: "missed", Verdict.LITTLE: "too little to tell", Verdict.NOTHING: "no data",
}  # fmt: skip
_COUNTED = {
    "requests": ("request", "requests"), "visits": ("visit", "visits"), "probes": ("look", "looks"),
    "check_ins": ("check-in", "check-ins"), "incidents": ("incident", "incidents"), "people": ("person", "people"),
}  # fmt: skip
# Drawn beside its goal: a bar as high as the box is so many times the goal, or the highest week.
_HIGH, _WIDE = 60.0, 240.0


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    tone: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One week of a promise; `url` leads to what the number was counted from."""

    start: datetime
    value: str
    samples: str
    words: str
    tone: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """One promise as it is shown. `goal_y` is the height of the goal in the drawing."""

    promise: Promise
    title: str
    value: str
    goal: str
    words: str
    tone: str
    change: str
    sentence: str
    notes: tuple[str, ...]
    url: str
    evidence: str
    bars: tuple[Bar, ...]
    goal_y: float
    drawn: str
    cells: tuple[Cell, ...]


def lines(project: Project, card: Card) -> list[Line]:
    return [_line(project, promise) for promise in card.promises]


def summary(found: list[Line]) -> str:
    """The card in one sentence."""
    judged = [one for one in found if one.promise.verdict.verdict in (Verdict.KEPT, Verdict.MISSED)]
    if not judged:
        return "Nothing that is promised was measured in this week."
    missed = [one.title for one in judged if one.promise.verdict.verdict is Verdict.MISSED]
    kept = len(judged) - len(missed)
    start = f"{kept} of {len(judged)} promises that could be judged {'was' if kept == 1 else 'were'} kept"
    return f"{start}; missed: {', '.join(missed)}." if missed else f"{start}."


def table(card: Card) -> Iterator[tuple[Any, ...]]:
    """The card as rows of a file, the week first."""
    for promise in card.promises:
        for week, judged in zip(promise.course.weeks, promise.judged, strict=True):
            yield (
                f"{week.start:%Y-%m-%d}", promise.name, promise.of, week.value, promise.goal.target, _unit(promise),
                week.samples, judged.verdict.value, judged.is_sure,
            )  # fmt: skip


COLUMNS = ("week", "promise", "of", "value", "goal", "unit", "samples", "verdict", "is_sure")


def _unit(promise: Promise) -> str:
    return "ms" if promise.name in ("page_load", "resolve") else "share"


def value(promise: Promise, number: float | None) -> str:
    """A number of the promise, as people read it."""
    if promise.name == "adoption":
        return formatting.percent(number, digits=1)
    if _unit(promise) == "share":
        return formatting.percent(number)
    return formatting.duration(number)


def _line(project: Project, promise: Promise) -> Line:
    title = f"Adoption of {promise.of}" if promise.name == "adoption" else TITLES[promise.name]
    shown, verdict = value(promise, promise.last.value), promise.verdict
    change = promise.course.comparison.plain
    bars, goal_y = _drawing(promise)
    cells = tuple(
        _cell(project, promise, week, judged) for week, judged in zip(promise.course.weeks, promise.judged, strict=True)
    )
    drawn = f"{title} by week: {', '.join(cell.value for cell in cells)}; goal {goal(promise)}"
    return Line(
        promise, title, shown, goal(promise), _words(verdict), TONES[verdict.verdict], change,
        _sentence(promise, shown, change), tuple(_notes(promise)), cells[-1].url, _EVIDENCE[promise.name], bars, goal_y,
        drawn, cells,
    )  # fmt: skip


def goal(promise: Promise) -> str:
    is_share = _unit(promise) == "share"
    target = f"{100 * promise.goal.target:.6g} %" if is_share else formatting.duration(promise.goal.target)
    return f"{'at least' if promise.goal.is_floor else 'below'} {target}"


def _words(judged: Judged) -> str:
    return f"{WORDS[judged.verdict]}, sure" if judged.is_sure else WORDS[judged.verdict]


def _counted(promise: Promise, count: int) -> str:
    one, many = _COUNTED["people" if promise.name == "adoption" else promise.of]
    return f"{formatting.compact(count)} {one if count == 1 else many}"


_SAID = {
    "failures": "{value} of {counted} failed",
    "page_load": "Three of four of {counted} saw the page within {value}",
    "uptime": "{value} of {counted} found it well",
    "resolve": "Half of {counted} were over within {value}",
    "adoption": "{value} of {counted} used {of}",
}
_NOTHING = {
    "failures": "No request was measured", "page_load": "No page load was measured",
    "uptime": "Nothing was looked at", "resolve": "No incident was resolved",
    "adoption": "Nobody was there to use {of}",
}  # fmt: skip


def _sentence(promise: Promise, shown: str, change: str) -> str:
    """The last week as one says it: `0.31 % of 1.2 M requests failed; the goal, below 0.5 %, was kept, sure.`"""
    if promise.refused:
        return promise.refused
    judged = promise.verdict
    if judged.verdict is Verdict.NOTHING:
        open_ones = f"; {promise.unresolved} not over yet" if promise.unresolved else ""
        return f"{_NOTHING[promise.name].format(of=promise.of)}{open_ones}."
    counted = _counted(promise, promise.last.samples)
    if promise.name == "resolve" and promise.last.samples == 1:
        said = f"The one incident was over within {shown}"
    else:
        words = "{value} of {counted} were well" if promise.of == "check_ins" else _SAID[promise.name]
        said = words.format(value=shown, counted=counted, of=promise.of)
    if judged.verdict is Verdict.LITTLE:
        return f"{said}: too little to hold it against the goal, {goal(promise)}."
    against = f" Against the week before: {change}." if promise.course.comparison.difference is not None else ""
    return f"{said}; the goal, {goal(promise)}, was {_words(judged)}.{against}"


def _notes(promise: Promise) -> Iterator[str]:
    missed = judging.distance(promise.last, promise.goal)
    if promise.verdict.verdict is Verdict.MISSED and missed is not None:
        yield f"Missed by {value(promise, missed).replace(' %', ' percentage points')}."
    if promise.verdict.verdict in (Verdict.KEPT, Verdict.MISSED) and not promise.verdict.is_sure:
        yield (
            "With so few incidents, chance is no smaller than they are."
            if promise.name == "resolve"
            else "The goal lies within the 95 % interval: chance could have made it so."
        )
    if promise.unresolved:
        yield f"{promise.unresolved} not resolved yet, and in no number."
    if promise.is_daily:
        yield "Visitors are anonymous, each known for one day: who comes on two days counts twice."


def _drawing(promise: Promise) -> tuple[tuple[Bar, ...], float]:
    """Bars from the bottom; those of a floor from a bottom that lets one see what is missing."""
    values = [week.value for week in promise.course.weeks]
    known = [one for one in values if one is not None]
    target = promise.goal.target
    low = min([*known, target]) if promise.goal.is_floor and promise.name == "uptime" else 0.0
    low = max(0.0, low - (1 - low) / 2) if low else 0.0
    high = 1.0 if low else max([*known, target]) * 1.15 or 1.0
    step = _WIDE / len(values)
    bars = []
    for place, (number, judged) in enumerate(zip(values, promise.judged, strict=True)):
        if number is None:
            continue
        tall = max(1.5, _HIGH * (number - low) / ((high - low) or 1))
        x = round(place * step, 2)
        bars.append(Bar(x, round(_HIGH - tall, 2), round(step - 3, 2), round(tall, 2), TONES[judged.verdict] or "none"))
    return tuple(bars), round(_HIGH - _HIGH * (target - low) / ((high - low) or 1), 2)


def _cell(project: Project, promise: Promise, week: Week, judged: Judged) -> Cell:
    return Cell(
        week.start, value(promise, week.value), _counted(promise, week.samples), _words(judged), TONES[judged.verdict],
        _url(project, promise, week.start),
    )  # fmt: skip


_EVIDENCE = {
    "failures": "Requests of the week", "page_load": "Page loads of the week", "uptime": "What was looked at",
    "resolve": "Incidents", "adoption": "Use of the feature",
}  # fmt: skip
_PAGES = {
    "failures": "performance", "page_load": "vitals", "resolve": "incident-list", "adoption": "insights-usage",
}  # fmt: skip


def _url(project: Project, promise: Promise, start: datetime) -> str:
    """The page that the week's number was counted from."""
    name = "probe-list" if promise.of == "probes" else "monitor-list" if promise.of == "check_ins" else ""
    query = {"from": f"{start:%Y-%m-%d}", "to": f"{start + weeks.WEEK:%Y-%m-%d}"}
    if promise.name == "adoption":
        query |= {"events": promise.of, "unit": "day", "tz": "UTC"}
    page = reverse(f"dashboard:{name or _PAGES[promise.name]}", args=[project.slug])
    return f"{page}?{urlencode(query)}"


def last_day(card: Card) -> datetime:
    return card.end - timedelta(days=1)
