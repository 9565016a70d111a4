"""Who is told of what: the list of routes, what holds what back, and a box to try labels."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.forms import InhibitionForm, RouteForm
from alerts.models import Inhibition, Route
from alerts.routing import setup
from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.alerts import routing
from events.accounts import access
from events.models import Project


@page("route.list")
def route_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The routes in order, the inhibitions, and what `?labels=` would meet."""
    labels = request.GET.get("labels", "")[:1000]
    context = {
        "routes": routing.listed(project),
        "inhibitions": list(project.inhibitions.all()),
        "labels": labels,
        "trial": routing.trial(project, labels, now=timezone.now()) if labels else None,
    }
    return layout.draw(request, "dashboard/alerts/route_list.html", context, project=project, section="alerts")


@page("route.new", role=access.EDITOR)
def route_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    return _form(request, project, RouteForm(request.POST or None, project=project), "Add a route")


@page("route.edit", role=access.EDITOR, obj="route_id")
def route_edit(request: HttpRequest, project: Project, route_id: int) -> HttpResponseBase:
    route = get_object_or_404(Route, project=project, pk=route_id)
    return _form(request, project, RouteForm(request.POST or None, instance=route), route.name)


@require_POST
@page("route.delete", role=access.EDITOR, obj="route_id")
def route_delete(request: HttpRequest, project: Project, route_id: int) -> HttpResponseBase:
    route = get_object_or_404(Route.objects.select_related("project"), project=project, pk=route_id)
    setup.delete_route(route, actor=request.user, now=timezone.now())
    messages.success(request, f"{route.name} is deleted.")
    return redirect("dashboard:route-list", project.slug)


@page("inhibition.new", role=access.EDITOR)
def inhibition_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    return _form(request, project, InhibitionForm(request.POST or None, project=project), "Hold back")


@page("inhibition.edit", role=access.EDITOR, obj="inhibition_id")
def inhibition_edit(request: HttpRequest, project: Project, inhibition_id: int) -> HttpResponseBase:
    made = get_object_or_404(Inhibition, project=project, pk=inhibition_id)
    return _form(request, project, InhibitionForm(request.POST or None, instance=made), made.name)


@require_POST
@page("inhibition.delete", role=access.EDITOR, obj="inhibition_id")
def inhibition_delete(request: HttpRequest, project: Project, inhibition_id: int) -> HttpResponseBase:
    made = get_object_or_404(Inhibition.objects.select_related("project"), project=project, pk=inhibition_id)
    setup.delete_inhibition(made, actor=request.user, now=timezone.now())
    messages.success(request, f"{made.name} is deleted.")
    return redirect("dashboard:route-list", project.slug)


def _form(request: HttpRequest, project: Project, form: Any, title: str) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        stored = form.store(project, actor=request.user, now=timezone.now())
        if stored is not None:
            messages.success(request, f"{stored.name} is stored.")
            return redirect("dashboard:route-list", project.slug)
    delete = {"route": "dashboard:route-delete", "inhibition": "dashboard:inhibition-delete"}
    context = {
        "form": form,
        "title": title,
        "pk": form.instance.pk,
        "delete": delete[form.instance._meta.model_name],
        "back": "dashboard:route-list",
        "back_title": "Routes",
    }
    status = 422 if form.errors else 200
    template = "dashboard/alerts/setting_form.html"
    return layout.draw(request, template, context, project=project, section="alerts", status=status)
