"""Messages whose values came apart from them, filled in as the SDK's own language would have done."""

from __future__ import annotations

from typing import Any

import re2

from events.protocols.fields.texts import BEYOND
from events.values import lenient

LONGEST = 8192
# Python's and C's conversions, PHP's numbered ones, Ruby's named ones.
_PERCENT = re2.compile(
    r"%%|%(?:\((?P<name>[\w.\-]{1,100})\)|(?P<number>\d{1,3})\$)?(?P<spec>[#0\-+]{0,4}(?:\d{1,2})?(?:\.\d{1,2})?)"
    r"(?:hh?|ll?|[qjztL])?(?P<kind>[sdifFeEgGxXorcupvTqta@])|%\{(?P<braced>[\w.\-]{1,100})\}"
    r"|%<(?P<angled>[\w.\-]{1,100})>(?P<width>[0#\-+]{0,4}(?:\d{1,2})?(?:\.\d{1,2})?)(?P<sort>[sdifFeEgGxXorcup])"
)
# str.format, .NET, java.text and slf4j: by order, by number or by name.
_BRACES = re2.compile(r"\{\{|\}\}|\{(?P<name>[@$]?[\w.\-]{0,100})(?:![rsa])?(?:[,:][^{}]{0,40})?\}")
_NUMBERS = frozenset("fFeEgGxXo")


def filled(template: str, params: Any) -> str:
    """The template with its values in their places; what has no value stays as written.

    `params` is a list, or a mapping for names. "" when nothing was filled in.
    """
    if not isinstance(params, list | dict) or not params:
        return ""
    values = _Values(params)
    text = str(_PERCENT.sub(values.of_percent, template)) if "%" in template else template
    if not values.used:
        text = str(_BRACES.sub(values.of_braces, template)) if "{" in template else template
    return text if values.used else ""


class _Values:
    """The values of one message on their way into it."""

    def __init__(self, params: list[Any] | dict[str, Any]) -> None:
        self.listed = params if isinstance(params, list) else list(params.values())
        only = params[0] if isinstance(params, list) and len(params) == 1 else params
        self.named: dict[str, Any] = only if isinstance(only, dict) else {}
        self.position = 0
        self.used = 0
        self.left = LONGEST + BEYOND  # a value may be named a thousand times

    def of_percent(self, found: re2._Match[str]) -> str:
        whole = str(found.group())
        if whole == "%%":
            return "%" if self.listed else whole
        if angled := found.group("angled"):
            return self._put(angled, whole, found.group("width") or "", found.group("sort"))
        name = found.group("name") or found.group("braced")
        if name is not None:
            return self._put(name, whole, "", "s" if found.group("braced") else found.group("kind"))
        number = found.group("number")
        at = int(number) - 1 if number else self._next()
        return self._put(at, whole, found.group("spec") or "", found.group("kind"))

    def of_braces(self, found: re2._Match[str]) -> str:
        whole = str(found.group())
        if whole in ("{{", "}}"):
            return whole[0]
        name = found.group("name")
        if name.isdecimal():
            return self._put(int(name), whole, "", "s")
        if not name:
            return self._put(self._next(), whole, "", "s")
        if self.named:
            return self._put(name.lstrip("@$"), whole, "", "s")
        # Serilog and its like name what they pass by order.
        return self._put(self._next(), whole, "", "s")

    def _next(self) -> int:
        self.position += 1
        return self.position - 1

    def _put(self, where: str | int, whole: str, spec: str, kind: str) -> str:
        if isinstance(where, str):
            if where not in self.named:
                return whole
            value = self.named[where]
        elif 0 <= where < len(self.listed):
            value = self.listed[where]
        else:
            return whole
        self.used += 1
        text = _shown(value, spec, kind)[: self.left]
        self.left -= len(text)
        return text


def _shown(value: Any, spec: str, kind: str) -> str:
    if kind == "r" and isinstance(value, str):
        return repr(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if kind in _NUMBERS or kind in "diu":
            try:
                return f"%{spec}{'d' if kind in 'diu' else kind}" % value
            except (TypeError, ValueError, OverflowError):
                return str(value)
        return f"%{spec}s" % value if kind == "s" else str(value)
    if isinstance(value, str):
        return f"%{spec}s" % value if kind == "s" and spec else value
    return lenient.canonical(value).decode()
