"""The forms of questions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2
from django.urls import reverse

from analytics.models import Goal
from analytics.periods import FIRST_DAYS
from analytics.questions.product import calendar, funnel_attempts, journeys, trends
from dashboard.charts.figures import Figure
from dashboard.frame.state import State
from events.models import Project

Choices = Sequence[tuple[str, str]]
# 84.6 %, 1.4 min, 48 ms, or the dash of what is not known.
_MEASURED = re2.compile(r"^(–|[+−-]?[\d.,]+ (%|ms|s|min|h|d))$")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; with `choices` it is a select, and with `lines` text of several lines."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    choices: Choices = ()
    lines: int = 0
    listed: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """A question with its page; `words` says what it answers, `charts` are drawn from it."""

    name: str
    title: str
    words: str
    charts: tuple[str, ...]

    @property
    def url_name(self) -> str:
        return f"dashboard:insights-{self.name}"


TABS = {
    tab.name: tab
    for tab in (
        Tab("trends", "Trends", "How often something happens, to how many people, or what its numbers come to.",
            ("trend",)),
        Tab("funnels", "Funnels", "How many who begin something arrive, step by step, and how long they take.",
            ("funnel",)),
        Tab("journeys", "Journeys", "Which ways people go, from something on or up to it.", ("journeys",)),
        Tab("cohorts", "Cohorts", "Who comes back, by when people began.", ("cohorts",)),
        Tab("usage", "Usage", "How a feature, which is a set of events, is used: by how many, how often, who stays.",
            ("feature_lives", "feature_share", "feature_often")),
    )
}  # fmt: skip
PAGES = TABS | {
    tab.name: tab
    for tab in (
        Tab("actions", "Actions", "Names for events with conditions: a click on a button, a page under an address.",
            ()),
        Tab("goals", "Goals", "Numbers of events that shall reach a target, or not pass it.", ()),
        Tab("saved", "Saved", "Insights kept under a name, and those that come with the weekly report.", ()),
    )
}  # fmt: skip


def head(name: str, project: Project, shown: State) -> dict[str, Any]:
    """What stands above each page of insights: itself, and all of them with their addresses. The questions carry the
    period along."""
    query = f"?{shown.query}" if shown.query else ""
    found = [(tab, reverse(tab.url_name, args=[project.slug])) for tab in PAGES.values()]
    return {"tab": PAGES[name], "tabs": [(tab, f"{url}{query}" if tab.charts else url) for tab, url in found]}


_EVENT = "an event, a path as /pricing, action:name, or * for any"
_UNITS = [("", "by the period"), *((unit, unit) for unit in calendar.UNITS)]
_WEEKS = [("", "as set in your account"), *((name, f"on {name.capitalize()}") for name in FIRST_DAYS)]
_WITHIN = [("1h", "1 hour"), ("1d", "1 day"), *((f"{days}d", f"{days} days") for days in (7, 14, 30, 90))]
_KINDS = [(kind, "pages and events" if kind == "all" else kind) for kind in journeys.KINDS]
_TIMES = [("first", "the first time"), ("recurring", "every time")]
_MEASURES = {
    "total": "events", "weekly_actives": "people of the last 7 days", "monthly_actives": "people of the last 30 days",
}  # fmt: skip


def fields(tab: str, asked: Mapping[str, str]) -> list[Field]:
    """The form of a question, filled in as it was asked."""

    def text(name: str, label: str, hint: str = "", *, lines: int = 0, listed: str = "") -> Field:
        return Field(name, label, asked.get(name, ""), hint, lines=lines, listed=listed)

    def choice(name: str, label: str, choices: Choices, default: str = "") -> Field:
        value = asked.get(name) or default
        given = choices if value in dict(choices) else [*choices, (value, value[:60])]
        return Field(name, label, value, choices=given)

    def named(values: Sequence[str]) -> Choices:
        return [(value, _MEASURES.get(value, value)) for value in values]

    by = text("by", "Cut by", "country, or a property as properties.plan", listed="columns")
    own = {
        "trends": [
            text("event", "What", _EVENT, listed="events"),
            choice("measure", "Count", named(list(trends.MEASURES)), "total"),
            text("of", "Numbers of the property", "for sum, avg and percentiles"), by,
            text("formula", "Formula", "A / B * 100"),
            text("series", "Series B to E, one a line", "signup | people\npaid | sum | price", lines=3),
        ],
        "funnels": [
            text("steps", "Steps, one a line", "signup\n? invite\n! refund\n/paid", lines=5),
            choice("order", "Order", named(funnel_attempts.ORDERS), "ordered"),
            choice("within", "Within", _WITHIN, "14d"), by,
            choice("touch", "Value of the", [("first", "first event"), ("last", "last event")], "first"),
        ],
        "journeys": [
            text("begin", "From", "anything", listed="events"), text("until", "To", "anything", listed="events"),
            choice("kind", "Over", _KINDS, "all"),
            choice("stations", "Stations", [(str(n), str(n)) for n in range(2, journeys.MOST_STATIONS + 1)],
                   str(journeys.STATIONS)),
        ],
        "cohorts": [
            text("begin", "Began with", _EVENT, listed="events"),
            text("again", "Came back for", "the same", listed="events"),
            choice("times", "Counts", _TIMES, "first"),
        ],
        "usage": [text("events", "Events of the feature, one a line", "search\n/results", lines=3)],
    }[tab]  # fmt: skip
    times = [choice("unit", "By", _UNITS), text("tz", "Time zone", "UTC"), choice("week_start", "Weeks begin", _WEEKS)]
    return [
        *own,
        *(times if tab not in ("funnels", "journeys") else []),
        text("only", "Only where", "country=DE|FR, properties.plan=team"),
    ]


def numbers_of(figure: Figure, *, most: int) -> tuple[list[tuple[str, bool]], list[list[tuple[object, bool]]]]:
    """A figure as a table: columns and its first rows, each beside whether it is a number, a share or a length among
    them; whole numbers as such, with their thousands apart."""
    rows = [[_whole(value) for value in row] for row in figure.rows[:most]]
    are_numbers = [all(_is_number(value) for value in column) for column in zip(*rows, strict=True)]
    columns = list(zip(figure.columns, are_numbers, strict=False))
    return columns, [list(zip(map(_apart, row), are_numbers, strict=True)) for row in rows]


def _is_number(value: object) -> bool:
    """Whether it stands to the right, below others of its kind."""
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and bool(_MEASURED.match(value)))


def _apart(value: object) -> object:
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 1000 else value


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def goal_fields(asked: Mapping[str, str]) -> list[Field]:
    """The form of a goal."""

    def text(name: str, label: str, hint: str = "") -> Field:
        return Field(name, label, asked.get(name, ""), hint)

    def choice(name: str, label: str, choices: Choices) -> Field:
        return Field(name, label, asked.get(name, ""), choices=choices)

    return [
        text("name", "Name", "Orders a week"), text("event", "What", _EVENT),
        choice("measure", "Count", Goal.Measure.choices), text("of", "Numbers of the property", "for sum and mean"),
        text("only", "Only where", "country=DE|FR, properties.plan=team"),
        choice("direction", "Shall be", Goal.Direction.choices), text("target", "Target", "100"),
        choice("per", "Each", Goal.Per.choices), text("zone", "Time zone", "UTC"),
    ]  # fmt: skip


_PARTS = {
    "event": ("Event", "$autocapture, or any"),
    "page": ("Page", "/pricing, /shop/*, shop.example/*"),
    "text": ("Text of what was clicked", "Buy now"),
    "selector": ("Selector of what was clicked", "form > button.primary, #buy, [data-plan=team]"),
    "only": ("Only where", "country=DE|FR, properties.plan=team"),
}


def match_fields(matches: Sequence[Mapping[str, str]], *, most: int) -> list[list[Field]]:
    """The fields of each match of an action, of empty ones up to `most`."""
    filled = [*matches[:most], *({} for _ in range(most - len(matches)))]
    return [
        [Field(f"{part}_{number}", label, one.get(part, ""), hint) for part, (label, hint) in _PARTS.items()]
        for number, one in enumerate(filled)
    ]


def posted_matches(posted: Mapping[str, str], *, most: int) -> list[dict[str, str]]:
    """The matches that a form was filled in with; empty ones too."""
    return [{part: posted.get(f"{part}_{number}", "") for part in _PARTS} for number in range(most)]
