"""Small coercions: any JSON value in, a bounded text (or nothing) out."""

from __future__ import annotations

import uuid
from typing import Any

from events import scrubbing
from events.values import lenient

HEX = frozenset("0123456789abcdef")
# How far past a cut a secret that the cut would divide may reach: a private key of 4,096 bits has 3,300 characters.
BEYOND = 4096


def trimmed(value: str, longest: int) -> str:
    """Return at most `longest` characters, the last one `…` when something was cut.

    What is cut is scrubbed before: half a secret is one that no rule knows any more.
    """
    if len(value) <= longest:
        return value
    return scrubbing.scrub_text(value[: longest + BEYOND])[: longest - 1] + "…"


def scalar(value: Any, longest: int) -> str:
    """Return a string, number or boolean as text, anything else as the empty text."""
    if isinstance(value, str):
        return trimmed(value.strip(), longest)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return trimmed(str(value), longest)
    return ""


def readable(value: Any, longest: int) -> str:
    """Return any value as text: containers as JSON."""
    if isinstance(value, dict | list):
        return trimmed(lenient.canonical(value).decode(), longest)
    return trimmed(value, longest) if isinstance(value, str) else scalar(value, longest)


def hexadecimal(value: Any, length: int) -> str | None:
    """Return an id of exactly `length` hex digits in lower case (hyphens ignored), else None."""
    if not isinstance(value, str):
        return None
    digits = value.replace("-", "").lower()
    return digits if len(digits) == length and HEX.issuperset(digits) else None


def identifier(value: Any) -> uuid.UUID | None:
    """Return the uuid written in 32 or 36 characters, else None."""
    digits = hexadecimal(value, 32)
    return uuid.UUID(hex=digits) if digits else None
