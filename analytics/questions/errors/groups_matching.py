"""Which groups a condition on facts holds for."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from uuid import UUID

from analytics import engine
from events.digest.steps.reading import user_key
from events.issues import known_releases
from events.issues.release_order import Orders
from events.issues.search import Has, Match, Value
from events.models import Project
from events.values import pseudonyms

COLUMNS = {
    "level": "level", "release": "release", "environment": "environment", "url": "url", "transaction": "route",
    "error.type": "type", "platform": "platform",
}  # fmt: skip
USER = {"user", "user.id", "user.email", "user.username"}


def groups_matching(
    project: Project, term: Match | Has, *, start: datetime | None, end: datetime | None, now: datetime
) -> AbstractSet[UUID]:
    """The hashes of the groups with an error for which `term` holds, its negation left out.

    Letter case does not matter. A person is found by the pseudonym `u_…`, or by what was sent as `user.id`.
    """
    bound: dict[str, Any] = {}
    if not term.is_tag and term.field in USER:
        condition = _of_user(project, term, bound)
    else:
        bound["tag"] = term.field
        column = COLUMNS.get(term.field) if not term.is_tag else None
        condition = _holds(f"e.{column}" if column else "e.tags[$tag]", project, term, bound)
    with engine.read(project.pk, {"errors": (start, end)}) as facts:
        rows = facts.ask(f"SELECT DISTINCT e.group_hash AS hash FROM errors e WHERE {condition}", bound)
    return frozenset(UUID(row["hash"]) for row in rows if row["hash"])


def _holds(subject: str, project: Project, term: Match | Has, bound: dict[str, Any]) -> str:
    if isinstance(term, Has):
        return f"{subject} <> ''"
    is_release = term.field == "release" and not term.is_tag
    values = [_latest(project, value) if is_release else value for value in term.values]
    return f"({' OR '.join(_is(subject, value, n, bound) for n, value in enumerate(values))})"


def _is(subject: str, value: Value, n: int, bound: dict[str, Any]) -> str:
    """`subject` is `value`, letter case aside, wildcards standing for anything."""
    if value.is_exact:
        bound[f"value{n}"] = value.text.lower()
        return f"lower({subject}) = $value{n}"
    bound[f"value{n}"] = "%".join(map(_literal, value.parts)).lower()
    return f"lower({subject}) LIKE $value{n} ESCAPE '\\'"


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _latest(project: Project, value: Value) -> Value:
    """`release:latest` is the last by order of releases."""
    if not value.is_exact or value.text != "latest":
        return value
    newest = Orders(known_releases.of_project(project)).latest()
    return Value((newest.version if newest else "latest",))


def _of_user(project: Project, term: Match | Has, bound: dict[str, Any]) -> str:
    if isinstance(term, Has):
        return "e.user_key IS NOT NULL"
    keys: list[int | None] = []
    for value in term.values:
        if value.is_exact:
            keys.append(user_key(value.text))
            keys.append(user_key(pseudonyms.of(bytes(project.pepper), "user", value.text)))
    bound["users"] = [key for key in keys if key is not None]
    return "e.user_key IN $users"
