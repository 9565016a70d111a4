"""Where people set a status page up, look at it before it is published, and publish on it."""

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alerts.forms import NoticeForm, StatusComponentForm, StatusPageForm, UpdateForm
from alerts.incidents.status import notices, setup, subscribing
from alerts.models import Incident, StatusComponent, StatusNotice, StatusPage
from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.status import public_views
from events.accounts import access
from events.models import Project


@page("status.view", role=access.EDITOR)
def status_page(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The page's settings, its components and what was published."""
    found = setup.page_of(project)
    form = StatusPageForm(request.POST or None, project=project, page=found)
    if request.method == "POST" and form.is_valid() and form.store(actor=request.user, now=timezone.now()):
        messages.success(request, "Stored.")
        return redirect("dashboard:status-page", project.slug)
    context = {
        "form": form,
        "page": found,
        "components": list(found.components.all()) if found else [],
        "offered": dict(setup.offered(project)),
        "notices": list(found.notices.all()[:50]) if found else [],
        "subscribers": found.subscribers.exclude(confirmed_at=None).count() if found else 0,
    }
    status = 422 if form.errors else 200
    return layout.draw(
        request, "dashboard/status/edit.html", context, project=project, section="incidents", status=status
    )


@require_safe
@page("status.preview", role=access.EDITOR)
def status_preview(request: HttpRequest, project: Project) -> HttpResponseBase:
    """As visitors see it, or will."""
    return public_views.drawn(request, _page(project), now=timezone.now(), is_preview=True)


@require_POST
@page("status.delete", role=access.OWNER)
def status_delete(request: HttpRequest, project: Project) -> HttpResponseBase:
    setup.delete_page(_page(project), actor=request.user, now=timezone.now())
    messages.success(request, "The status page is deleted, with its subscribers.")
    return redirect("dashboard:status-page", project.slug)


@require_POST
@page("status.erase", role=access.EDITOR)
def status_erase(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Remove a subscriber who asks for it."""
    given = request.POST.get("address", "")[:254]
    if subscribing.erase(project, given, actor=request.user, now=timezone.now()):
        messages.success(request, "The address is deleted.")
    else:
        messages.info(request, "There is no such address.")
    return redirect("dashboard:status-page", project.slug)


@page("status.component_new", role=access.EDITOR)
def component_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    form = StatusComponentForm(request.POST or None, page=_page(project))
    if request.method == "POST" and form.is_valid() and form.store(actor=request.user, now=timezone.now()):
        return redirect("dashboard:status-page", project.slug)
    return _form(request, project, form, "Add a component")


@page("status.component_edit", role=access.EDITOR, obj="component_id")
def component_edit(request: HttpRequest, project: Project, component_id: int) -> HttpResponseBase:
    component = _component(project, component_id)
    form = StatusComponentForm(request.POST or None, page=component.page, component=component)
    if request.method == "POST" and form.is_valid() and form.store(actor=request.user, now=timezone.now()):
        return redirect("dashboard:status-page", project.slug)
    return _form(request, project, form, component.name)


@require_POST
@page("status.component_delete", role=access.EDITOR, obj="component_id")
def component_delete(request: HttpRequest, project: Project, component_id: int) -> HttpResponseBase:
    setup.delete_component(_component(project, component_id), actor=request.user, now=timezone.now())
    messages.success(request, "The component is deleted.")
    return redirect("dashboard:status-page", project.slug)


@page("status.notice_new", role=access.EDITOR)
def notice_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    """A notice: `?planned=1` is maintenance, `?incident=…` is about one of ours."""
    number = request.GET.get("incident", "")
    incident = None
    if number.isascii() and number.isdecimal() and len(number) < 19:
        incident = Incident.objects.filter(project=project, pk=int(number)).first()
    found = setup.page_of(project)
    if found is None:
        messages.info(request, "First make the status page.")
        return redirect("dashboard:status-page", project.slug)
    is_planned = request.GET.get("planned") == "1"
    form = NoticeForm(request.POST or None, page=found, is_planned=is_planned, incident=incident)
    if request.method == "POST" and form.is_valid():
        notice = form.store(actor=request.user, now=timezone.now())
        if notice is not None:
            messages.success(request, "Published.")
            return redirect("dashboard:notice", project.slug, notice.pk)
    return _form(request, project, form, "Plan maintenance" if is_planned else "Publish an incident", incident=incident)


@page("status.notice", role=access.EDITOR, obj="notice_id")
def notice(request: HttpRequest, project: Project, notice_id: int) -> HttpResponseBase:
    """What was published about one thing, and the next message."""
    found = _notice(project, notice_id)
    form = UpdateForm(request.POST or None, notice=found)
    if request.method == "POST" and form.is_valid() and form.store(actor=request.user, now=timezone.now()):
        messages.success(request, "Published.")
        return redirect("dashboard:notice", project.slug, found.pk)
    context = {"form": form, "notice": found, "page": found.page, "updates": list(found.updates.all())}
    status = 422 if form.errors else 200
    return layout.draw(
        request, "dashboard/status/notice.html", context, project=project, section="incidents", status=status
    )


@require_POST
@page("status.notice_delete", role=access.EDITOR, obj="notice_id")
def notice_delete(request: HttpRequest, project: Project, notice_id: int) -> HttpResponseBase:
    notices.delete(_notice(project, notice_id), actor=request.user, now=timezone.now())
    messages.success(request, "It is published no more.")
    return redirect("dashboard:status-page", project.slug)


def _page(project: Project) -> StatusPage:
    found = setup.page_of(project)
    if found is None:
        raise Http404("The project has no status page.")
    return found


def _component(project: Project, number: int) -> StatusComponent:
    components = StatusComponent.objects.select_related("page__project")
    return get_object_or_404(components, page__project=project, pk=number)


def _notice(project: Project, number: int) -> StatusNotice:
    return get_object_or_404(StatusNotice.objects.select_related("page__project"), page__project=project, pk=number)


def _form(
    request: HttpRequest, project: Project, form: Form, title: str, *, incident: Incident | None = None
) -> HttpResponseBase:
    context = {"form": form, "title": title, "component": getattr(form, "component", None), "incident": incident}
    status = 422 if form.errors else 200
    return layout.draw(
        request, "dashboard/status/form.html", context, project=project, section="incidents", status=status
    )
