"""Actions: the list with how often they happened, and the form, which tries before it stores."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.actions import changing
from analytics.models import Action
from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import actions
from analytics.questions.product.acts import Scope
from dashboard.access.guard import page
from dashboard.frame import changes, layout, query_errors
from dashboard.pages.insights import lists, presenting
from events.accounts import access
from events.models import Project

_TRIED = timedelta(days=7)


@page("action.list")
@query_errors.said
def action_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The actions, and how often each happened in the last seven days."""
    shown = layout.state_for(request, project)
    lines = lists.actions_counted(project, sees_persons=shown.sees_persons, now=timezone.now())
    context = {**presenting.head("actions", project, shown), "lines": lines}
    return layout.draw(request, "dashboard/insights/actions.html", context, project=project, section="insights")


@page("action.new", role=access.EDITOR)
@query_errors.said
def action_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    return _form(request, Action(project=project, created_at=timezone.now()))


@page("action.edit", role=access.EDITOR, obj="action_id")
@query_errors.said
def action_edit(request: HttpRequest, project: Project, action_id: int) -> HttpResponseBase:
    return _form(request, get_object_or_404(project.actions.select_related("project"), pk=action_id))


@require_POST
@page("action.delete", role=access.EDITOR, obj="action_id")
def action_delete(request: HttpRequest, project: Project, action_id: int) -> HttpResponseBase:
    action = get_object_or_404(project.actions.select_related("project"), pk=action_id)

    def change() -> str:
        changing.delete(action, actor=request.user, now=timezone.now())
        return f"{action.name} is deleted."

    changes.told(request, change)
    return redirect("dashboard:insights-actions", project.slug)


def _form(request: HttpRequest, action: Action) -> HttpResponseBase:
    """What was typed is tried, and stored where that is asked for."""
    project, errors, tried, is_new = action.project, list[str](), None, action.pk is None
    name, matches = action.name, list(action.matches)
    if request.method == "POST":
        name = request.POST.get("name", "")
        matches = presenting.posted_matches(request.POST.dict(), most=changing.MOST_MATCHES)
        try:
            if "try" not in request.POST:
                stored = changing.put(action, name=name, matches=matches, actor=request.user, now=timezone.now())
                messages.success(request, f"{stored.name} is stored; questions take it as action:{stored.name}.")
                return redirect("dashboard:insights-actions", project.slug)
            held = {"tried": actions.matches_of(changing.checked(matches))}
            # Editors see persons.
            tried = readers.ask(actions.counted, project, sees_persons=True, actions=held, scope=_last_days())["tried"]
        except ValidationError as error:
            errors = error.messages
    context = {
        "name": name, "errors": errors, "is_new": is_new, "tried": tried,
        "blocks": presenting.match_fields(matches, most=changing.MOST_MATCHES),
    }  # fmt: skip
    template, status = "dashboard/insights/action_form.html", 422 if errors else 200
    return layout.draw(request, template, context, project=project, section="insights", status=status)


def _last_days() -> Scope:
    now = timezone.now()
    return Scope(Period(now - _TRIED, now))
