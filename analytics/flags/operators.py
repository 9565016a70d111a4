"""What a filter says of one property: each operator of PostHog's, as its SDKs evaluate it by themselves.

A filter is compiled once, when a definition is read. One that cannot be understood matches nobody, the negations too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import re2

# Of a value that is there; `now` is what relative dates count from.
Check = Callable[[Any, datetime], bool]

TEXTS = ("icontains", "not_icontains", "starts_with", "not_starts_with", "ends_with", "not_ends_with")
NUMBERS = ("gt", "gte", "lt", "lte")
DATES = ("is_date_before", "is_date_after")
VERSIONS = ("semver_eq", "semver_neq", "semver_gt", "semver_gte", "semver_lt", "semver_lte")
RANGES = ("semver_tilde", "semver_caret", "semver_wildcard")
OPERATORS = (
    "exact", "is_not", "is_set", "is_not_set", *TEXTS, "regex", "not_regex", *NUMBERS, *DATES, *VERSIONS, *RANGES,
)  # fmt: skip
# What is true of a property that is not there: a thing that is missing is no thing that it could be.
TRUE_OF_MISSING = frozenset({"is_not", "is_not_set", "not_icontains", "not_starts_with", "not_ends_with", "not_regex"})
# Operators that compare in an order: what they return for less than, equal, greater than.
_ORDER: Mapping[str, tuple[bool, bool, bool]] = {
    "gt": (False, False, True), "gte": (False, True, True), "lt": (True, False, False), "lte": (True, True, False),
    "eq": (False, True, False), "neq": (True, False, True),
}  # fmt: skip
_LONGEST_RELATIVE = 10_000
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_PATTERN = re2.Options()
_PATTERN.log_errors = False
_PATTERN.max_mem = 1 << 20


class InvalidFilter(ValueError):
    """The filter cannot be understood."""


def compiled(operator: str, wanted: Any) -> Check:
    """The check of one property. Raises InvalidFilter."""
    if operator in ("is_set", "is_not_set"):
        return _constant(operator == "is_set")
    if operator in ("exact", "is_not"):
        return _negated(_exact(wanted), operator == "is_not")
    if operator in TEXTS:
        return _negated(_text(operator.removeprefix("not_"), wanted), operator.startswith("not_"))
    if operator in ("regex", "not_regex"):
        return _negated(_regex(wanted), operator == "not_regex")
    if operator in NUMBERS:
        return _number(operator, wanted)
    if operator in DATES:
        return _date(operator, wanted)
    if operator in VERSIONS or operator in RANGES:
        return _version(operator, wanted)
    raise InvalidFilter(f"there is no operator {operator!r}")


def _constant(answer: bool) -> Check:
    return lambda value, now: answer


def _negated(check: Check, is_negated: bool) -> Check:
    return (lambda value, now: not check(value, now)) if is_negated else check


# --- texts ------------------------------------------------------------------------------------------------------------


def text_of(value: Any) -> str:
    """The value as its JSON is written; a text as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _text_of_float(value)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        return ""


def _text_of_float(value: float) -> str:
    written = repr(value)
    if "e" not in written:
        return written
    mantissa, _, exponent = written.partition("e")
    power = int(exponent)
    return format(Decimal(written), "f") if -6 < power < 0 else f"{mantissa}e{'+' if power >= 0 else ''}{power}"


def _exact(wanted: Any) -> Check:
    if wanted == []:
        return lambda value, now: _truth(value)
    if _is_boolean(wanted):
        truth = _truth(wanted)
        return lambda value, now: _truth(value) == truth
    texts = frozenset(text_of(one).lower() for one in (wanted if isinstance(wanted, list) else [wanted]))
    return lambda value, now: text_of(value).lower() in texts


def _is_boolean(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_boolean, value))
    return isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))


def _truth(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_truth, value))
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _text(operator: str, wanted: Any) -> Check:
    part = text_of(wanted).translate(_LOWER)
    match operator:
        case "icontains":
            return lambda value, now: part in text_of(value).translate(_LOWER)
        case "starts_with":
            return lambda value, now: text_of(value).translate(_LOWER).startswith(part)
        case _:
            return lambda value, now: text_of(value).translate(_LOWER).endswith(part)


def _regex(wanted: Any) -> Check:
    try:
        pattern = re2.compile(text_of(wanted), _PATTERN)
    except re2.error as error:
        raise InvalidFilter("the pattern cannot be read, or needs what takes more than linear time") from error
    return lambda value, now: pattern.search(text_of(value)) is not None


