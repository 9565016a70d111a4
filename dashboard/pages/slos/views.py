"""Service level objectives: what is left of their budgets, how fast they burn, and the forms that change them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.forms import ObjectiveForm
from alerts.models import Objective
from alerts.slos import house, setup
from alerts.slos.indicators import INDICATORS
from analytics.statistics.burn import PAIRS
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.frame import changes, layout
from dashboard.pages.slos import presenting
from events.accounts import access
from events.models import Project


@compressed
@page("slo.list")
def slo_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The objectives, the worst first."""
    context = {
        "objectives": presenting.listed(project, now=timezone.now()),
        "pairs": [presenting.windows(pair) for pair in PAIRS.values()],
        "missing": presenting.missing(project),
        "resolving": presenting.resolving(project, now=timezone.now()),
    }
    return layout.draw(request, "dashboard/slos/list.html", context, project=project, section="slos")


@compressed
@page("slo.view", obj="objective_id")
def slo_detail(request: HttpRequest, project: Project, objective_id: int) -> HttpResponseBase:
    """One objective: its budget along the window, its burn, its alerts, its definition."""
    context = presenting.detail(_objective(project, objective_id), now=timezone.now())
    return layout.draw(request, "dashboard/slos/page.html", context, project=project, section="slos")


@page("slo.new", role=access.EDITOR)
def slo_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The form, prefilled from the address: `?indicator=…&where=…&name=…`."""
    given = {name: request.GET[name][:500] for name in ("indicator", "where", "name") if name in request.GET}
    return _form(request, project, ObjectiveForm(request.POST or None, project=project, initial=given))


@require_POST
@page("slo.add", role=access.EDITOR)
def slo_add(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The objectives of the house that the project does not have yet."""

    def change() -> str:
        made = setup.add(project, house.HOUSE, actor=request.user, now=timezone.now())
        return f"{len(made)} added, and judged from now on."

    changes.told(request, change)
    return redirect("dashboard:slos", project.slug)


@page("slo.edit", role=access.EDITOR, obj="objective_id")
def slo_edit(request: HttpRequest, project: Project, objective_id: int) -> HttpResponseBase:
    """The form of one objective."""
    objective = _objective(project, objective_id)
    return _form(request, project, ObjectiveForm(request.POST or None, project=project, objective=objective))


@require_POST
@page("slo.delete", role=access.EDITOR, obj="objective_id")
def slo_delete(request: HttpRequest, project: Project, objective_id: int) -> HttpResponseBase:
    objective = _objective(project, objective_id)
    setup.delete(objective, actor=request.user, now=timezone.now())
    messages.success(request, f"{objective.name} is deleted.")
    return redirect("dashboard:slos", project.slug)


def _objective(project: Project, objective_id: int) -> Objective:
    return get_object_or_404(Objective.objects.select_related("project"), project=project, pk=objective_id)


def _form(request: HttpRequest, project: Project, form: ObjectiveForm) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        objective = form.store(actor=request.user, now=timezone.now())
        if objective is not None:
            messages.success(request, f"{objective.name} is stored and judged from now on.")
            return redirect("dashboard:slo", project.slug, objective.pk)
    context = {"form": form, "objective": form.objective, "indicators": INDICATORS}
    status = 422 if form.errors else 200
    return layout.draw(request, "dashboard/slos/form.html", context, project=project, section="slos", status=status)
