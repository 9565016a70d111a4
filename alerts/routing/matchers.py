"""Which labels something is about: `team=web, environment!=dev, route=~"GET /a.*", region in (eu, us)`; pure.

A label that is not there is read as an empty one, and a pattern stands for the whole value, as in Alertmanager.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import re2

LONGEST, MOST = 1000, 20
_NAME = re2.compile(r"\s*([A-Za-z_][A-Za-z0-9_.\-]{0,199})\s*(=~|!~|!=|=|in\b)\s*")
_PLAIN = re2.compile(r'[^,()"=]+')
_QUOTED = re2.compile(r'"((?:[^"\\]|\\.)*)"')


class InvalidMatchers(ValueError):
    """What was typed names no labels; its text says why, for whoever typed it."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label."""

    name: str
    op: str
    values: tuple[str, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.name, "")
        match self.op:
            case "=" | "in":
                return found in self.values
            case "!=":
                return found not in self.values
            case "=~":
                return bool(_pattern(self.values[0]).fullmatch(found))
        return not _pattern(self.values[0]).fullmatch(found)

    def __str__(self) -> str:
        written = [_written(value) for value in self.values]
        return f"{self.name} in ({', '.join(written)})" if self.op == "in" else f"{self.name}{self.op}{written[0]}"


def match(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    """Whether all of them do; none match everything."""
    return all(one.matches(labels) for one in matchers)


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[Matcher, ...]:
    """The conditions that are written here. Raises InvalidMatchers."""
    if len(text) > LONGEST:
        raise InvalidMatchers(f"At most {LONGEST} characters.")
    found, rest = [], text.strip()
    while rest:
        head = _NAME.match(rest)
        if head is None:
            raise InvalidMatchers(f"{rest[:40]!r} is no name=value, name!=value, name=~pattern or name in (a, b).")
        name, op = head.group(1), head.group(2)
        values, rest = _values(rest[head.end() :], is_list=op == "in")
        found.append(_checked(Matcher(name, op, values)))
        rest = rest.lstrip()
        if rest and not rest.startswith(","):
            raise InvalidMatchers(f"A comma is missing before {rest[:40]!r}; quote values with commas, brackets or =.")
        rest = rest[1:].lstrip()
    if len(found) > MOST:
        raise InvalidMatchers(f"At most {MOST} conditions.")
    return tuple(found)


def written(matchers: tuple[Matcher, ...]) -> str:
    """The conditions as `read` takes them."""
    return ", ".join(map(str, matchers))


def of_pairs(pairs: Mapping[str, str]) -> tuple[Matcher, ...]:
    """Conditions that ask for these very values."""
    return tuple(Matcher(name, "=", (value,)) for name, value in pairs.items())


def _values(text: str, *, is_list: bool) -> tuple[tuple[str, ...], str]:
    if not is_list:
        value, rest = _value(text)
        return (value,), rest
    if not text.startswith("("):
        raise InvalidMatchers("`in` is followed by a list in brackets: region in (eu, us).")
    values, rest = [], text[1:]
    while True:
        value, rest = _value(rest.lstrip())
        values.append(value)
        rest = rest.lstrip()
        if rest.startswith(")"):
            return tuple(values), rest[1:]
        if not rest.startswith(","):
            raise InvalidMatchers("A list of values ends with a bracket: region in (eu, us).")
        rest = rest[1:]


def _value(text: str) -> tuple[str, str]:
    if quoted := _QUOTED.match(text):
        return quoted.group(1).replace('\\"', '"').replace("\\\\", "\\"), text[quoted.end() :]
    plain = _PLAIN.match(text)
    if plain is None:
        if text.startswith('"'):
            raise InvalidMatchers("A quotation mark is missing.")
        return "", text
    return plain.group(0).strip(), text[plain.end() :]


def _checked(matcher: Matcher) -> Matcher:
    if matcher.op in ("=~", "!~"):
        try:
            _pattern(matcher.values[0])
        except re2.error as error:
            raise InvalidMatchers(f"{matcher.values[0][:60]!r} is no pattern: {_said(error)}"[:200]) from None
    return matcher


def _said(error: re2.error) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(text, options)


def _written(value: str) -> str:
    if value and value == value.strip() and not set(value) & set(',()"=\\'):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
