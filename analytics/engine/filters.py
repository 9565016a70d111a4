"""Conditions on facts that several questions share: SQL with placeholders, and what to bind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def errors(*, groups: Iterable[UUID] | None = None, environment: str = "") -> tuple[str, dict[str, Any]]:
    """Return the condition for errors of these groups (None: all) in this environment (empty: all)."""
    terms = ["true"]
    bound: dict[str, Any] = {}
    if groups is not None:
        terms.append("e.group_hash IN $groups")
        bound["groups"] = sorted({group.hex for group in groups})
    if environment:
        terms.append("e.environment = $environment")
        bound["environment"] = environment
    return " AND ".join(terms), bound


def bucket(moment: str, *, starts: Sequence[datetime], step: timedelta) -> tuple[str, dict[str, Any]]:
    """Return the index in `starts` of the bucket of the SQL `moment`; whole numbers, twice as fast as time_bucket."""
    bound = {"first": microseconds(starts[0]), "width": width(step)}
    return f"(epoch_us({moment}) - $first) // $width", bound


def microseconds(at: datetime) -> int:
    """Return a moment as `epoch_us` has it."""
    return width(at - EPOCH)


def width(length: timedelta) -> int:
    """Return a length in microseconds."""
    return length // timedelta(microseconds=1)
