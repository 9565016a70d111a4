"""Status pages, as people manage them: each change is checked whole and audited in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.incidents.status import days
from alerts.models import Monitor, Probe, Rule, StatusComponent, StatusNotice, StatusPage
from events.accounts import audit
from events.models import Project

MOST_COMPONENTS = 50
# A new kind of source adds its line, here and in `days.SOURCES`.
_OFFERED: dict[str, Any] = {"monitor": Monitor, "probe": Probe, "rule": Rule}
RESERVED = frozenset({"confirm", "unsubscribe"})
_FIELDS = ("slug", "title", "description", "zone", "is_published", "is_indexed", "takes_subscribers")


def page_of(project: Project) -> StatusPage | None:
    return StatusPage.objects.filter(project=project).select_related("project").first()


@transaction.atomic
def store_page(project: Project, wanted: Mapping[str, Any], *, actor: Any, now: datetime) -> StatusPage:
    """Make the project's page, or change it. Raises ValidationError, by field."""
    page = page_of(project)
    action = "status.update" if page else "status.create"
    page = page or StatusPage(project=project, created_at=now)
    was_zone = page.zone
    for name in _FIELDS:
        setattr(page, name, wanted[name])
    if page.slug in RESERVED:
        raise ValidationError({"slug": "This address is taken by mails to subscribers."})
    if page.zone not in available_timezones():
        raise ValidationError({"zone": f"There is no time zone {page.zone!r}: Europe/Vienna, say."})
    page.updated_at = now
    page.full_clean()
    page.save()
    if was_zone != page.zone:
        for component in page.components.all():
            component.page = page
            days.count(component, now=now, anew=True)
    detail = {name: getattr(page, name) for name in _FIELDS if name != "description"}
    audit.record(action, actor=actor, project=project, obj=page, detail=detail, now=now)
    return page


@transaction.atomic
def delete_page(page: StatusPage, *, actor: Any, now: datetime) -> None:
    """With its history and its subscribers, whose addresses are gone with it."""
    audit.record("status.delete", actor=actor, project=page.project, obj=page, detail={"slug": page.slug}, now=now)
    page.delete()


def offered(project: Project) -> list[tuple[str, str]]:
    """What a component may stand for: (kind:number, words)."""
    return [
        (f"{kind}:{pk}", f"{model._meta.verbose_name.capitalize()} {name}")
        for kind, model in _OFFERED.items()
        for pk, name in model.objects.filter(project=project).order_by("name").values_list("pk", "name")
    ]


@transaction.atomic
def store_component(
    page: StatusPage, component: StatusComponent | None, *, name: str, description: str, sources: Sequence[str],
    position: int, actor: Any, now: datetime,
) -> StatusComponent:  # fmt: skip
    """Raises ValidationError, by field."""
    chosen = [_source(page.project, source) for source in sources]
    is_new = component is None
    component = component or StatusComponent(page=page, created_at=now, since=now)
    if is_new and page.components.count() >= MOST_COMPONENTS:
        raise ValidationError({"name": f"At most {MOST_COMPONENTS} components."})
    changed = component.sources != chosen
    component.name, component.description = name.strip(), description.strip()
    component.position, component.sources, component.updated_at = position, chosen, now
    component.full_clean(exclude=["sources"])
    component.save()
    if changed:
        days.count(component, now=now, anew=True)
    _touch(page, now)
    action = "status.component_create" if is_new else "status.component_update"
    audit.record(action, actor=actor, project=page.project, obj=component, detail={"sources": chosen}, now=now)
    return component


@transaction.atomic
def delete_component(component: StatusComponent, *, actor: Any, now: datetime) -> None:
    project = component.page.project
    audit.record("status.component_delete", actor=actor, project=project, obj=component, now=now)
    component.delete()
    _touch(component.page, now)


def _source(project: Project, text: str) -> list[Any]:
    kind, _, number = text.partition(":")
    is_own = (
        kind in _OFFERED and number.isascii() and number.isdecimal() and len(number) < 19
        and _OFFERED[kind].objects.filter(project=project, pk=int(number)).exists()
    )  # fmt: skip
    if not is_own:
        raise ValidationError({"sources": "No monitor, probe or rule of the project."})
    return [kind, int(number)]


def _touch(page: StatusPage, now: datetime) -> None:
    StatusPage.objects.filter(pk=page.pk).update(updated_at=now)


def own_notice(project: Project, number: int) -> StatusNotice | None:
    """The notice, if it is the project's."""
    return StatusNotice.objects.filter(pk=number, page__project=project).select_related("page__project").first()
