"""Incidents: what is open, what became of the rest, and everything about one in one column."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alerts.forms import IncidentForm, IncidentPolicyForm, NewIncidentForm
from alerts.incidents import acting, postmortem
from alerts.models import Incident
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.exports import csv_tables
from dashboard.frame import changes, layout
from dashboard.pages.incidents import presenting
from events.accounts import access
from events.models import Project

PAGE = 50


@compressed
@page("incident.list")
def incident_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What is not resolved first; how long it took."""
    asked = presenting.asked(request.GET)
    listed = Paginator(presenting.listed(project, asked), PAGE).get_page(request.GET.get("page"))
    shown = layout.state_of(request)
    context = {
        "listed": listed,
        "asked": asked,
        "filters": presenting.filters(asked),
        "cards": presenting.cards(project, start=shown.start, end=shown.end),
        "has_any": project.incidents.exists(),
        "rule_count": project.rules.count(),
    }
    return layout.draw(
        request, "dashboard/incidents/list.html", context, project=project, section="incidents", shown=shown
    )


@require_safe
@page("incident.export")
def incident_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The list with the same filters, as a table for a spreadsheet."""
    rows = presenting.rows(presenting.listed(project, presenting.asked(request.GET)).iterator(chunk_size=500))
    answer = StreamingHttpResponse(csv_tables.csv_stream(presenting.COLUMNS, rows), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="incidents-{project.slug}.csv"'
    return answer


@page("incident.view", obj="incident_id")
def incident_detail(request: HttpRequest, project: Project, incident_id: int) -> HttpResponseBase:
    """One column of facts, and what can be done."""
    incident = _incident(project, incident_id)
    return _detail(request, incident, IncidentForm(incident=incident))


@page("incident.new", role=access.EDITOR)
def incident_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    """One opened by hand."""
    form = NewIncidentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        incident = form.store(project, actor=request.user, now=timezone.now())
        if incident is not None:
            messages.success(request, "It is open, until somebody resolves it.")
            return redirect("dashboard:incident", project.slug, incident.pk)
    return _form(request, project, form, "Open an incident", "Open it")


@page("incident.acknowledge", role=access.EDITOR, obj="incident_id")
def incident_acknowledge(request: HttpRequest, project: Project, incident_id: int) -> HttpResponseBase:
    """Where messages lead: GET asks, since programs follow links too, and POST acknowledges."""
    incident = _incident(project, incident_id)
    if request.method != "POST":
        context = {"incident": incident, "alerts": list(incident.alerts.all()[:50])}
        return layout.draw(
            request, "dashboard/incidents/acknowledge.html", context, project=project, section="incidents"
        )
    if acting.acknowledge(incident, actor=request.user, now=timezone.now()):
        messages.success(request, "You look after it; everybody sees that here.")
    else:
        messages.info(request, "Somebody looks after it already, or it is resolved.")
    return redirect("dashboard:incident", project.slug, incident.pk)


@require_POST
@page("incident.resolve", role=access.EDITOR, obj="incident_id")
def incident_resolve(request: HttpRequest, project: Project, incident_id: int) -> HttpResponseBase:
    incident = _incident(project, incident_id)

    def change() -> str:
        done = acting.resolve(incident, text=request.POST.get("text", ""), actor=request.user, now=timezone.now())
        return "It is resolved." if done else "It was resolved already."

    changes.told(request, change)
    return redirect("dashboard:incident", project.slug, incident.pk)


@require_POST
@page("incident.reopen", role=access.EDITOR, obj="incident_id")
def incident_reopen(request: HttpRequest, project: Project, incident_id: int) -> HttpResponseBase:
    incident = _incident(project, incident_id)
    done = acting.reopen(incident, actor=request.user, now=timezone.now())
    messages.success(request, "It is open again, until somebody resolves it." if done else "It is open.")
    return redirect("dashboard:incident", project.slug, incident.pk)


@require_POST
@page("incident.comment", role=access.EDITOR, obj="incident_id")
def incident_comment(request: HttpRequest, project: Project, incident_id: int) -> HttpResponseBase:
    incident = _incident(project, incident_id)
    try:
        acting.comment(incident, request.POST.get("text", ""), actor=request.user, now=timezone.now())
    except ValidationError as error:
        messages.error(request, f"The comment: {' '.join(error.messages)}")
    return redirect("dashboard:incident", project.slug, incident.pk)


@require_POST
@page("incident.change", role=access.EDITOR, obj="incident_id")
def incident_change(request: HttpRequest, project: Project, incident_id: int) -> HttpResponseBase:
    """Title, severity, who leads it, whether it stays, and the summary."""
    incident = _incident(project, incident_id)
    form = IncidentForm(request.POST, incident=incident)
    if form.is_valid() and form.store(actor=request.user, now=timezone.now()) is not None:
        return redirect("dashboard:incident", project.slug, incident.pk)
    return _detail(request, incident, form, status=422)


@require_safe
@page("incident.postmortem", obj="incident_id")
def incident_postmortem(request: HttpRequest, project: Project, incident_id: int) -> HttpResponseBase:
    """The whole as Markdown, to be finished by people."""
    text = postmortem.markdown(_incident(project, incident_id), now=timezone.now())
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="incident-{incident_id}.md"'
    return answer


@page("incident.policy", role=access.EDITOR)
def incident_policy(request: HttpRequest, project: Project) -> HttpResponseBase:
    """When the project's alerts open incidents."""
    form = IncidentPolicyForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid() and form.store(actor=request.user, now=timezone.now()) is not None:
        messages.success(request, "Stored; what is open stays as it is.")
        return redirect("dashboard:incident-list", project.slug)
    return _form(request, project, form, "When incidents open", "Store")


def _incident(project: Project, incident_id: int) -> Incident:
    found = Incident.objects.select_related("project", "commander", "acknowledged_by", "resolved_by", "opened_by")
    return get_object_or_404(found.prefetch_related("alerts"), project=project, pk=incident_id)


def _detail(request: HttpRequest, incident: Incident, form: IncidentForm, status: int = 200) -> HttpResponseBase:
    context = presenting.detail(incident, now=timezone.now()) | {"form": form}
    return layout.draw(
        request, "dashboard/incidents/page.html", context, project=incident.project, section="incidents", status=status
    )


def _form(
    request: HttpRequest, project: Project, form: NewIncidentForm | IncidentPolicyForm, title: str, button: str
) -> HttpResponseBase:
    context = {"form": form, "title": title, "button": button}
    status = 422 if form.errors else 200
    return layout.draw(
        request, "dashboard/incidents/form.html", context, project=project, section="incidents", status=status
    )
