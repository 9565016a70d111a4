"""Anything a payload may hold, as bounded text. Nothing here raises, whatever it is given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from events.values.lenient import mapping as mapping

MAX_TEXT = 4_000
MAX_PAIRS = 200
MAX_ITEMS = 200


@dataclass(frozen=True, slots=True)
class Pair:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """A titled list of pairs; `left_out` counts those beyond the bound."""

    title: str
    pairs: tuple[Pair, ...]
    left_out: int = 0


def text(value: object, *, limit: int = MAX_TEXT) -> str:
    """`value` as one string of at most `limit` characters: strings as they are, the rest as JSON, None as nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return shortened(value, limit=limit)
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        if isinstance(value, int | float):
            return shortened(str(value), limit=limit)
        # The bound is on what is encoded, too: a value may be a million items long.
        option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
        return shortened(orjson.dumps(_pruned(value, depth=6), option=option).decode(), limit=limit)
    except (TypeError, ValueError, RecursionError):
        return shortened(f"<{type(value).__name__}>", limit=limit)


def line(value: object, *, limit: int = 300) -> str:
    """`text` without line breaks."""
    return " ".join(text(value, limit=limit).split())


def shortened(value: str, *, limit: int) -> str:
    """`value` cut to `limit` characters, the cut marked."""
    return value if len(value) <= limit else f"{value[: limit - 1]}…"


def items(value: object, *, limit: int = MAX_ITEMS) -> list[Any]:
    """The first `limit` items of a JSON list; of `{"values": […]}` its values; else none."""
    if isinstance(value, dict):
        value = value.get("values")
    return value[:limit] if isinstance(value, list) else []


def last_items(value: object, *, limit: int) -> list[Any]:
    """Like `items`, but the last `limit`."""
    if isinstance(value, dict):
        value = value.get("values")
    return value[-limit:] if isinstance(value, list) else []


def number(value: object) -> int | None:
    """`value` as an int of sane size, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = int(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 10**12 else None


def moment(value: object) -> datetime | None:
    """`value` (ISO 8601 text or Unix seconds) as a UTC datetime, else None."""
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, tz=UTC)
        if isinstance(value, str):
            found = datetime.fromisoformat(value[:40])
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def pairs(value: object, *, limit: int = MAX_PAIRS) -> tuple[Pair, ...]:
    """The pairs of an object, or of a list of pairs (the older form of headers and tags), at most `limit`."""
    found: list[Pair] = []
    for name, content in _entries(value):
        if len(found) >= limit:
            break
        found.append(Pair(line(name, limit=200), text(content)))
    return tuple(found)


def section(title: str, value: object) -> Section | None:
    """A section of `value`, or None when it holds nothing."""
    found = pairs(value)
    if not found:
        return None
    size = len(value) if isinstance(value, dict | list) else len(found)
    return Section(title, found, max(0, size - len(found)))


def _entries(value: object) -> Iterable[tuple[object, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, list) and len(item) == 2:
                yield item[0], item[1]
            elif isinstance(item, dict) and ("key" in item or "name" in item):
                yield item.get("key", item.get("name")), item.get("value")


def _pruned(value: object, *, depth: int) -> object:
    if isinstance(value, dict):
        if depth == 0:
            return "{…}"
        return {str(k)[:200]: _pruned(v, depth=depth - 1) for k, v in list(value.items())[:100]}
    if isinstance(value, list | tuple):
        return "[…]" if depth == 0 else [_pruned(item, depth=depth - 1) for item in value[:100]]
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, int) and abs(value) >= 2**63:
        return str(value)
    return value
