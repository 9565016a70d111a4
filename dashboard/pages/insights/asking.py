"""What an address asks of product events, as the questions take it. Raises BadQuestion in words for people.

The names of parameters are those of the forms and of the API. All is in the address, but for the day that weeks begin
on: where it says none, that of whoever reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from analytics import periods
from analytics.periods import Period
from analytics.questions.product import acts, calendar
from analytics.questions.product.acts import Actions, BadQuestion, Scope
from analytics.questions.product.calendar import Calendar
from analytics.questions.product.formula_trends import LETTERS, Series
from analytics.questions.product.funnel_attempts import Definition, Exclusion, Step
from analytics.questions.product.journeys import STATIONS
from dashboard.reading import weeks

Asked = Mapping[str, str]
COMMON = ("only", "bots")
PARAMETERS: dict[str, tuple[str, ...]] = {
    "trends": ("event", "measure", "of", "series", "formula", "by", "unit", "tz", "week_start", *COMMON),
    "funnels": ("steps", "order", "within", "by", "touch", *COMMON),
    "journeys": ("begin", "until", "kind", "stations", *COMMON),
    "cohorts": ("begin", "again", "times", "unit", "tz", "week_start", *COMMON),
    "usage": ("events", "unit", "tz", "week_start", *COMMON),
}
LONGEST_TEXT = 2000
_HOURS, _DAYS = timedelta(days=2), timedelta(days=92)


def scope(asked: Asked, *, period: Period, environment: str, actions: Actions) -> Scope:
    """Which events are meant: `only` is `country=DE|FR, properties.plan=team`."""
    return Scope(
        period, environment, acts.conditions(_text(asked, "only")), with_bots=asked.get("bots") == "1", actions=actions
    )


def trends(asked: Asked, about: Scope) -> dict[str, Any]:
    """Series A is of fields of its own; B to E are lines of `series`: `paid | sum | price`."""
    first = Series(_text(asked, "event") or acts.EVERY, _text(asked, "measure") or "total", _text(asked, "of"))
    lines = [line.strip() for line in _text(asked, "series").splitlines() if line.strip()]
    if len(lines) >= len(LETTERS):
        raise BadQuestion(f"A trend has {len(LETTERS)} series at most, {LETTERS[0].upper()} to {LETTERS[-1].upper()}.")
    return {
        "series": [first, *map(_series, lines)], "formula": _text(asked, "formula"),
        "by": _text(asked, "by"), "scope": about, "calendar": _calendar(asked, about.period),
    }  # fmt: skip


def _series(line: str) -> Series:
    event, measure, of, *more = [part.strip() for part in line.split("|")] + [""] * (3 - line.count("|") - 1)
    if more or not event:
        raise BadQuestion(f"{line[:60]!r} is no series; write paid, paid | people or paid | sum | price.")
    return Series(event, measure or "total", of)


def funnels(asked: Asked, about: Scope) -> dict[str, Any]:
    return {
        "definition": definition(asked), "scope": about, "by": _text(asked, "by"),
        "touch": _text(asked, "touch") or "first",
    }  # fmt: skip


def losses(asked: Asked, about: Scope) -> dict[str, Any]:
    return {"definition": definition(asked), "scope": about}


def definition(asked: Asked) -> Definition:
    """One step a line; `?` before it: it is optional; `!`: it may not happen between the steps around it."""
    steps: list[Step] = []
    exclusions: list[Exclusion] = []
    for line in filter(None, (line.strip() for line in _text(asked, "steps").splitlines())):
        event = line.lstrip("?!").strip()
        if not event:
            raise BadQuestion(f"{line[:20]!r} names no event.")
        if line.startswith("!"):
            exclusions.append(Exclusion(event, len(steps), len(steps) + 1))
        else:
            steps.append(Step(event, is_optional=line.startswith("?")))
    return Definition(
        tuple(steps), tuple(exclusions), _text(asked, "order") or "ordered", length(_text(asked, "within") or "14d")
    )


def journeys(asked: Asked, about: Scope) -> dict[str, Any]:
    stations = _text(asked, "stations") or str(STATIONS)
    return {
        "scope": about, "begin": _text(asked, "begin"), "end": _text(asked, "until"),
        "kind": _text(asked, "kind") or "all", "stations": int(stations) if stations in map(str, range(100)) else 0,
    }  # fmt: skip


def cohorts(asked: Asked, about: Scope) -> dict[str, Any]:
    begin = _text(asked, "begin") or acts.EVERY
    return {
        "begin": begin, "again": _text(asked, "again") or begin, "times": _text(asked, "times") or "first",
        "scope": about, "calendar": _calendar(asked, about.period),
    }  # fmt: skip


def usage(asked: Asked, about: Scope) -> dict[str, Any]:
    events = [line.strip() for line in _text(asked, "events").splitlines() if line.strip()]
    return {"events": events or [acts.EVERY], "scope": about, "calendar": _calendar(asked, about.period, before=1)}


def length(text: str) -> timedelta:
    """`30m`, `12h`, `14d`, `2w`."""
    found = periods.RELATIVE.fullmatch(text)
    if not found:
        raise BadQuestion(f"{text[:20]!r} is no length of time; write 30m, 12h or 14d.")
    return int(found[1]) * periods.UNITS[found[2]]


def _calendar(asked: Asked, period: Period, *, before: int = 0) -> Calendar:
    by_length = "hour" if period.length <= _HOURS else "day" if period.length <= _DAYS else "week"
    unit = _text(asked, "unit") or by_length
    zone, named = calendar.zone_of(_text(asked, "tz")), _text(asked, "week_start")
    first_day = calendar.first_day_of(named) if named else weeks.current()
    return calendar.calendar(period, unit, zone, before=before, first_day=first_day)


def _text(asked: Asked, name: str) -> str:
    return asked.get(name, "")[:LONGEST_TEXT].replace("\x00", "").strip()
