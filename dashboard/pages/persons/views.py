"""Persons and groups: found, looked at, taken away. All of it is for editors: these pages are about single people."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.periods import Period
from analytics.questions.persons import timeline
from analytics.questions.persons.timeline import Timeline
from dashboard.access.guard import page
from dashboard.frame import empty_states, layout, query_errors
from dashboard.pages.persons import presenting
from events.accounts import access
from events.models import Group, Project
from events.persons import reading, removing
from events.values.modes import NAMING

PAGE = 50


@page("person.list", role=access.EDITOR)
def person_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The persons, newest first; those that have a property, on demand."""
    condition = _condition(request)
    found = reading.persons_where(project, condition)
    context = {
        "listed": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "condition": condition,
        "has_any": project.persons.exists(),
        "names_people": project.analytics in NAMING,
        "start": empty_states.of(project, "persons", now=timezone.now()),
        "tab": "persons",
    }
    return layout.draw(request, "dashboard/persons/list.html", context, project=project, section="persons")


@require_POST
@page("person.find", role=access.EDITOR)
def person_find(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The person of an id. It is posted, so that no address and no log has it."""
    person = reading.person_with(project, request.POST.get("distinct_id", ""))
    if person is None:
        messages.warning(request, "Nobody is known by this id.")
        return redirect("dashboard:person-list", project.slug)
    return redirect("dashboard:person", project.slug, person.uuid)


@page("person.view", role=access.EDITOR, obj="person_id")
@query_errors.said
def person_detail(request: HttpRequest, project: Project, person_id: Any) -> HttpResponseBase:
    """One person: properties, ids, and what happened to them under all of their ids."""
    person = _person(project, person_id)
    shown = layout.state_of(request)
    found = timeline.of_visitors(
        project, reading.visitors_of(person), period=Period(shown.start, shown.end), environment=shown.environment,
        page=_number(request),
    )  # fmt: skip
    context = {
        "person": person,
        "properties": sorted(person.properties.items()),
        "ids": person.some_ids,
        "more_ids": person.ids.count() - len(person.some_ids),
        **_told(request, project, found),
    }
    return layout.draw(request, "dashboard/persons/page.html", context, project=project, section="persons", shown=shown)


@require_POST
@page("person.delete", role=access.EDITOR, obj="person_id")
def person_delete(request: HttpRequest, project: Project, person_id: Any) -> HttpResponseBase:
    removing.delete_person(_person(project, person_id), actor=request.user, now=timezone.now())
    messages.success(request, "The person is deleted, with properties and ids.")
    return redirect("dashboard:person-list", project.slug)


@page("group.list", role=access.EDITOR)
def group_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The groups, newest first; of one type, or with a property, on demand."""
    condition, kind = _condition(request), request.GET.get("type", "").replace("\0", "")[:60]
    context = {
        "listed": Paginator(reading.groups_where(project, condition, kind=kind), PAGE).get_page(
            request.GET.get("page")
        ),
        "condition": condition,
        "kind": kind,
        "kinds": list(project.person_groups.order_by("type").values_list("type", flat=True).distinct()[:20]),
        "tab": "groups",
    }
    return layout.draw(request, "dashboard/persons/groups.html", context, project=project, section="persons")


@page("group.view", role=access.EDITOR, obj="group_id")
@query_errors.said
def group_detail(request: HttpRequest, project: Project, group_id: int) -> HttpResponseBase:
    """One group: its properties, and the events that say they belong to it."""
    group = _group(project, group_id)
    shown = layout.state_of(request)
    found = timeline.of_group(
        project, group.type, group.key, period=Period(shown.start, shown.end), environment=shown.environment,
        page=_number(request),
    )  # fmt: skip
    context = {
        "group": group,
        "properties": sorted(group.properties.items()),
        **_told(request, project, found),
    }
    return layout.draw(
        request, "dashboard/persons/group.html", context, project=project, section="persons", shown=shown
    )


@require_POST
@page("group.delete", role=access.EDITOR, obj="group_id")
def group_delete(request: HttpRequest, project: Project, group_id: int) -> HttpResponseBase:
    removing.delete_group(_group(project, group_id), actor=request.user, now=timezone.now())
    messages.success(request, "The group is deleted, with its properties.")
    return redirect("dashboard:group-list", project.slug)


def _person(project: Project, person_id: Any) -> Any:
    return get_object_or_404(reading.persons_where(project, "").select_related("project"), uuid=person_id)


def _group(project: Project, group_id: int) -> Group:
    return get_object_or_404(project.person_groups.select_related("project"), pk=group_id)


def _condition(request: HttpRequest) -> str:
    return request.GET.get("property", "").replace("\0", "").strip()[:300]


def _number(request: HttpRequest) -> int:
    number = request.GET.get("page", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1


def _told(request: HttpRequest, project: Project, found: Timeline) -> dict[str, Any]:
    return {
        "found": found,
        "lines": presenting.lines(project, found.rows),
        "newer": layout.replaced(request, page=str(found.page - 1)) if found.page > 1 else "",
        "older": layout.replaced(request, page=str(found.page + 1)) if found.page < found.pages else "",
    }
