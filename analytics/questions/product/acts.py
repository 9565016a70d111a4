"""What product questions count: the events of people, which of them are meant, and what they are cut by. As SQL over
`events e`, with what to bind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.periods import Period
from analytics.questions.product.visits import NONE, PAGE_VIEW

# What events are filtered and cut by, beside `properties.<name>`.
COLUMNS = (
    "event", "path", "host", "source", "channel", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term",
    "utm_content", "country", "device", "browser", "release", "environment", "sdk",
)  # fmt: skip
PROPERTY = "properties."
EVERY = "*"
OTHER = "(other)"
_BIGGEST = 1.7976931348623157e308
_DECIMAL = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"


class BadQuestion(ValueError):
    """What was asked makes no sense; the message is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events of people are asked about; `where` is (column or property) -> the values that are let through."""

    period: Period
    environment: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    with_bots: bool = False


def who(alias: str = "e") -> str:
    """Who did an event: a person where facts are read with persons, else a visitor."""
    return f"{alias}.visitor"


def us(alias: str = "e") -> str:
    """Its moment in microseconds since 1970: whole numbers, which windows and buckets reckon with."""
    return f'epoch_us({alias}."at")'


def meant(name: str, text: str, bound: dict[str, Any]) -> str:
    """Holds of the events that `text` means: views of the page where it is a path, all of them where it is EVERY, else
    events of that name."""
    if text == EVERY:
        return "true"
    bound[name] = text
    if not text.startswith("/"):
        return f"coalesce(e.event = ${name}, false)"
    bound["page_view"] = PAGE_VIEW
    return f"coalesce(e.event = $page_view AND e.path = ${name}, false)"


def counted(scope: Scope, bound: dict[str, Any], *, in_period: bool = True) -> str:
    """Holds of the events that a scope lets through. Raises BadQuestion for what events are not filtered by."""
    terms = [f"{who()} IS NOT NULL"]
    if not scope.with_bots:
        terms.append("NOT coalesce(e.is_bot, false)")
    if in_period:
        bound["start"], bound["end"] = scope.period
        terms.append('e."at" >= $start AND e."at" < $end')
    if scope.environment:
        bound["environment"] = scope.environment
        terms.append("e.environment = $environment")
    for number, (name, values) in enumerate(sorted(scope.where.items())):
        bound[f"only_{number}"] = list(values)
        terms.append(f"coalesce({cut(name, f'only_{number}_of', bound)}, '{NONE}') IN $only_{number}")
    return " AND ".join(terms)


def cut(by: str, name: str, bound: dict[str, Any]) -> str:
    """The text that events are cut by, NULL for none; 2.0 is 2. Raises BadQuestion."""
    if by in COLUMNS:
        return f"nullif(e.{by}, '')"
    if not by.startswith(PROPERTY) or by == PROPERTY:
        raise BadQuestion(f"Events cannot be cut by {by[:60]!r}; name a property as properties.plan.")
    bound[name] = by.removeprefix(PROPERTY)
    return f"nullif(regexp_replace(e.properties[${name}], '^(-?[0-9]+)\\.0$', '\\1'), '')"


def number(of: str, bound: dict[str, Any], *, name: str = "number_of") -> str:
    """The value of a property as a number, NULL where it is none: a decimal in ASCII, with an exponent or without."""
    bound[name], bound["decimal"] = of.removeprefix(PROPERTY), _DECIMAL
    value = f"e.properties[${name}]"
    read = f"try_cast(trim({value}) AS DOUBLE)"
    return f"CASE WHEN regexp_matches({value}, $decimal) AND abs({read}) <= {_BIGGEST} THEN {read} END"


def folded(table: str, *, by: str, order: str, most: int, is_given: bool = False) -> str:
    """The table `folded`, of a table with a column `cut`: its `most` largest values by the aggregate `order` have a
    `line` from 1 on, all others together are line 0; `different` is how many values there are. Cut by nothing, all is
    one line. Where `is_given`, the values are those of `$shown`, in their order, and `different` is not known."""
    if not by:
        return f"folded AS (SELECT *, 1 AS line, 1 AS different FROM {table})"
    if is_given:
        line = "coalesce(list_position(CAST(list_value $shown AS VARCHAR[]), cut), 0)"
        return f"folded AS (SELECT *, {line} AS line, 0 AS different FROM {table})"
    return f"""
        summed AS (SELECT cut, {order} AS weight FROM {table} GROUP BY cut),
        ranked AS (
            SELECT cut, count(*) OVER () AS different,
                   row_number() OVER (ORDER BY weight DESC NULLS LAST, cut) AS line FROM summed
        ), folded AS (
            SELECT t.*, r.different, CASE WHEN r.line <= {most} THEN r.line ELSE 0 END AS line
            FROM {table} t JOIN ranked r ON r.cut = t.cut
        )"""
