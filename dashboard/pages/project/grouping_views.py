"""Rules of grouping: written, tried against past events, saved. Editors look and try, owners save."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import page
from dashboard.frame import layout
from events.accounts import access
from events.issues import project_rules
from events.models import Project


@page("grouping_rules.view", role=access.EDITOR)
def grouping(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The rules in force and the versions before them."""
    return _drawn(request, project, {})


@require_POST
@page("grouping_rules.try", role=access.EDITOR)
def grouping_try(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What the rules of the form would do to past events; nothing is saved."""
    draft = _draft(request)
    try:
        trial = project_rules.try_out(project, fingerprints=draft["fingerprints"], stacks=draft["stacks"])
    except ValidationError as error:
        return _drawn(request, project, {**draft, "mistakes": error.messages}, status=400)
    return _drawn(request, project, {**draft, "trial": trial})


@require_POST
@page("grouping_rules.save", role=access.OWNER)
def grouping_save(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The rules of the form are in force."""
    draft = _draft(request)
    based_on = request.POST.get("based_on", "")
    try:
        standing = project_rules.save(
            project, fingerprints=draft["fingerprints"], stacks=draft["stacks"],
            based_on=int(based_on) if based_on.isascii() and based_on.isdecimal() and len(based_on) < 10 else None,
            actor=request.user, now=timezone.now(),
        )  # fmt: skip
    except ValidationError as error:
        return _drawn(request, project, {**draft, "mistakes": error.messages}, status=400)
    messages.success(request, f"Version {standing.version} is in force.")
    return redirect("dashboard:grouping", project.slug)


def _draft(request: HttpRequest) -> dict[str, str]:
    """The texts of the form, with the line ends that they are kept with."""
    names = ("fingerprints", "stacks")
    return {name: "\n".join(request.POST.get(name, "").splitlines()).strip("\n") for name in names}


def _drawn(request: HttpRequest, project: Project, shown: dict[str, Any], *, status: int = 200) -> HttpResponseBase:
    standing = project_rules.standing(project.pk)
    context = {
        "fingerprints": standing.fingerprints, "stacks": standing.stacks, "version": standing.version,
        "history": project_rules.history(project), "may_save": access.has_role(request.user, project, access.OWNER),
        **shown,
    }  # fmt: skip
    template = "dashboard/project/grouping.html"
    return layout.draw(request, template, context, project=project, section="settings", status=status)
