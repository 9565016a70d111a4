"""Uptime: what this server looks at by itself, what it found, and how a probe is set up."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.forms import ProbeForm
from alerts.models import Probe
from alerts.probes import probe_setup
from dashboard.access.guard import page
from dashboard.exports import csv_tables
from dashboard.frame import layout
from dashboard.pages.monitors import presenting as monitors
from dashboard.pages.uptime import presenting
from events.accounts import access
from events.models import Project

PAGE, LISTED = 50, 100
JOBS = 10  # scheduled jobs beside the probes; all of them are on their own page
_COLUMNS = (
    "at", "status", "is_retry", "words", "http_status", "redirects", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms",
    "total_ms",
)  # fmt: skip


@page("probe.list")
def probe_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Every probe, what is down first."""
    listed = Paginator(presenting.listed(project), LISTED).get_page(request.GET.get("page", "1"))
    context = {
        "listed": listed,
        "rows": presenting.rows(list(listed), now=timezone.now()),
        "kinds": Probe.Kind.choices,
        "jobs": monitors.lines(project)[:JOBS],
        "job_count": project.monitors.count(),
    }
    return layout.draw(request, "dashboard/uptime/list.html", context, project=project, section="uptime")


@page("probe.view", obj="probe_id")
def probe_detail(request: HttpRequest, project: Project, probe_id: int) -> HttpResponseBase:
    """One probe: its days, where its time goes, its outages and looks."""
    probe = _probe(project, probe_id)
    number = request.GET.get("page", "")
    first = PAGE * (max(1, min(int(number), 1000)) - 1) if number.isdecimal() and len(number) < 6 else 0
    looks = list(presenting.looks_of(probe)[first : first + PAGE + 1])
    context = {
        "probe": probe,
        **presenting.detail(probe, now=timezone.now()),
        "looks": looks[:PAGE],
        "newer": first // PAGE if first else None,
        "older": first // PAGE + 2 if len(looks) > PAGE else None,
    }
    return layout.draw(request, "dashboard/uptime/page.html", context, project=project, section="uptime")


@page("probe.export", obj="probe_id")
def probe_csv(request: HttpRequest, project: Project, probe_id: int) -> HttpResponseBase:
    """The looks that are kept as CSV, streamed."""
    probe = _probe(project, probe_id)
    looks = presenting.looks_of(probe).values_list(*_COLUMNS).iterator(chunk_size=500)
    rows = ([at.isoformat(), *rest] for at, *rest in looks)
    response = StreamingHttpResponse(csv_tables.csv_stream(_COLUMNS, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-{probe.slug}-looks.csv"'
    return response


@page("probe.new", role=access.EDITOR)
def probe_new(request: HttpRequest, project: Project, probe_kind: str) -> HttpResponseBase:
    """The form of one kind."""
    if probe_kind not in Probe.Kind.values:
        raise Http404("No such kind of probe.")
    return _form(request, project, ProbeForm(request.POST or None, project=project, kind=probe_kind))


@page("probe.edit", role=access.EDITOR, obj="probe_id")
def probe_edit(request: HttpRequest, project: Project, probe_id: int) -> HttpResponseBase:
    probe = _probe(project, probe_id)
    return _form(request, project, ProbeForm(request.POST or None, instance=probe, kind=probe.kind))


@require_POST
@page("probe.look", role=access.EDITOR, obj="probe_id")
def probe_look(request: HttpRequest, project: Project, probe_id: int) -> HttpResponseBase:
    """Looks at once, and says what was found."""
    probe = _probe(project, probe_id)
    found = probe_setup.look_now(probe, actor=request.user, now=timezone.now())
    if found is None:
        messages.warning(request, "It is paused, or nothing can be known of it now.")
    elif found:
        messages.success(request, "It is well.")
    else:
        messages.error(request, "The look failed; the first line of the looks says why.")
    return redirect("dashboard:probe", project.slug, probe.pk)


@require_POST
@page("probe.pause", role=access.EDITOR, obj="probe_id")
def probe_pause(request: HttpRequest, project: Project, probe_id: int) -> HttpResponseBase:
    probe = _probe(project, probe_id)
    probe_setup.pause(probe, actor=request.user, now=timezone.now())
    messages.success(request, f"{probe.name} is paused: nobody looks at it.")
    return redirect("dashboard:probe", project.slug, probe.pk)


@require_POST
@page("probe.resume", role=access.EDITOR, obj="probe_id")
def probe_resume(request: HttpRequest, project: Project, probe_id: int) -> HttpResponseBase:
    probe = _probe(project, probe_id)
    probe_setup.resume(probe, actor=request.user, now=timezone.now())
    messages.success(request, f"{probe.name} is looked at within seconds.")
    return redirect("dashboard:probe", project.slug, probe.pk)


@require_POST
@page("probe.delete", role=access.EDITOR, obj="probe_id")
def probe_delete(request: HttpRequest, project: Project, probe_id: int) -> HttpResponseBase:
    probe = _probe(project, probe_id)
    probe_setup.delete(probe, actor=request.user, now=timezone.now())
    messages.success(request, f"{probe.name} is deleted.")
    return redirect("dashboard:probe-list", project.slug)


def _probe(project: Project, probe_id: int) -> Probe:
    """Without its secrets, which no page shows."""
    probes = Probe.objects.select_related("project", "state").defer("secrets")
    return get_object_or_404(probes, project=project, pk=probe_id)


def _form(request: HttpRequest, project: Project, form: ProbeForm) -> HttpResponseBase:
    now, tried = timezone.now(), None
    if request.method == "POST" and form.is_valid():
        if "try" in request.POST:
            tried = form.try_out(actor=request.user, now=now)
        else:
            probe = form.store(project, actor=request.user, now=now)
            if probe is not None:
                messages.success(request, f"{probe.name} is stored, and looked at within seconds.")
                return redirect("dashboard:probe", project.slug, probe.pk)
    context = {"form": form, "probe": form.instance, "kind": Probe.Kind(form.of_kind).label, "tried": tried}
    status = 422 if form.errors else 200
    return layout.draw(request, "dashboard/uptime/form.html", context, project=project, section="uptime", status=status)
