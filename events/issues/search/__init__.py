"""The search grammar of the issue list: text in, frozen terms out, all of which must hold.

`parse` knows nothing of tables; whoever filters gets times as half-open UTC periods, counts as closed ranges, and
values split at their wildcards. `str(search)` is a query that parses to the same search."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from events.issues.search.terms import (
    COUNTS,
    FIELDS,
    LEVELS,
    MATCHES,
    PRIORITIES,
    STATES,
    TICK,
    TIMES,
    Count,
    Has,
    Match,
    Period,
    Search,
    State,
    Term,
    Text,
    Value,
    canonical,
    is_marked,
    is_plain,
    unescaped,
)

__all__ = ["COUNTS", "FIELDS", "LEVELS", "MATCHES", "PRIORITIES", "STATES", "TIMES", "Count", "Has", "Match", "Period",
           "Search", "SearchError", "State", "Term", "Text", "Value", "parse"]  # fmt: skip

LONGEST = 2000  # characters of a query
TERMS = 50
VALUES = 50  # of one list
WILDCARDS = 10  # of one value
FARTHEST = timedelta(days=3660)  # of a relative time

_STATE_ALIASES = {"archived": "ignored", "muted": "ignored", "review": "for_review"}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_OPERATORS = (">=", "<=", ">", "<")


class SearchError(ValueError):
    """What is wrong with a query, for the person who wrote it, and where (a character offset)."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message, self.position = message, position


def parse(query: str, *, now: datetime) -> Search:
    """The search that a query asks for; relative times count from `now`. Raises `SearchError`, nothing else."""
    if len(query) > LONGEST:
        raise SearchError(f"A search has at most {LONGEST} characters.", LONGEST)
    scanner = _Scanner(query)
    terms: list[Term] = []
    while scanner.skip_spaces():
        term = _term(scanner, now=now)
        if len(terms) >= TERMS:
            raise SearchError(f"A search has at most {TERMS} terms.", scanner.at)
        if term:
            terms.append(term)
    return Search(tuple(terms))


class _Scanner:
    """A position in the query, and what can be read from there."""

    def __init__(self, query: str) -> None:
        self.query, self.at = query, 0

    def peek(self, ahead: int = 0) -> str:
        return self.query[self.at + ahead : self.at + ahead + 1]

    def skip_spaces(self) -> bool:
        """Moves to the next word; False at the end."""
        while self.peek().isspace():
            self.at += 1
        return self.at < len(self.query)

    def take_key(self) -> str:
        """`name:`, `tags[name]:` or `"name":` when that is what comes, leaving the scanner behind the colon; else "".

        A name that only a tag can have (`{name}`, `@name`, `$name`, or any in quotes) is returned as `tags[name]`."""
        end = self.at
        if found := self._take_tag():
            return found
        if self.query.startswith("tags[", self.at):
            end = self.query.find("]", self.at) + 1
            name = self.query[self.at + 5 : end - 1]
            if not end or not name or " " in name or not name.isprintable():
                return ""
        else:
            while self.query[end : end + 1].isalnum() or self.query[end : end + 1] in ("_", ".", "-"):
                end += 1
        key = self.query[self.at : end]
        after = self.query[end + 1 : end + 3]
        # `https://…`, `std::vector` and `TypeError: …` are text, not a key with a value.
        is_text = after.startswith((":", "//")) or (not after[:1].strip() and canonical(key) not in FIELDS)
        if not key or self.query[end : end + 1] != ":" or is_text:
            return ""
        self.at = end + 1
        return key

    def _take_tag(self) -> str:
        """`tags[name]` for a quoted name or one of an unusual beginning that a colon and a value follow; else ""."""
        if self.peek() == '"':
            end = self.at + 1
            while end < len(self.query) and self.query[end] != '"':
                end += 2 if self.query[end] == "\\" else 1
            name, end = unescaped(self.query[self.at + 1 : end]), end + 1
        else:
            end = self.at
            while end < len(self.query) and (self.query[end].isalnum() or self.query[end] in "_.-{}@$"):
                end += 1
            name = self.query[self.at : end]
            if not is_marked(name):
                return ""
        after = self.query[end : end + 2]
        if not name or not name.isprintable() or after[:1] != ":" or not after[1:].strip() or after == "::":
            return ""
        if self.query.startswith("//", end + 1):
            return ""
        self.at = end + 1
        return f"tags[{name}]"

    def take_value(self, *, stops: str = "") -> str:
        """A quoted or bare value, escapes kept; a bare one ends at a space or one of `stops`."""
        if self.peek() == '"':
            return self._take_quoted()
        begun = self.at
        while self.at < len(self.query) and not self.peek().isspace() and self.peek() not in stops:
            self.at += 2 if self.peek() == "\\" and self.peek(1) in ("\\", "*", '"') else 1
        return self.query[begun : self.at]

    def _take_quoted(self) -> str:
        begun = self.at
        self.at += 1
        while self.peek() != '"':
            self.at += 2 if self.peek() == "\\" else 1
            if self.at >= len(self.query):
                raise SearchError('This quote is not closed: add a ".', begun)
        self.at += 1
        return self.query[begun + 1 : self.at - 1]

    def take_values(self) -> list[tuple[str, int]]:
        """One value, or those of a `[list, of, them]`, each with its position."""
        if self.peek() != "[":
            begun = self.at
            return [(self.take_value(), begun)]
        begun, found = self.at, []
        while True:
            self.at += 1
            self.skip_spaces()
            position = self.at
            found.append((self.take_value(stops=",]"), position))
            self.skip_spaces()
            if len(found) > VALUES:
                raise SearchError(f"A list has at most {VALUES} values.", begun)
            if self.peek() == "]":
                self.at += 1
                return found
            if self.peek() != ",":
                raise SearchError("This list is not closed: write [one, two].", begun)


