"""Goals: the list with how they stand, and the form."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.goals import changing
from analytics.models import Goal
from dashboard.access.guard import page
from dashboard.frame import changes, layout, query_errors
from dashboard.pages.insights import goal_lines, presenting
from events.accounts import access
from events.models import Project


@page("goal.list")
@query_errors.said
def goal_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The goals with their numbers."""
    context = {
        **presenting.head("goals", project, layout.state_of(request)),
        "lines": goal_lines.lines(project, sees_persons=access.sees_persons(request.user, project), now=timezone.now()),
    }
    return layout.draw(request, "dashboard/insights/goals.html", context, project=project, section="insights")


@page("goal.new", role=access.EDITOR)
def goal_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    return _form(request, Goal(project=project, created_at=timezone.now()))


@page("goal.edit", role=access.EDITOR, obj="goal_id")
def goal_edit(request: HttpRequest, project: Project, goal_id: int) -> HttpResponseBase:
    return _form(request, get_object_or_404(project.goals.select_related("project"), pk=goal_id))


@require_POST
@page("goal.delete", role=access.EDITOR, obj="goal_id")
def goal_delete(request: HttpRequest, project: Project, goal_id: int) -> HttpResponseBase:
    goal = get_object_or_404(project.goals.select_related("project"), pk=goal_id)

    def change() -> str:
        changing.delete(goal, actor=request.user, now=timezone.now())
        return f"{goal.name} is deleted."

    changes.told(request, change)
    return redirect("dashboard:insights-goals", project.slug)


def _form(request: HttpRequest, goal: Goal) -> HttpResponseBase:
    project, errors, is_new = goal.project, list[str](), goal.pk is None
    asked = {name: getattr(goal, name) for name in changing.FIELDS}
    if request.method == "POST":
        asked = {name: request.POST.get(name, "") for name in changing.FIELDS}
        try:
            stored = changing.put(goal, asked, actor=request.user, now=timezone.now())
            messages.success(request, f"{stored.name} is stored.")
            return redirect("dashboard:insights-goals", project.slug)
        except ValidationError as error:
            errors = error.messages
    fields = presenting.goal_fields({name: "" if value is None else str(value) for name, value in asked.items()})
    context = {"fields": fields, "errors": errors, "is_new": is_new, "tz": "UTC"}
    template, status = "dashboard/insights/goal_form.html", 422 if errors else 200
    return layout.draw(request, template, context, project=project, section="insights", status=status)
