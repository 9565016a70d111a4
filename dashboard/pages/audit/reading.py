"""Which entries of a project are asked for, and where their objects are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from dashboard.pages.audit.folding import LOOKS
from events.models import AuditEntry, Project

SHOWN = {"": "Everything", "changes": "Changes only", "denied": "Refusals only"}
_LOOK = rf"[.]({'|'.join(LOOKS)})$"
_LONGEST = 64
# Kind of an object -> the page that shows one.
_PAGES = {
    "issue": "issue", "incident": "incident", "alert": "alert", "flag": "flag", "experiment": "experiment",
    "monitor": "monitor", "probe": "probe", "board": "board", "objective": "slo", "channel": "channel",
    "person": "person",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Filters as the address has them; what is unreadable counts as not said."""

    actor: str
    action: str
    object_type: str
    object_id: str
    show: str
    before: int | None

    @property
    def is_any(self) -> bool:
        return bool(self.actor or self.action or self.object_type or self.object_id or self.show)


def asked(parameters: Mapping[str, str]) -> Asked:
    def text(name: str) -> str:
        return parameters.get(name, "").replace("\x00", "").strip()[:_LONGEST]

    show, before = text("show"), text("before")
    number = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    return Asked(text("actor"), text("action"), text("type"), text("object"), show if show in SHOWN else "", number)


def entries(project: Project, wanted: Asked, *, start: datetime, end: datetime) -> QuerySet[AuditEntry]:
    """The newest first."""
    found = AuditEntry.objects.filter(project_id=project.pk, at__gte=start, at__lt=end).order_by("-id")
    if wanted.actor:
        found = found.filter(actor=wanted.actor)
    if wanted.action:
        found = found.filter(action__startswith=wanted.action)
    if wanted.object_type:
        found = found.filter(object_type=wanted.object_type)
    if wanted.object_id:
        found = found.filter(object_id=wanted.object_id)
    if wanted.show == "changes":
        found = found.exclude(action__regex=_LOOK)
    if wanted.show == "denied":
        found = found.filter(action="access.denied")
    return found.filter(id__lt=wanted.before) if wanted.before else found


def url_of(project: Project, entry: AuditEntry) -> str:
    """The page of the entry's object; "" where it has none."""
    name = _PAGES.get(entry.object_type)
    if not name or not entry.object_id:
        return ""
    try:
        return reverse(f"dashboard:{name}", args=[project.slug, entry.object_id])
    except NoReverseMatch:
        return ""