def _term(scanner: _Scanner, *, now: datetime) -> Term | None:
    begun = scanner.at
    negated = scanner.peek() == "!" and scanner.peek(1).strip() != ""
    scanner.at += negated
    key = scanner.take_key()
    if not key:
        is_quoted, at = scanner.peek() == '"', scanner.at
        raw = scanner.take_value()
        if raw == "OR" and not is_quoted:
            raise SearchError(
                "OR is not known here: terms must all hold; write a list instead, level:[error, fatal].", at
            )
        if raw == "AND" and not is_quoted:
            return None
        return Text(_value(raw, at), negated) if raw else None
    values = scanner.take_values()
    if values[0][0] == "" and scanner.query[scanner.at - 1 : scanner.at] == ":":
        raise SearchError(f"{key}: needs a value right after the colon{_example(canonical(key))}.", begun)
    if key.startswith("tags["):
        return Match(key[5:-1], tuple(_value(*value) for value in values), is_tag=True, negated=negated)
    field = canonical(key)
    if field in TIMES or field in COUNTS:
        if len(values) > 1:
            raise SearchError(f"{field}: takes one value or a range such as {_RANGES[field in TIMES]}.", begun)
        read: Callable[..., Period | Count] = _period if field in TIMES else _count
        return read(field, *values[0], negated=negated, now=now)
    if field == "is":
        return State(tuple(_one_of(value, STATES, "is", _STATE_ALIASES) for value in values), negated)
    if field == "has":
        return _has(values, is_quoted=scanner.query[values[0][1] : values[0][1] + 1] == '"', negated=negated)
    if field == "level":
        aliases = {"critical": "fatal", "warn": "warning", "log": "info"}
        return Match(
            field, tuple(Value((_one_of(value, LEVELS, "level", aliases),)) for value in values), negated=negated
        )
    if field == "priority":
        chosen = tuple(Value((_one_of(value, PRIORITIES, "priority", {}),)) for value in values)
        return Match(field, chosen, negated=negated)
    matched = tuple(_value(*value) for value in values)
    return Match(field, matched, is_tag=field not in MATCHES, negated=negated)


def _value(raw: str, position: int) -> Value:
    """The parts between unescaped `*`."""
    parts, at = [""], 0
    while at < len(raw):
        if raw[at] == "\\" and raw[at + 1 : at + 2] in ("\\", "*", '"'):
            parts[-1] += raw[at + 1]
            at += 1
        elif raw[at] != "*":
            parts[-1] += raw[at]
        elif len(parts) == 1 or parts[-1]:
            parts.append("")
        at += 1
    if len(parts) > WILDCARDS + 1:
        raise SearchError(f"A value has at most {WILDCARDS} wildcards.", position)
    return Value(tuple(parts))


def _one_of(value: tuple[str, int], allowed: tuple[str, ...], key: str, aliases: dict[str, str]) -> str:
    name = value[0].lower()
    name = aliases.get(name, name)
    if name not in allowed:
        raise SearchError(f'{key}: cannot be "{value[0][:50]}". It is one of {", ".join(allowed)}.', value[1])
    return name


