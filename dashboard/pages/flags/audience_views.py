"""Audiences: named sets of persons by their properties, for the conditions of flags."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.flags import changing
from analytics.models import Audience
from dashboard.access.guard import page
from dashboard.frame import changes, layout
from dashboard.pages.flags import drafts
from dashboard.pages.flags.drafts import Draft
from events.accounts import access
from events.models import Project


@page("audience.list")
def audience_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    context = {"audiences": [(one, drafts.of_audience(one)) for one in project.audiences.select_related("project")]}
    return layout.draw(request, "dashboard/flags/audiences.html", context, project=project, section="flags")


@page("audience.new", role=access.EDITOR)
def audience_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    return _form(request, Audience(project=project, created_at=timezone.now()))


@page("audience.edit", role=access.EDITOR, obj="audience_id")
def audience_edit(request: HttpRequest, project: Project, audience_id: int) -> HttpResponseBase:
    return _form(request, _audience(project, audience_id))


@require_POST
@page("audience.delete", role=access.EDITOR, obj="audience_id")
def audience_delete(request: HttpRequest, project: Project, audience_id: int) -> HttpResponseBase:
    audience = _audience(project, audience_id)

    def change() -> str:
        changing.delete_audience(audience, actor=request.user, now=timezone.now())
        return f"{audience.name} is deleted."

    changes.told(request, change)
    return redirect("dashboard:audience-list", project.slug)


def _audience(project: Project, audience_id: int) -> Audience:
    return get_object_or_404(Audience.objects.select_related("project"), project=project, pk=audience_id)


def _form(request: HttpRequest, audience: Audience) -> HttpResponseBase:
    project, is_post = audience.project, request.method == "POST"
    draft = drafts.of_post(request.POST.dict()) if is_post else drafts.of_audience(audience) if audience.pk else Draft()
    errors: list[str] = []
    if is_post and request.POST.get("add"):
        draft = draft.grown(request.POST["add"])
    elif is_post:
        try:
            known = {name: pk for pk, name in Audience.objects.filter(project=project).values_list("pk", "name")}
            stored = changing.put_audience(
                audience, name=draft.texts.get("name", "")[:60], definition=drafts.audience(draft, known),
                actor=request.user, now=timezone.now(),
            )  # fmt: skip
            messages.success(request, f"{stored.name} is stored; flags that name it follow at once.")
            return redirect("dashboard:audience-list", project.slug)
        except ValidationError as error:
            errors = error.messages
    context = {
        "audience": audience if audience.pk else None, "draft": draft, "errors": errors, "operators": drafts.CHOICES,
        "audiences": list(project.audiences.values_list("name", flat=True)),
    }  # fmt: skip
    template, status = "dashboard/flags/audience_form.html", 422 if errors else 200
    return layout.draw(request, template, context, project=project, section="flags", status=status)
