"""Flags, and what belongs to one, as files and in the API."""

from collections.abc import Iterator
from typing import Any

from analytics.models import FlagOverride, FlagVersion
from dashboard.exports.lists import Asked, Listed, Row, belonging, named, table
from dashboard.pages.flags import presenting
from events.models import Project


def found(project: Project, *, query: str, is_archive: bool) -> Any:
    """The flags of the list, or those of the archive, whose key or description has `query` in it."""
    flags = project.flags.filter(archived_at__isnull=not is_archive)
    if query:
        flags = flags.filter(key__icontains=query) | flags.filter(description__icontains=query)
    return flags


def _flags(asked: Asked) -> Any:
    if not {"q", "archive"} & asked.parameters.keys():
        return asked.project.flags.all()
    return found(asked.project, query=asked.said("q").strip()[:200], is_archive=asked.said("archive") == "1")


def _answers(asked: Asked) -> Iterator[Row]:
    flag = asked.project.flags.filter(pk=asked.number("flag_id")).first()
    if flag is not None:
        yield from ((one.value, one.count, one.width) for one in presenting.shares(flag, now=asked.now))


_ONE: dict[str, Any] = {"pages": ("flag",), "needs": ("flag_id",)}
LISTS: dict[str, Listed] = {
    "flags": table(
        "Flags", _flags, named("key", "description", "is_active", "created_at", "archived_at"), pages=("flag-list",),
        takes=("q", "archive"), assumed={"archive": "0"},
    ),
    "audiences": table(
        "Audiences", lambda asked: asked.project.audiences.all(), named("name", "definition", "created_at"),
        pages=("audience-list",),
    ),
    "flag-answers": Listed("Answers of the flag in 7 days", ("value", "times", "percent"), _answers, **_ONE),
    "flag-overrides": table(
        "Overrides of the flag", belonging(FlagOverride, "flag"), named("person", "value", "note", "created_at"), **_ONE
    ),
    "flag-versions": table(
        "History of the flag", belonging(FlagVersion, "flag"),
        named("number", "at", "note", "definition", by="by__username"), **_ONE
    ),
}  # fmt: skip
