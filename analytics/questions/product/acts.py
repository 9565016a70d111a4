"""What product questions count: the events of people, which of them are meant, and what they are cut by. As SQL over
`events e`, with what to bind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import re2

from analytics.periods import Period
from analytics.questions.product import elements
from analytics.questions.product.elements import BadSelector
from analytics.questions.product.visits import NONE, PAGE_VIEW

# What events are filtered and cut by, beside `properties.<name>`.
COLUMNS = (
    "event", "path", "host", "source", "channel", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term",
    "utm_content", "country", "device", "browser", "release", "environment", "sdk",
)  # fmt: skip
PROPERTY = "properties."
EVERY = "*"
ACTION = "action:"
OTHER = "(other)"
_BIGGEST = 1.7976931348623157e308
_DECIMAL = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"


class BadQuestion(ValueError):
    """What was asked makes no sense; the message is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Match:
    """Conditions of an action, which all hold; an empty one is none. `page` is a path, or a host with a path, `*` in it
    stands for anything; `text` and `selector` are of the element that was clicked, or one around it."""

    event: str = ""
    page: str = ""
    text: str = ""
    selector: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)


Actions = Mapping[str, Sequence[Match]]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events of people are asked about; `where` is (column or property) -> the values that are let through,
    `actions` are those that the question may name."""

    period: Period
    environment: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    with_bots: bool = False
    actions: Actions = field(default_factory=dict)


def conditions(text: str) -> dict[str, list[str]]:
    """What a scope lets through, of `country=DE|FR, properties.plan=team`. Raises BadQuestion."""
    where: dict[str, list[str]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, values = part.partition("=")
        if not equals:
            raise BadQuestion(f"{part[:60]!r} lets nothing through; write country=DE|FR, properties.plan=team.")
        where[name.strip()] = [value.strip() for value in values.split("|")]
    return where


def who(alias: str = "e") -> str:
    """Who did an event: a person where facts are read with persons, else a visitor."""
    return f"{alias}.visitor"


def us(alias: str = "e") -> str:
    """Its moment in microseconds since 1970: whole numbers, which windows and buckets reckon with."""
    return f'epoch_us({alias}."at")'


def meant(name: str, text: str, bound: dict[str, Any], actions: Actions | None = None) -> str:
    """Holds of the events that `text` means: views of the page where it is a path, all of them where it is EVERY, what
    an action is where it names one, else events of that name. Raises BadQuestion for an action that there is not."""
    if text == EVERY:
        return "true"
    if text.startswith(ACTION):
        matches = (actions or {}).get(text.removeprefix(ACTION).strip())
        if matches is None:
            raise BadQuestion(f"There is no action {text.removeprefix(ACTION).strip()[:60]!r}.")
        return f"({' OR '.join(_matched(f'{name}_{n}', match, bound) for n, match in enumerate(matches))})"
    bound[name] = text
    if not text.startswith("/"):
        return f"coalesce(e.event = ${name}, false)"
    bound["page_view"] = PAGE_VIEW
    return f"coalesce(e.event = $page_view AND e.path = ${name}, false)"


def meant_alone(name: str, text: str, bound: dict[str, Any], actions: Actions | None = None) -> str:
    """The same as a condition of rows, where what is not known is left out anyway: so the engine looks for a name in
    the dictionaries of files, and not in rows."""
    if text == EVERY or text.startswith(("/", ACTION)):
        return meant(name, text, bound, actions)
    bound[name] = text
    return f"e.event = ${name}"


def _matched(name: str, match: Match, bound: dict[str, Any]) -> str:
    """Holds of the events that fulfil all conditions of a match."""
    terms = [f"coalesce({cut(column, f'{name}_of_{n}', bound)}, '{NONE}') IN ${name}_only_{n}"
             for n, column in enumerate(sorted(match.where))]  # fmt: skip
    bound.update({f"{name}_only_{n}": list(match.where[column]) for n, column in enumerate(sorted(match.where))})
    if match.event:
        bound[f"{name}_event"] = match.event
        terms.append(f"e.event = ${name}_event")
    if match.page:
        bound[f"{name}_page"] = ".*".join(re2.escape(part) for part in match.page.split("*"))
        place = "e.path" if match.page.startswith(("/", "*")) else "concat(e.host, e.path)"
        terms.append(f"regexp_full_match({place}, ${name}_page)")
    if match.text:
        bound |= {f"{name}_said": "$el_text", f"{name}_chain": elements.CHAIN, f"{name}_text": match.text}
        bound[f"{name}_with"] = elements.with_text(match.text)
        within = f"regexp_matches(e.properties[${name}_chain], ${name}_with)"
        terms.append(f"(coalesce(e.properties[${name}_said] = ${name}_text, false) OR coalesce({within}, false))")
    if match.selector:
        try:
            terms.append(elements.holds(f"{name}_in", match.selector, bound))
        except BadSelector as error:
            raise BadQuestion(f"The selector cannot be read. {error}") from None
    return f"coalesce({' AND '.join(terms) or 'false'}, false)"


def counted(scope: Scope, bound: dict[str, Any], *, in_period: bool = True) -> str:
    """Holds of the events that a scope lets through. Raises BadQuestion for what events are not filtered by."""
    terms = [f"{who()} IS NOT NULL"]
    if not scope.with_bots:
        terms.append("NOT coalesce(e.is_bot, false)")
    if in_period:
        bound["start"], bound["end"] = scope.period
        terms.append('e."at" >= $start AND e."at" < $end')
    return " AND ".join([*terms, *said(scope, bound)])


def said(scope: Scope, bound: dict[str, Any]) -> Iterator[str]:
    """What holds of the environment and the values that a scope lets through."""
    if scope.environment:
        bound["environment"] = scope.environment
        yield "e.environment = $environment"
    for number, (name, values) in enumerate(sorted(scope.where.items())):
        bound[f"only_{number}"] = list(values)
        yield f"coalesce({cut(name, f'only_{number}_of', bound)}, '{NONE}') IN $only_{number}"


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
