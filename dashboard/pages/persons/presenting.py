"""Timelines as the pages show them: each line with its words, and where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from analytics.questions.persons.timeline import Happening
from dashboard.frame import vital_formatting
from events.models import IssueGroup, Project

TONES = {"error": "bad", "event": "", "vital": "", "session": ""}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline; `url` is empty where there is no more to see."""

    happening: Happening
    words: str
    tone: str
    url: str


def lines(project: Project, rows: Sequence[Happening]) -> list[Line]:
    """The lines, each error with the way to its issue and each vital with that to its trace."""
    hashes = {UUID(row.ref) for row in rows if row.kind == "error" and row.ref}
    groups = IssueGroup.objects.filter(project=project, hash__in=hashes).values_list("hash", "issue_id")
    issues = {found.hex: issue_id for found, issue_id in groups}
    return [Line(row, _words(row), TONES[row.kind], _url(project, row, issues)) for row in rows]


def _words(row: Happening) -> str:
    return f"{row.name} {vital_formatting.said(row.name, row.value)}" if row.kind == "vital" else row.name


def _url(project: Project, row: Happening, issues: dict[str, int]) -> str:
    if row.kind == "error" and row.ref in issues:
        return reverse("dashboard:issue", args=[project.slug, issues[row.ref]])
    if row.kind == "vital" and row.ref:
        return reverse("dashboard:trace", args=[project.slug, row.ref])
    return ""
