"""Who else sends alerts here, how that is set up, and what they sent."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.foreign import setup
from alerts.forms import SilenceForm, SourceForm
from alerts.models import ForeignAlert, ForeignSource
from alerts.routing import holding
from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.alerts import firing, sources
from events.accounts import access
from events.models import Project


@page("source.list")
def source_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The sources, what is on of each, and what they sent lately."""
    context = {"sources": sources.listed(project), "alerts": sources.latest(project), "now": timezone.now()}
    return layout.draw(request, "dashboard/alerts/source_list.html", context, project=project, section="alerts")


@page("source.new", role=access.EDITOR)
def source_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The form, and then, once, the token with what the sender is to be told."""
    return _form(request, project, SourceForm(request.POST or None, project=project))


@page("source.edit", role=access.EDITOR, obj="source_id")
def source_edit(request: HttpRequest, project: Project, source_id: int) -> HttpResponseBase:
    return _form(request, project, SourceForm(request.POST or None, instance=_source(project, source_id)))


@require_POST
@page("source.rotate", role=access.EDITOR, obj="source_id")
def source_rotate(request: HttpRequest, project: Project, source_id: int) -> HttpResponseBase:
    source = _source(project, source_id)
    return _token(request, project, source, setup.rotate(source, actor=request.user, now=timezone.now()))


@require_POST
@page("source.switch", role=access.EDITOR, obj="source_id")
def source_switch(request: HttpRequest, project: Project, source_id: int) -> HttpResponseBase:
    source = _source(project, source_id)
    setup.switch(source, on=not source.is_enabled, actor=request.user, now=timezone.now())
    messages.success(request, f"{source.name} is {'on' if source.is_enabled else 'off'}.")
    return redirect("dashboard:source-list", project.slug)


@require_POST
@page("source.delete", role=access.EDITOR, obj="source_id")
def source_delete(request: HttpRequest, project: Project, source_id: int) -> HttpResponseBase:
    source = _source(project, source_id)
    setup.delete(source, actor=request.user, now=timezone.now())
    messages.success(request, f"{source.name} is deleted with its alerts.")
    return redirect("dashboard:source-list", project.slug)


@page("foreign.view", obj="foreign_id")
def foreign_detail(request: HttpRequest, project: Project, foreign_id: int) -> HttpResponseBase:
    """One alert of others: what they say of it, and who was told."""
    found = _foreign(project, foreign_id)
    now = timezone.now()
    notice = sources.notice_of(found)
    context = {
        "foreign": found,
        "notice": notice,
        "told": firing.told(notice, holding.load(project.pk, now=now)),
        "form": SilenceForm(initial={"matchers": sources.matchers_of(found)}),
        "now": now,
    }
    return layout.draw(request, "dashboard/alerts/foreign_detail.html", context, project=project, section="alerts")


@require_POST
@page("foreign.acknowledge", role=access.EDITOR, obj="foreign_id")
def foreign_acknowledge(request: HttpRequest, project: Project, foreign_id: int) -> HttpResponseBase:
    found = _foreign(project, foreign_id)
    if setup.acknowledge(found, actor=request.user, now=timezone.now()):
        messages.success(request, "You look after it; everybody sees that here.")
    else:
        messages.info(request, "Somebody looks after it already, or it is over.")
    return redirect("dashboard:foreign-alert", project.slug, found.pk)


@require_POST
@page("foreign.end", role=access.EDITOR, obj="foreign_id")
def foreign_end(request: HttpRequest, project: Project, foreign_id: int) -> HttpResponseBase:
    found = _foreign(project, foreign_id)
    if setup.end(found, actor=request.user, now=timezone.now()):
        messages.success(request, f"{found.name} is over here. It comes again if its source says that it fires.")
    else:
        messages.info(request, f"{found.name} is over already.")
    return redirect("dashboard:foreign-alert", project.slug, found.pk)


def _source(project: Project, source_id: int) -> ForeignSource:
    return get_object_or_404(ForeignSource.objects.select_related("project"), project=project, pk=source_id)


def _foreign(project: Project, foreign_id: int) -> ForeignAlert:
    found = ForeignAlert.objects.select_related("source__project")
    return get_object_or_404(found, source__project=project, pk=foreign_id)


def _form(request: HttpRequest, project: Project, form: SourceForm) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        stored = form.store(project, actor=request.user, now=timezone.now())
        if stored is not None and stored[1]:
            return _token(request, project, *stored)
        if stored is not None:
            messages.success(request, f"{stored[0].name} is stored.")
            return redirect("dashboard:source-list", project.slug)
    context = {
        "form": form,
        "title": form.instance.name or "Add a source",
        "pk": form.instance.pk,
        "delete": "dashboard:source-delete",
        "back": "dashboard:source-list",
        "back_title": "Sources",
    }
    status = 422 if form.errors else 200
    template = "dashboard/alerts/setting_form.html"
    return layout.draw(request, template, context, project=project, section="alerts", status=status)


def _token(request: HttpRequest, project: Project, source: ForeignSource, token: str) -> HttpResponseBase:
    """The token, this once, in what is copied into the sender's own settings."""
    context = {"source": source, "token": token, "ways": sources.ways(project, token)}
    template = "dashboard/alerts/source_token.html"
    response = layout.draw(request, template, context, project=project, section="alerts")
    response["Cache-Control"] = "no-store"
    return response
