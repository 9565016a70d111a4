"""What every kind of rule promises, and the words in which rules are judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from analytics.periods import Period
from analytics.questions.watched.metrics import Metric
from analytics.questions.watched.series import History
from analytics.questions.watched.shared import Shared
from events.issues.search import Search, SearchError, parse
from events.models import Project

# Whether a query can be read does not depend on the moment.
ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Verdict(StrEnum):
    """What one look says of one group. BETWEEN: no longer beyond the threshold, not yet back where recovery begins."""

    BREACH = "breach"
    BETWEEN = "between"
    CLEAR = "clear"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with what it rests on, in numbers and in words."""

    verdict: Verdict
    value: float | None = None
    threshold: float | None = None
    words: str = ""
    samples: int = 0


class InvalidRule(ValueError):
    """A field of a rule cannot be used; `reason` is for the person who typed it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind's form."""

    name: str
    label: str
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    longest: int = 40
    # A metric of the table, or none.
    is_metric: bool = False


class Kind(Protocol):
    """A module of `kinds`: a rule that judges a metric's history."""

    @property
    def TITLE(self) -> str:
        """What it is called."""

    @property
    def SAYS(self) -> str:
        """What it is for, in one sentence."""

    @property
    def FIELDS(self) -> Sequence[Field]:
        """What a person chooses, besides the metric and how it is cut."""

    def clean(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration to store, of FIELDS alone. Raises InvalidRule."""

    def needs(self, config: Mapping[str, Any]) -> timedelta:
        """How much history before a moment a judgement of it rests on."""

    def judge(self, config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
        """What the history up to `at` says. Pure: the same history gives the same judgement."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule that watches no metric of the rollups is to be judged by."""

    project: Project
    config: Mapping[str, Any]
    where: Mapping[str, Sequence[str]]
    group_by: Sequence[str]
    period: Period
    step: timedelta
    now: datetime
    # What was, and not only what is.
    is_past: bool = False
    # What is read by other rules, too.
    shared: Shared | None = None


class Source(Kind, Protocol):
    """A module of `kinds` that reads what it judges by itself."""

    @property
    def METRIC(self) -> Metric:
        """As which its values are spoken of; its name is the metric of its rules."""

    @property
    def IS_PROMPT(self) -> bool:
        """Whether it is known at once, so that it may be judged up to now."""

    @property
    def GONE(self) -> Judged:
        """What it says of a group that is not there any more."""

    def check(self, config: Mapping[str, Any], where: Mapping[str, Sequence[str]], group_by: Sequence[str]) -> None:
        """Raises InvalidRule where it cannot be cut so."""

    def names(self, group_by: Sequence[str]) -> tuple[str, ...]:
        """The names of its groups' labels."""

    def read(self, asked: Asked) -> list[History]:
        """The history of each group, the most important first."""

    def says(self, config: Mapping[str, Any]) -> str:
        """What a rule watches, in words."""


def number(given: Mapping[str, Any], name: str, *, least: float | None = None, most: float | None = None) -> float:
    """The finite number in a field. Raises InvalidRule."""
    try:
        value = float(str(given.get(name, "")).strip())
    except ValueError:
        raise InvalidRule(name, "This is not a number.") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise InvalidRule(name, "This is not a number.")
    if least is not None and value < least:
        raise InvalidRule(name, f"At least {least:g}.")
    if most is not None and value > most:
        raise InvalidRule(name, f"At most {most:g}.")
    return value


def optional_number(given: Mapping[str, Any], name: str) -> float | None:
    """The number in a field that may be left empty. Raises InvalidRule."""
    return number(given, name) if str(given.get(name) if given.get(name) is not None else "").strip() else None


def minutes(given: Mapping[str, Any], name: str, *, least: int = 1, most: int = 7 * 1440) -> int:
    """Whole minutes. Raises InvalidRule."""
    value = number(given, name, least=least, most=most)
    if value != int(value):
        raise InvalidRule(name, "Whole minutes.")
    return int(value)


def whole(given: Mapping[str, Any], name: str, *, least: int = 1, most: int = 1_000_000_000) -> int:
    """A whole number. Raises InvalidRule."""
    value = number(given, name, least=least, most=most)
    if value != int(value):
        raise InvalidRule(name, "A whole number.")
    return int(value)


def query(given: Mapping[str, Any], name: str) -> str:
    """What the search grammar takes, as it was typed. Raises InvalidRule that says what is wrong, and where."""
    text = str(given.get(name) or "").strip()
    try:
        parse(text, now=ANY_MOMENT)
    except SearchError as error:
        raise InvalidRule(name, f"{error.message} (at character {error.position + 1})") from None
    return text


def event(given: Mapping[str, Any], name: str) -> str:
    """The name of an event, or what stands for one. Raises InvalidRule."""
    text = str(given.get(name) or "").strip()
    if not text:
        raise InvalidRule(name, "Say which.")
    return text[:200]


def search(config: Mapping[str, Any], name: str, *, now: datetime) -> Search:
    """What a stored query looks for."""
    return parse(config[name], now=now)


def cut(allowed: Sequence[str], where: Iterable[str], group_by: Iterable[str], what: str) -> None:
    """Raises InvalidRule for a name that is not allowed."""
    for field, names in (("where", where), ("group_by", group_by)):
        for name in names:
            if name not in allowed:
                raise InvalidRule(field, f"{what} cannot be cut by {name!r}: {', '.join(allowed)}.")


def choice(given: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    """One of `allowed`. Raises InvalidRule."""
    value = str(given.get(name, "")).strip()
    if value not in allowed:
        raise InvalidRule(name, f"One of: {', '.join(allowed)}.")
    return value


def said(value: float | None, unit: str) -> str:
    """A value with its unit, as people read it."""
    if value is None:
        return "no data"
    text = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
    return f"{text} {unit}".strip() if unit != "%" else f"{text} %"


def span(length: timedelta | int) -> str:
    """A length of time in the largest unit that fits: 5 min, 2 h, 1 d."""
    total = length if isinstance(length, int) else int(length / timedelta(minutes=1))
    for size, name in ((1440, "d"), (60, "h")):
        if total >= size and total % size == 0:
            return f"{total // size} {name}"
    return f"{total} min"
