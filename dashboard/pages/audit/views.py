"""The audit trail of a project, folded, filtered, checked, and as a file. For owners: it tells who looked at what."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from dashboard.access.guard import page
from dashboard.exports import csv_tables
from dashboard.frame import layout
from dashboard.pages.audit import folding, reading
from events.accounts import access, audit
from events.models import AuditEntry, Membership, Project

PAGE, MOST = 200, 100_000
_COLUMNS = ("id", "at", "actor", "via", "action", "object_type", "object_id", "detail", "address")


@page("audit.view", role=access.OWNER)
def audit_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What happened in the period, the newest first."""
    shown, wanted = layout.state_of(request), reading.asked(request.GET.dict())
    found = list(reading.entries(project, wanted, start=shown.start, end=shown.end)[: PAGE + 1])
    entries = found[:PAGE]
    altered = audit.altered(entries)
    lines = [(line, reading.url_of(project, line.newest)) for line in folding.fold(entries)]
    context = {
        "lines": lines,
        "wanted": wanted,
        "shows": reading.SHOWN.items(),
        "count": len(entries),
        "altered": altered,
        "older": layout.replaced(request, before=str(entries[-1].pk)) if len(found) > PAGE else "",
        "csv_query": layout.replaced(request, before=""),
        "people": Membership.objects.filter(project=project).values_list("user__username", flat=True)[:200],
    }
    return layout.draw(request, "dashboard/audit/list.html", context, project=project, section="settings", shown=shown)


@page("audit.export", role=access.OWNER)
def audit_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The same entries as CSV, streamed; on record before a row leaves."""
    shown, wanted = layout.state_of(request), reading.asked(request.GET.dict())
    found = reading.entries(project, wanted, start=shown.start, end=shown.end)[:MOST]
    audit.record("audit.export", actor=request.user, project=project, now=timezone.now())
    response = StreamingHttpResponse(
        csv_tables.csv_stream(_COLUMNS, _rows(found.iterator(chunk_size=1000))), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-audit.csv"'
    return response


def _rows(entries: Iterator[AuditEntry]) -> Iterator[list[Any]]:
    for entry in entries:
        row = [getattr(entry, name) for name in _COLUMNS]
        row[1], row[7] = entry.at.isoformat(), json.dumps(entry.detail, sort_keys=True)
        yield row