# --- numbers, dates, versions -----------------------------------------------------------------------------------------


def number_of(value: Any) -> float | None:
    """A JSON number, or a plain decimal in a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and not (value.isascii() and value.strip() == value and "_" not in value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _ordered(operator: str, left: Any, right: Any) -> bool:
    return _ORDER[operator][(left > right) - (left < right) + 1]


def _number(operator: str, wanted: Any) -> Check:
    limit = number_of(wanted)
    if limit is None:
        raise InvalidFilter("the value is no number")

    def check(value: Any, now: datetime) -> bool:
        number = number_of(value)
        return number is not None and _ordered(operator, number, limit)

    return check


def _date(operator: str, wanted: Any) -> Check:
    text = text_of(wanted)
    if _relative(text, datetime(2026, 1, 1, tzinfo=UTC)) is None and moment_of(text) is None:
        raise InvalidFilter("the value is no date; write 2026-01-31, or -7d for seven days ago")
    is_before = operator == "is_date_before"

    def check(value: Any, now: datetime) -> bool:
        moment, limit = moment_of(value), _relative(text, now) or moment_of(text)
        return moment is not None and limit is not None and (moment < limit if is_before else moment > limit)

    return check


def moment_of(value: Any) -> datetime | None:
    """A date or moment of ISO 8601, in UTC where it names no zone."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    text = f"{text[:-4]}+00:00" if text.upper().endswith(" UTC") else text
    head, space, zone = text.rpartition(" ")
    if space and len(zone) == 6 and zone[0] in "+-":
        text = head + zone
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _relative(text: str, now: datetime) -> datetime | None:
    """`-7d`, `3h`: so long before now; months and years by the calendar, a step at a time."""
    digits, unit = text.removeprefix("-")[:-1], text[-1:]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 5 or int(digits) >= _LONGEST_RELATIVE:
        return None
    count = int(digits)
    if unit in _UNITS:
        try:
            return now - count * _UNITS[unit]
        except OverflowError:
            return None
    if unit not in ("m", "y"):
        return None
    month = now.year * 12 + now.month - 1 - (count if unit == "m" else 12 * count)
    if not 12 <= month < 12 * 10_000:
        return None
    return now.replace(year=month // 12, month=month % 12 + 1, day=_day(now, count, by_year=unit == "y"))


def _day(now: datetime, count: int, *, by_year: bool) -> int:
    """The day of the month after so many steps back, each of which may fall into a shorter month."""
    day, index = now.day, now.year * 12 + now.month - 1
    for _ in range(min(count, 48)):
        if day <= 28:
            break
        index -= 12 if by_year else 1
        year, month = index // 12, index % 12 + 1
        following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        day = min(day, (following - timedelta(days=1)).day)
    return day


Version = tuple[int, int, int]


def version_of(value: Any) -> Version | None:
    """Major, minor and patch; what is missing is 0, a leading v and what follows `-` or `+` do not count."""
    text = text_of(value).strip().lstrip("vV").partition("-")[0].partition("+")[0]
    parts = text.split(".")
    if not parts[0]:
        return None
    numbers = [_part(part) for part in (*parts[:3], "", "")[:3]]
    return None if None in numbers else (numbers[0] or 0, numbers[1] or 0, numbers[2] or 0)


def _part(text: str) -> int | None:
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _version(operator: str, wanted: Any) -> Check:
    if operator in RANGES:
        low, high = _range(operator, wanted)
        return lambda value, now: (version := version_of(value)) is not None and low <= version < high
    limit = version_of(wanted)
    if limit is None:
        raise InvalidFilter("the value is no version; write 1.2.3")
    kind = operator.removeprefix("semver_")
    return lambda value, now: (version := version_of(value)) is not None and _ordered(kind, version, limit)


def _range(operator: str, wanted: Any) -> tuple[Version, Version]:
    text = text_of(wanted)
    if operator == "semver_wildcard":
        text = text.replace("*", "").strip().rstrip(".")
    version = version_of(text)
    if version is None:
        raise InvalidFilter("the value is no version; write 1.2.3, or 1.2.* for a wildcard")
    major, minor, patch = version
    named = min(3, text.count(".") + 1)
    if operator == "semver_caret":
        named = 1 if major else 2 if minor else 3
    elif operator == "semver_tilde":
        named = 2
    return version, ((major + 1, 0, 0), (major, minor + 1, 0), (major, minor, patch + 1))[named - 1]
