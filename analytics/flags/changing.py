"""Flags as people manage them: checked whole, kept in versions, audited as one change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from analytics.flags import books, checking, definitions, places
from analytics.flags.checking import Known, Wanted
from analytics.models import Audience, Flag, FlagBook, FlagOverride, FlagVersion
from events.accounts import audit
from events.models import Project

MOST_FLAGS, MOST_OVERRIDES, MOST_AUDIENCES, MOST_GROUP_TYPES = 1000, 500, 200, 5
_COLUMNS = ("description", "is_active", "filters", "is_by_device", "is_continuous", "runtime")


def create(project: Project, key: str, wanted: Wanted, *, note: str = "", actor: Any, now: datetime) -> Flag:
    """A new flag. Raises ValidationError, by field."""
    key = checking.key_of(key)
    with transaction.atomic():
        book = books.changed(project)
        if Flag.objects.filter(project=project, key=key).exists():
            raise ValidationError({"key": "There is a flag of this key already, archived perhaps."})
        if Flag.objects.filter(project=project).count() >= MOST_FLAGS:
            raise ValidationError({"key": f"A project has at most {MOST_FLAGS} flags."})
        flag = Flag(project=project, key=key, version=0, created_at=now)
        return _store(flag, wanted, book, "flag.create", note=note, actor=actor, now=now)


def update(
    flag: Flag, wanted: Wanted, *, based_on: int | None = None, note: str = "", actor: Any, now: datetime
) -> Flag:
    """The flag, changed. Raises ValidationError, also where it is not any more what `based_on` was."""
    with transaction.atomic():
        book = books.changed(flag.project)
        flag = Flag.objects.select_for_update().select_related("project").get(pk=flag.pk)
        if based_on is not None and based_on != flag.version:
            raise ValidationError(f"Version {flag.version} was saved meanwhile; look at it and change that one.")
        return _store(flag, wanted, book, "flag.update", note=note, actor=actor, now=now)


def switch(flag: Flag, *, is_active: bool, note: str = "", actor: Any, now: datetime) -> Flag:
    """The flag, on or off, and otherwise as it is. Off needs nothing to be sound: it is the way out."""
    with transaction.atomic():
        books.changed(flag.project)
        flag = Flag.objects.select_for_update().select_related("project").get(pk=flag.pk)
        if flag.is_active != is_active:
            flag.is_active = is_active
            _keep(flag, "flag.switch", note=note, actor=actor, now=now)
        return flag


def go_back(flag: Flag, number: int, *, actor: Any, now: datetime) -> Flag:
    """The flag as it was in a version, as a new version. Raises ValidationError, FlagVersion.DoesNotExist."""
    stored = FlagVersion.objects.get(flag=flag, number=number).definition
    wanted = Wanted(
        **{name: stored[name] for name in _COLUMNS},
        starts_at=_moment(stored["starts_at"]),
        ends_at=_moment(stored["ends_at"]),
        group_type=_group_type_name(flag.project_id, stored["filters"].get("aggregation_group_type_index")),
    )
    return update(flag, wanted, note=f"Back to version {number}", actor=actor, now=now)


@transaction.atomic
def archive(flag: Flag, *, actor: Any, now: datetime) -> None:
    """Answered to nobody any more, and kept with its history. Raises ValidationError where others lean on it."""
    books.changed(flag.project)
    if others := leaning(flag):
        raise ValidationError(f"{', '.join(others)} lean on it; change those first.")
    if Flag.objects.filter(pk=flag.pk, archived_at=None).update(archived_at=now):
        flag.archived_at = now
    _record("flag.archive", flag, actor=actor, now=now)


@transaction.atomic
def revive(flag: Flag, *, actor: Any, now: datetime) -> None:
    """Back from the archive, switched off."""
    books.changed(flag.project)
    flag.archived_at, flag.is_active = None, False
    _keep(flag, "flag.revive", note="Back from the archive, off", actor=actor, now=now)


@transaction.atomic
def delete(flag: Flag, *, actor: Any, now: datetime) -> None:
    """The flag, its history and what was remembered for it. Raises ValidationError where others lean on it."""
    books.changed(flag.project)
    if others := leaning(flag):
        raise ValidationError(f"{', '.join(others)} lean on it; change those first.")
    if flag.experiments.exists():
        raise ValidationError("An experiment was made by it; archive the flag, so that its results stay readable.")
    _record("flag.delete", flag, actor=actor, now=now)
    flag.delete()


def put_override(
    flag: Flag, distinct_id: str, value: Any, *, note: str = "", actor: Any, now: datetime
) -> FlagOverride:
    """What one person gets from now on. Raises ValidationError."""
    value = checking.override(value, variants=[name for name, _ in books.of_row(flag).variants])
    if not distinct_id.strip():
        raise ValidationError({"distinct_id": "Whose? The id that the SDK identifies them by."})
    with transaction.atomic():
        books.changed(flag.project)
        person = places.pseudonym(books.read(flag.project_id), distinct_id.strip())
        if flag.overrides.exclude(person=person).count() >= MOST_OVERRIDES:
            raise ValidationError({"distinct_id": f"A flag has at most {MOST_OVERRIDES} overrides; use a condition."})
        override, _ = FlagOverride.objects.update_or_create(
            flag=flag, person=person, defaults={"value": value, "note": note.strip()[:60], "created_at": now}
        )
        _record("flag.override", flag, actor=actor, now=now, override=override.pk)
    return override


@transaction.atomic
def drop_override(override: FlagOverride, *, actor: Any, now: datetime) -> None:
    """The person gets what the conditions say again."""
    books.changed(override.flag.project)
    _record("flag.override_drop", override.flag, actor=actor, now=now, override=override.pk)
    override.delete()


def put_audience(audience: Audience, *, name: str, definition: Any, actor: Any, now: datetime) -> Audience:
    """A new audience, or a changed one; flags that name it follow at once. Raises ValidationError."""
    project, is_new = audience.project, audience.pk is None
    with transaction.atomic():
        books.changed(project)
        audience.name = name.strip()
        audience.definition = checking.audience(definition, known=_known(project))
        if is_new and project.audiences.count() >= MOST_AUDIENCES:
            raise ValidationError({"name": f"A project has at most {MOST_AUDIENCES} audiences."})
        if _is_circular(audience):
            raise ValidationError({"definition": "This audience would be part of itself."})
        audience.full_clean()
        audience.save()
        action = "audience.create" if is_new else "audience.update"
        audit.record(action, actor=actor, project=project, obj=audience, now=now)
    return audience


@transaction.atomic
def delete_audience(audience: Audience, *, actor: Any, now: datetime) -> None:
    """Raises ValidationError where a flag or another audience names it."""
    books.changed(audience.project)
    used = sorted(
        key for key, filters in audience.project.flags.values_list("key", "filters") if audience.pk in _named(filters)
    )
    used += sorted(
        other.name for other in audience.project.audiences.exclude(pk=audience.pk)
        if audience.pk in _named({"groups": [{"properties": one["values"]} for one in other.definition["values"]]})
    )  # fmt: skip
    if used:
        raise ValidationError(f"{', '.join(used)} use it; change those first.")
    audit.record("audience.delete", actor=actor, project=audience.project, obj=audience, now=now)
    audience.delete()


def leaning(flag: Flag, *, among: Iterable[Flag] | None = None) -> list[str]:
    """The keys of the flags that lean on this one, `among` the `others`; archived ones left out."""
    found = others(flag) if among is None else among
    return sorted(one.key for one in found if flag.key in definitions.needed(one.filters))


def others(flag: Flag) -> QuerySet[Flag]:
    """The other flags of the project that are not archived."""
    found = Flag.objects.filter(project_id=flag.project_id, archived_at=None).exclude(pk=flag.pk)
    return found.only("key", "filters")


def group_type_of(flag: Flag) -> str:
    """The type of the groups that a flag is about; empty for persons."""
    return _group_type_name(flag.project_id, flag.filters.get("aggregation_group_type_index"))


def _group_type_name(project_id: int, index: int | None) -> str:
    shared = FlagBook.objects.filter(pk=project_id).first() if index is not None else None
    return str(shared.group_types[index]) if shared and index is not None and index < len(shared.group_types) else ""


def definition_of(flag: Flag) -> dict[str, Any]:
    """The flag whole, as a version keeps it."""
    moments = {name: at.isoformat() if at else None for name, at in _moments(flag)}
    return {name: getattr(flag, name) for name in _COLUMNS} | moments


def _moments(flag: Flag) -> list[tuple[str, datetime | None]]:
    return [("starts_at", flag.starts_at), ("ends_at", flag.ends_at)]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _known(project: Project) -> Known:
    flags = Flag.objects.filter(project=project, archived_at=None).values_list("key", "filters")
    return Known(
        flags={key: list(definitions.needed(filters)) for key, filters in flags},
        audiences=[str(pk) for pk in Audience.objects.filter(project=project).values_list("pk", flat=True)],
    )


def _store(flag: Flag, wanted: Wanted, book: FlagBook, action: str, *, note: str, actor: Any, now: datetime) -> Flag:
    group_type = _group_type(book, wanted.group_type.strip())
    filters = checking.checked(wanted, key=flag.key, known=_known(flag.project), group_type=group_type)
    before = definition_of(flag) if flag.pk else None
    for name in (*_COLUMNS, "starts_at", "ends_at"):
        setattr(flag, name, filters if name == "filters" else getattr(wanted, name))
    flag.description = flag.description.strip()
    if definition_of(flag) == before:
        _record(action, flag, actor=actor, now=now, changed=False)
        return flag
    flag.full_clean(exclude=["filters"])
    _keep(flag, action, note=note, actor=actor, now=now)
    if not flag.is_continuous:
        flag.places.all().delete()
    return flag


def _keep(flag: Flag, action: str, *, note: str, actor: Any, now: datetime) -> None:
    flag.version += 1
    flag.changed_at = now
    flag.save()
    FlagVersion.objects.create(
        flag=flag, number=flag.version, definition=definition_of(flag), note=note.strip()[:200], at=now,
        by_id=getattr(actor, "pk", None),
    )  # fmt: skip
    _record(action, flag, actor=actor, now=now)


def _group_type(book: FlagBook, name: str) -> int | None:
    """The index of a group type, a new one where the name is new."""
    if not name:
        return None
    if name not in book.group_types:
        if len(book.group_types) >= MOST_GROUP_TYPES or len(name) > 60:
            raise ValidationError({"group_type": f"A project has at most {MOST_GROUP_TYPES} types of groups."})
        book.group_types = [*book.group_types, name]
        book.save(update_fields=["group_types"])
    return int(book.group_types.index(name))


def _named(filters: Any) -> Iterator[int]:
    """The audiences that a definition names."""
    for group in filters.get("groups") or ():
        for one in group.get("properties") or ():
            if one.get("type") == "cohort":
                yield int(one["value"])


def _is_circular(audience: Audience) -> bool:
    """Whether the audience, as it is about to be, is a part of itself."""
    leans = {
        str(one.pk): [str(member["value"]) for group in one.definition["values"] for member in group["values"]
                      if member.get("type") == "cohort"]
        for one in [*audience.project.audiences.exclude(pk=audience.pk), audience]
    }  # fmt: skip
    return not definitions.chain(str(audience.pk), leans)


def _record(action: str, flag: Flag, *, actor: Any, now: datetime, **detail: Any) -> None:
    detail = {"key": flag.key, "version": flag.version, "is_active": flag.is_active, **detail}
    audit.record(action, actor=actor, project=flag.project, obj=flag, detail=detail, now=now)
