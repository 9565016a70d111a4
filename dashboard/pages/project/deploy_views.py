"""How deploys become known: by webhooks, a script, a workflow. Looking is for editors, changing for owners."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import page
from dashboard.frame import layout
from events.accounts import access
from events.models import DeployHook, Project
from events.releases import deploys
from events.releases.hooks import SOURCES

_PAGE = 25


@page("deploy.list", role=access.EDITOR)
def deploy_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The deploys, and the hooks that tell of them."""
    return _drawn(request, project, {})


@require_POST
@page("deploy_hook.new", role=access.OWNER)
def hook_create(request: HttpRequest, project: Project) -> HttpResponseBase:
    """A new hook; its address and secret are shown on this answer and never again."""
    typed = {name: request.POST.get(name, "")[:500] for name in ("source", "secret", "repository", "version")}
    try:
        hook = deploys.create_hook(
            project, **{**typed, "version": typed["version"] or "{sha}"}, actor=request.user, now=timezone.now()
        )
    except ValidationError as error:
        named = error.message_dict if hasattr(error, "error_dict") else {"source": error.messages}
        return _drawn(request, project, {"typed": typed, "errors": named}, status=400)
    made = {
        "hook": hook, "secret": hook.secret, "where": SOURCES[hook.source].WHERE,
        "address": settings.OBS_PUBLIC_URL + reverse("deploy-hook", args=[hook.token]),
    }  # fmt: skip
    return _drawn(request, project, {"made": made})


@require_POST
@page("deploy_hook.remove", role=access.OWNER, obj="hook_id")
def hook_delete(request: HttpRequest, project: Project, hook_id: int) -> HttpResponseBase:
    hook = get_object_or_404(DeployHook, project=project, pk=hook_id)
    deploys.delete_hook(hook, actor=request.user, now=timezone.now())
    messages.success(request, f"{hook} is not listened to any more.")
    return redirect("dashboard:deploys", project.slug)


def _drawn(request: HttpRequest, project: Project, shown: dict[str, Any], *, status: int = 200) -> HttpResponseBase:
    context = {
        "hooks": project.deploy_hooks.all(), "sources": SOURCES, "public_url": settings.OBS_PUBLIC_URL,
        "listed": Paginator(deploys.list_of(project), _PAGE).get_page(request.GET.get("page")),
        "may_change": access.has_role(request.user, project, access.OWNER), **shown,
    }  # fmt: skip
    template = "dashboard/project/deploys.html"
    return layout.draw(request, template, context, project=project, section="settings", status=status)
