"""Conditions on facts that several questions share: SQL with placeholders, and what to bind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID


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
