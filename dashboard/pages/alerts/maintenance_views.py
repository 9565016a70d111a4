"""What will hold news back: the calendar of silences and maintenance, and the forms of maintenance."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.forms import MaintenanceForm
from alerts.models import Maintenance
from alerts.routing import calendar, setup
from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.alerts import routing
from events.accounts import access
from events.models import Project


@page("maintenance.list")
def maintenance_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What is planned, and the next thirty days."""
    now = timezone.now()
    context = {
        "planned": routing.planned(project, now=now),
        "days": calendar.ahead(project, now=now),
        "now": now,
    }
    return layout.draw(request, "dashboard/alerts/maintenance_list.html", context, project=project, section="alerts")


@page("maintenance.new", role=access.EDITOR)
def maintenance_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    return _form(request, project, MaintenanceForm(request.POST or None, project=project), "Plan maintenance")


@page("maintenance.edit", role=access.EDITOR, obj="maintenance_id")
def maintenance_edit(request: HttpRequest, project: Project, maintenance_id: int) -> HttpResponseBase:
    made = _maintenance(project, maintenance_id)
    return _form(request, project, MaintenanceForm(request.POST or None, instance=made), made.name)


@require_POST
@page("maintenance.end", role=access.EDITOR, obj="maintenance_id")
def maintenance_end(request: HttpRequest, project: Project, maintenance_id: int) -> HttpResponseBase:
    made = _maintenance(project, maintenance_id)
    if setup.end_maintenance(made, actor=request.user, now=timezone.now()):
        messages.success(request, f"{made.name} is over for now. What was held back and still is so is told.")
    else:
        messages.info(request, f"{made.name} is not going on.")
    return redirect("dashboard:maintenance-list", project.slug)


@require_POST
@page("maintenance.delete", role=access.EDITOR, obj="maintenance_id")
def maintenance_delete(request: HttpRequest, project: Project, maintenance_id: int) -> HttpResponseBase:
    made = _maintenance(project, maintenance_id)
    setup.delete_maintenance(made, actor=request.user, now=timezone.now())
    messages.success(request, f"{made.name} is deleted.")
    return redirect("dashboard:maintenance-list", project.slug)


def _maintenance(project: Project, maintenance_id: int) -> Maintenance:
    return get_object_or_404(Maintenance.objects.select_related("project"), project=project, pk=maintenance_id)


def _form(request: HttpRequest, project: Project, form: MaintenanceForm, title: str) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        stored = form.store(project, actor=request.user, now=timezone.now())
        if stored is not None:
            messages.success(request, f"{stored.name} is planned.")
            return redirect("dashboard:maintenance-list", project.slug)
    context = {
        "form": form,
        "title": title,
        "pk": form.instance.pk,
        "delete": "dashboard:maintenance-delete",
        "back": "dashboard:maintenance-list",
        "back_title": "Calendar",
    }
    status = 422 if form.errors else 200
    template = "dashboard/alerts/setting_form.html"
    return layout.draw(request, template, context, project=project, section="alerts", status=status)
