"""Another name for a project, other hands, deletion, and bringing it back."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import page, site_page
from dashboard.frame import layout
from dashboard.pages.project import inviting, naming
from events.accounts import access, project_erasing, project_life, server_project
from events.models import Membership, Project


@page("project_life.view", role=access.OWNER)
def project_life_page(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The forms, each with what follows from it."""
    return _shown(request, project)


@require_POST
@page("project_life.view", role=access.OWNER)
def project_rename(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The project is called otherwise; the page under its new address follows."""
    given = {"name": request.POST.get("name", ""), "slug": request.POST.get("slug", "").strip()}
    try:
        is_new = project_life.rename(project, **given, actor=request.user, now=timezone.now())
    except ValidationError as error:
        return _shown(request, project, status=422, given=given, errors=naming.mended(error, slug=given["slug"]))
    words = "Renamed. Addresses with the old short form lead on, and senders go on as they are."
    messages.success(request, words if is_new else "Nothing was changed.")
    return redirect("dashboard:project-life", project.slug)


@require_POST
@page("project_life.view", role=access.OWNER)
def project_hand_over(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Somebody else owns the project."""
    stays = request.POST.get("stays_as", "")
    to = get_user_model().objects.filter(
        memberships__project=project, username=request.POST.get("to", "")[:150].replace("\x00", ""), is_active=True
    )
    try:
        found = to.first()
        if found is None:
            raise ValidationError("Choose somebody of the project; invite them under Settings → People first.")
        project_life.hand_over(project, found, stays_as=stays, actor=request.user, now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("dashboard:project-life", project.slug)
    messages.success(request, f"{found.get_username()} owns {project.name} now.")
    return redirect("dashboard:overview" if access.has_role(request.user, project) else "dashboard:home",
                    *([project.slug] if access.has_role(request.user, project) else []))  # fmt: skip


@require_POST
@page("project_life.view", role=access.OWNER)
def project_delete(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The project is gone from sight; within the grace an owner brings it back."""
    try:
        until = project_life.delete(
            project, typed=request.POST.get("typed", "")[:200], actor=request.user, now=timezone.now()
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("dashboard:project-life", project.slug)
    messages.success(request, f"{project.name} is deleted. Until {until:%d %b %Y} an owner can bring it back.")
    return redirect("dashboard:deleted-projects")


@site_page("deleted_projects.view")
def deleted_projects(request: HttpRequest) -> HttpResponseBase:
    """What was deleted, until when it comes back, and receipts of what was erased."""
    found = list(project_life.deleted(request.user)[:200])
    context = {
        "waiting": [(one, project_life.erased_from(one)) for one in found if one.erased_at is None],
        "erased": [one for one in found if one.erased_at is not None],
    }
    return layout.draw(request, "dashboard/project/deleted.html", context, section="home")


@require_POST
@site_page("deleted_projects.view")
def project_restore(request: HttpRequest, gone_id: int) -> HttpResponseBase:
    """The project is back as it was."""
    project = get_object_or_404(project_life.deleted(request.user), pk=gone_id)
    try:
        project_life.restore(project, actor=request.user, now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("dashboard:deleted-projects")
    messages.success(request, f"{project.name} is back; what senders were refused meanwhile is not.")
    return redirect("dashboard:home")


@site_page("project_receipt.view")
def project_receipt(request: HttpRequest, gone_id: int) -> HttpResponseBase:
    """What was erased of a project, signed."""
    project = get_object_or_404(project_life.deleted(request.user), pk=gone_id, erased_at__isnull=False)
    response = JsonResponse(project_erasing.receipt(project), json_dumps_params={"indent": 1})
    response["Content-Disposition"] = f'attachment; filename="receipt-{project.pk}.json"'
    return response


def _shown(request: HttpRequest, project: Project, *, status: int = 200, **more: object) -> HttpResponseBase:
    others = Membership.objects.filter(project=project, user__is_active=True).exclude(user_id=request.user.pk or 0)
    context = {
        "given": {"name": project.name, "slug": project.slug}, "errors": {},
        "others": others.select_related("user").order_by("user__username"), "role_words": inviting.ROLES,
        "grace_days": settings.OBS_PROJECT_GRACE_DAYS, "is_own": project.slug == server_project.SLUG,
        "former": project.former_slugs.order_by("-created_at")[:20], **more,
    }  # fmt: skip
    return layout.draw(
        request, "dashboard/project/life.html", context, project=project, section="settings", status=status
    )