def _has(values: list[tuple[str, int]], *, is_quoted: bool, negated: bool) -> Has:
    name, position = values[0]
    if len(values) == 1 and name and (is_marked(name) or (is_quoted and not is_plain(name))):
        return Has(unescaped(name), is_tag=True, negated=negated)
    in_tags = name.startswith("tags[") and name.find("]") == len(name) - 1 and len(name) > 6 and name.isprintable()
    if len(values) > 1 or not (is_plain(name) or (in_tags and " " not in name)):
        raise SearchError("has: takes the name of one tag or field, as in has:user or has:browser.name.", position)
    if in_tags:
        return Has(name[5:-1], is_tag=True, negated=negated)
    field = canonical(name)
    return Has(field, is_tag=field not in MATCHES, negated=negated)


_RANGES = ("10..20", "2024-01-01..2024-02-01")


def _count(field: str, raw: str, position: int, *, negated: bool, now: datetime) -> Count:
    del now
    low, high = raw, raw
    if ".." in raw:
        low, _, high = raw.partition("..")
        return Count(field, _number(field, low, position), _number(field, high, position), negated)
    operator = next((sign for sign in _OPERATORS if raw.startswith(sign)), "")
    number = _number(field, raw[len(operator) :], position)
    if operator.startswith(">"):
        return Count(field, at_least=number + (operator == ">"), negated=negated)
    if operator.startswith("<"):
        return Count(field, at_most=number - (operator == "<"), negated=negated)
    return Count(field, number, number, negated)


def _number(field: str, raw: str, position: int) -> int:
    plain = raw.removeprefix("-")
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 15):
        raise SearchError(f"{field}: needs a number, as in {field}:100, {field}:>100 or {field}:10..20.", position)
    return int(raw)


def _period(field: str, raw: str, position: int, *, negated: bool, now: datetime) -> Period:
    """`-24h` is within the last 24 hours, `+7d` longer ago than 7 days; a date stands for its whole day."""
    try:
        if ".." in raw:
            first, _, last = raw.partition("..")
            return Period(field, _span(first)[0], _span(last)[1], negated)
        if raw[:1] in ("-", "+"):
            moment = now.astimezone(UTC) - _duration(raw[1:])
            return Period(field, since=moment, negated=negated) if raw[0] == "-" else Period(
                field, until=moment, negated=negated
            )  # fmt: skip
        operator = next((sign for sign in _OPERATORS if raw.startswith(sign)), "")
        start, end = _span(raw[len(operator) :])
    except (ValueError, OverflowError):
        raise SearchError(
            f"{field}: needs a time, as in {field}:-24h (within), {field}:+7d (before), {field}:>2024-01-01, "
            f"{field}:2024-01-01..2024-02-01 or {field}:>=2024-01-01T10:00:00Z.",
            position,
        ) from None
    since = {">": end, ">=": start, "": start}.get(operator)
    until = {"<": start, "<=": end, "": end}.get(operator)
    return Period(field, since, until, negated)


def _span(raw: str) -> tuple[datetime, datetime]:
    """The first moment of a date or time, and the first one after it."""
    if not raw.isascii() or len(raw) > 40:
        raise ValueError(raw)
    moment = datetime.fromisoformat(raw)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not 1970 <= moment.year <= 9000:
        raise ValueError(raw)
    is_date = len(raw) <= 10 and "T" not in raw and ":" not in raw
    return moment, moment + (timedelta(days=1) if is_date else TICK)


def _duration(raw: str) -> timedelta:
    if not (raw[:-1].isascii() and raw[:-1].isdecimal() and len(raw) < 12 and raw[-1:] in _UNITS):
        raise ValueError(raw)
    duration = timedelta(seconds=int(raw[:-1]) * _UNITS[raw[-1]])
    if duration > FARTHEST:
        raise ValueError(raw)
    return duration


def _example(field: str) -> str:
    examples = {
        "is": "is:unresolved", "has": "has:user", "level": "level:error", "priority": "priority:high",
        "assigned": "assigned:me", "firstSeen": "firstSeen:-24h", "lastSeen": "lastSeen:-24h",
        "timesSeen": "timesSeen:>100", "users": "users:>=5", "release": "release:latest", "bookmarks": "bookmarks:me",
    }  # fmt: skip
    return f", as in {examples[field]}" if field in examples else ""
