"""What happened to the flags of a project between two moments: who gets what may have changed with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from analytics.flags.history import differences
from analytics.models import Audience, Flag, FlagVersion
from events.models import AuditEntry
from events.runtime import together

MOST, MOST_DIFFERENCES = 50, 2


@dataclass(frozen=True, slots=True)
class Happened:
    """`words` go on after "3 min after …"; `is_felt`: somebody may get another answer than before."""

    at: datetime
    key: str
    words: str
    is_felt: bool
    actor: str = ""


def happened(project_id: int, *, start: datetime, end: datetime) -> list[Happened]:
    """The oldest first, both moments included; the newest MOST of each sort."""
    read = together.asked(**asked(project_id, start=start, end=end))
    return told(read, start=start, end=end)


def asked(project_id: int, *, start: datetime, end: datetime) -> dict[str, QuerySet[Any, Any]]:
    """The rows that `told` needs, for whoever reads them along with others."""
    flags = Flag.objects.filter(project_id=project_id)
    within = (start, end)
    made = FlagVersion.objects.filter(flag__in=flags, at__range=within).select_related("flag", "by")
    before = FlagVersion.objects.filter(flag=OuterRef("flag_id"), number=OuterRef("number") - 1).values("definition")
    due = Q(starts_at__range=within) | Q(ends_at__range=within) | Q(archived_at__range=within)
    seen = AuditEntry.objects.filter(project_id=project_id, at__range=within)
    seen = seen.only("at", "actor", "action", "object_id", "detail")
    return {
        "flag_versions": made.annotate(before=Subquery(before[:1])).order_by("-at")[:MOST],
        "flags_by_the_clock": flags.filter(due).order_by("-changed_at")[:MOST],
        "flags_deleted": seen.filter(action="flag.delete", detail__has_key="key").order_by("-at")[:MOST],
        "audiences_changed": seen.filter(action="audience.update", object_type="audience").order_by("-at")[:MOST],
        "audiences": Audience.objects.filter(project_id=project_id).only("name"),
    }


def told(read: Mapping[str, Sequence[Any]], *, start: datetime, end: datetime) -> list[Happened]:
    """What those rows tell, the oldest first. Pure."""
    found = [*_versions(read["flag_versions"]), *_by_the_clock(read["flags_by_the_clock"], start, end), *_audited(read)]
    return sorted(found, key=lambda one: (one.at, one.key))


def _versions(made: Sequence[Any]) -> Iterator[Happened]:
    for one in made:
        words, is_felt = change(one.flag.key, one.before, one.definition)
        yield Happened(one.at, one.flag.key, words, is_felt, one.by.get_username() if one.by else "")


def change(key: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[str, bool]:
    """What a version changed, in words, and whether somebody may feel it. Pure."""
    is_on = bool(after["is_active"])
    if before is None:
        return f"the flag {key} was made{' and is on' if is_on else ''}", is_on
    was_on = bool(before["is_active"])
    if is_on is not was_on:
        return f"the flag {key} was switched {'on' if is_on else 'off'}", True
    changed = [one for one in differences(before, after) if one.path != "description"]
    said = [f"{one.path} {one.before or 'nothing'} → {one.after or 'nothing'}" for one in changed[:MOST_DIFFERENCES]]
    more = len(changed) - MOST_DIFFERENCES
    said += [f"{more} more"] if more > 0 else []
    return f"the flag {key} was changed" + (f" ({', '.join(said)})" if said else ""), is_on and bool(changed)


def _by_the_clock(flags: Sequence[Flag], start: datetime, end: datetime) -> Iterator[Happened]:
    """Flags that came on or went off as planned, or left for the archive."""
    for flag in flags:
        moments = (
            (flag.starts_at, "came on as planned", flag.archived_at is None),
            (flag.ends_at, "went off as planned", flag.archived_at is None),
            (flag.archived_at, "was archived", True),
        )
        for at, words, is_told in moments:
            if at and is_told and start <= at <= end:
                yield Happened(at, flag.key, f"the flag {flag.key} {words}", flag.is_active)


def _audited(read: Mapping[str, Sequence[Any]]) -> Iterator[Happened]:
    """What no version tells of: flags that are gone, and audiences, which are parts of flags."""
    for entry in read["flags_deleted"]:
        key = str(entry.detail["key"])
        yield Happened(entry.at, key, f"the flag {key} was deleted", bool(entry.detail.get("is_active")), entry.actor)
    names = {str(one.pk): one.name for one in read["audiences"]}
    for entry in read["audiences_changed"]:
        name = names.get(entry.object_id, "")
        yield Happened(entry.at, name, f"the audience {name}".strip() + " of flags was changed", True, entry.actor)
