"""Scheduled jobs: which reported, which did not, and how one is set up."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.forms import MonitorForm
from alerts.models import Monitor
from alerts.monitors import monitor_setup
from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.monitors import presenting
from events.accounts import access
from events.models import Project

PAGE = 50


@page("monitor.list")
def monitor_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Every job in every environment, what is down first."""
    context = {
        "lines": presenting.lines(project),
        "count": project.monitors.count(),
        "shown": presenting.SHOWN,
        "ways": presenting.by_name(project) if _may_edit(request, project) else [],
    }
    return layout.draw(request, "dashboard/monitors/monitor_list.html", context, project=project, section="monitors")


@page("monitor.view", obj="monitor_id")
def monitor_detail(request: HttpRequest, project: Project, monitor_id: int) -> HttpResponseBase:
    """One job: where it stands in each environment, its runs, and the lines that make it report."""
    monitor = _monitor(project, monitor_id)
    number = request.GET.get("page", "")
    first = PAGE * (max(1, min(int(number), 1000)) - 1) if number.isdecimal() and len(number) < 6 else 0
    states = list(monitor.states.all())
    bars = presenting.bars_of(states)
    runs = list(presenting.runs_of(monitor)[first : first + PAGE + 1])
    context = {
        "monitor": monitor,
        "lines": [presenting.line(monitor, state, bars.get(state.pk, ())) for state in states],
        "schedule": presenting.line(monitor, None, ()).schedule,
        "runs": runs[:PAGE],
        "older": first // PAGE + 2 if len(runs) > PAGE else None,
        "ways": presenting.ways(monitor) if _may_edit(request, project) else [],
    }
    return layout.draw(request, "dashboard/monitors/monitor_detail.html", context, project=project, section="monitors")


@page("monitor.new", role=access.EDITOR)
def monitor_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    return _form(request, project, MonitorForm(request.POST or None, project=project))


@page("monitor.edit", role=access.EDITOR, obj="monitor_id")
def monitor_edit(request: HttpRequest, project: Project, monitor_id: int) -> HttpResponseBase:
    return _form(request, project, MonitorForm(request.POST or None, instance=_monitor(project, monitor_id)))


@require_POST
@page("monitor.pause", role=access.EDITOR, obj="monitor_id")
def monitor_pause(request: HttpRequest, project: Project, monitor_id: int) -> HttpResponseBase:
    monitor = _monitor(project, monitor_id)
    monitor_setup.pause(monitor, actor=request.user, now=timezone.now())
    messages.success(request, f"{monitor.name} is paused: nothing is expected of it.")
    return redirect("dashboard:monitor", project.slug, monitor.pk)


@require_POST
@page("monitor.resume", role=access.EDITOR, obj="monitor_id")
def monitor_resume(request: HttpRequest, project: Project, monitor_id: int) -> HttpResponseBase:
    monitor = _monitor(project, monitor_id)
    monitor_setup.resume(monitor, actor=request.user, now=timezone.now())
    messages.success(request, f"{monitor.name} waits for its next report.")
    return redirect("dashboard:monitor", project.slug, monitor.pk)


@require_POST
@page("monitor.delete", role=access.EDITOR, obj="monitor_id")
def monitor_delete(request: HttpRequest, project: Project, monitor_id: int) -> HttpResponseBase:
    monitor = _monitor(project, monitor_id)
    monitor_setup.delete(monitor, actor=request.user, now=timezone.now())
    messages.success(request, f"{monitor.name} is deleted.")
    return redirect("dashboard:monitor-list", project.slug)


@require_POST
@page("ping_key.rotate", role=access.OWNER)
def ping_key_rotate(request: HttpRequest, project: Project) -> HttpResponseBase:
    monitor_setup.rotate_key(project, actor=request.user, now=timezone.now())
    messages.success(request, "The addresses by name have a new key; those with the old one answer “not found”.")
    return redirect("dashboard:monitor-list", project.slug)


def _monitor(project: Project, monitor_id: int) -> Monitor:
    return get_object_or_404(Monitor.objects.select_related("project"), project=project, pk=monitor_id)


def _may_edit(request: HttpRequest, project: Project) -> bool:
    """Whether whoever asks may see the addresses by which jobs report: they are secrets."""
    return access.is_enough(access.role_of(request.user, project), access.EDITOR)


def _form(request: HttpRequest, project: Project, form: MonitorForm) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        monitor = form.store(project, actor=request.user, now=timezone.now())
        if monitor is not None:
            messages.success(request, f"{monitor.name} is stored.")
            return redirect("dashboard:monitor", project.slug, monitor.pk)
    context = {"form": form, "monitor": form.instance}
    status = 422 if form.errors else 200
    template = "dashboard/monitors/monitor_form.html"
    return layout.draw(request, template, context, project=project, section="monitors", status=status)
