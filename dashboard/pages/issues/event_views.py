"""The error events of a period: where a click on a chart leads."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from analytics.engine import EngineError
from analytics.periods import Period
from analytics.questions.errors.error_events import ErrorEvent
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.issues import lists
from events.issues import triage
from events.models import Issue, IssueGroup, Occurrence, Project


@dataclass(frozen=True, slots=True)
class Row:
    """One event, its issue unless that is gone, and the address of what is kept of it."""

    event: ErrorEvent
    issue: Issue | None
    url: str
    is_kept: bool


@compressed
@page("events.list")
def event_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The error events of the period that the filters in the URL leave."""
    shown = layout.state_of(request)
    given = {name: request.GET.get(name, "").replace("\x00", "")[:200] for name in ("level", "release", "handled")}
    wanted = request.GET.get("issue", "")
    issue = (
        triage.get_or_404(project, int(wanted))
        if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19
        else None
    )
    number = request.GET.get("page", "")
    found, error = None, ""
    try:
        found = lists.error_events_asked(
            project,
            request.GET.dict(),
            period=Period(shown.start, shown.end),
            environment=shown.environment,
            page=int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 1,
        )
    except EngineError as problem:
        error = str(problem)
    context = {
        "found": found,
        "rows": _rows(project, found.rows) if found else [],
        "error": error,
        "narrowed_to": issue,
        "filters": [(name, value, layout.replaced(request, **{name: ""})) for name, value in given.items() if value],
        "without_issue": layout.replaced(request, issue=""),
        "newer": layout.replaced(request, page=str(found.page - 1)) if found and found.page > 1 else "",
        "older": layout.replaced(request, page=str(found.page + 1)) if found and found.page < found.pages else "",
    }
    return layout.draw(request, "dashboard/issues/events.html", context, project=project, section="issues", shown=shown)


def _rows(project: Project, found: tuple[ErrorEvent, ...]) -> list[Row]:
    hashes = {UUID(one.group_hash) for one in found if one.group_hash}
    groups = IssueGroup.objects.filter(project=project, hash__in=hashes).select_related("issue")
    of_hash = {group.hash.hex: group.issue for group in groups}
    ids = [UUID(one.event_id) for one in found if one.event_id]
    kept = {
        one.hex
        for one in Occurrence.objects.filter(project=project, event_id__in=ids).values_list("event_id", flat=True)
    }
    rows = []
    for one in found:
        issue, is_kept = of_hash.get(one.group_hash), one.event_id in kept
        target = (
            [project.slug, issue.pk, one.event_id] if issue and is_kept else [project.slug, issue.pk if issue else 0]
        )
        url = reverse("dashboard:event" if issue and is_kept else "dashboard:issue", args=target) if issue else ""
        rows.append(Row(one, issue, url, is_kept))
    return rows
