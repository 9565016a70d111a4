"""Logs: what was written, found by search, one line with what stands around it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from analytics.engine import EngineError
from analytics.periods import Period
from analytics.questions.logs import log_lines, log_volume
from analytics.questions.logs.log_lines import LogLine, Position
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards, evidence_rows
from dashboard.exports import tables
from dashboard.frame import comparison, empty_states, filters, layout, other_values, query_errors, saved_views
from dashboard.frame.measures import Tile
from dashboard.frame.state import State
from dashboard.models import SavedView
from dashboard.pages.performance import rates
from events.accounts import access
from events.issues import search
from events.issues.search import Search, SearchError
from events.models import Project

_COLUMNS = (
    "at",
    "level",
    "service",
    "host",
    "logger",
    "body",
    "trace_id",
    "span_id",
    "release",
    "environment",
    "log_id",
)
_PIECE = 5000
_EXPORTED = 100_000
_LONGEST_TAIL = timedelta(hours=1)
CHIPS = [("All", ""), ("Errors", "level:[error, fatal]"), ("Warnings", "level:warning"), ("In a trace", "has:trace")]


@compressed
@page("logs.list")
@query_errors.said
def log_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The lines of the period that the search finds, newest first."""
    shown = layout.state_of(request)
    now = timezone.now()
    text, where = _written(request), filters.chosen(request.GET.dict(), filters.LOGS)
    whole = filters.searched(text, where)
    error: SearchError | None = None
    found = None
    tiles: list[Tile] = []
    try:
        asked = search.parse(whole, now=now)
        tiles = _tiles(project, asked, shown, where=where, now=now)
        found = log_lines.log_lines(
            project,
            search=asked,
            period=Period(shown.start, shown.end),
            environment=shown.environment,
            before=_position(request.GET.get("before", "")),
        )
    except SearchError as problem:
        error = problem
    lines = found.lines if found else ()
    context = {
        "found": found,
        "tiles": tiles,
        "query": text,
        "whole": whole,
        "where": where,
        "folded": "" if where else other_values.note(project, "logs", "service", state=shown, now=now),
        "filterable": filters.LOGS,
        "error": error,
        "pointer": " " * error.position + "^" if error else "",
        "chips": CHIPS,
        "lines": evidence_rows.lines(project, lines),
        "older": _spelled(found.older) if found and found.older else "",
        "card": cards.card(project, "log_volume", state=shown, height="short", width="all", query=whole),
        "start": empty_states.of(project, "logs", now=now) if not lines and not whole else None,
        "pulse_url": reverse("dashboard:log-pulse", args=[project.slug]),
        "tail_from": now.isoformat() if "before" not in request.GET and not shown.until else "",
        "searches": searches(project, request.user),
        "tab": "lines",
    }
    return layout.draw(
        request, "dashboard/logs/list.html", context, project=project, section="logs", shown=shown, where=where
    )


@compressed
@page("logs.tail")
@query_errors.said
def log_tail(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The lines that came since the moment asked for, newest first, as rows alone; `X-Cursor` is what to ask next.

    An open page asks for them when `pulse` says that there are some, so that a look that shows nothing leaves no entry.
    """
    now, shown = timezone.now(), layout.state_of(request)
    since = evidence_rows.moment(request.GET.get("since", "")) or now
    try:
        found = log_lines.log_tail(
            project, since=max(since, now - _LONGEST_TAIL), now=now, search=search.parse(_query(request), now=now),
            environment=shown.environment,
        )  # fmt: skip
    except SearchError as error:
        return HttpResponse(error.message, status=400, content_type="text/plain; charset=utf-8")
    rows = evidence_rows.lines(project, reversed(found.lines))
    answer = render(request, "dashboard/logs/rows.html", {"lines": rows, "project": project})
    answer["X-Cursor"] = found.cursor.isoformat()
    return answer


@compressed
@page("logs.view")
@query_errors.said
def log_line(request: HttpRequest, project: Project, log_id: str) -> HttpResponseBase:
    """One line between those that the same service and host wrote before and after it."""
    at = evidence_rows.moment(request.GET.get("at", ""))
    position = Position(at, log_id) if at else None
    chosen = next(iter(log_lines.log_context(project, of=position, each=0)), None) if position else None
    if position is None or chosen is None or chosen.log_id != log_id:
        raise Http404("No such line.")
    found = log_lines.log_context(project, of=position, service=chosen.service or "", host=chosen.host or "")
    context = {"line": chosen, "lines": evidence_rows.lines(project, found), "filterable": filters.LOGS}
    return layout.draw(request, "dashboard/logs/line.html", context, project=project, section="logs")


@page("logs.export")
@query_errors.said
def log_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The lines that the search finds as CSV, streamed; with `format=json` or `parquet` in another form.

    One that was cut off is continued by `before`, a moment and an id with `~` between, those of its last line.
    """
    shown = layout.state_of(request)
    try:
        asked = search.parse(_query(request), now=timezone.now())
        lines = _exported(project, asked, shown, before=_position(request.GET.get("before", "")))
        first = list(islice(lines, 1))  # what cannot be searched is said before the file begins
    except SearchError as error:
        return HttpResponse(error.message, status=400, content_type="text/plain; charset=utf-8")
    rows = ([_cell(getattr(line, name)) for name in _COLUMNS] for line in chain(first, lines))
    form = tables.form_of(request.GET.get("format", ""))
    return tables.answer(form, name=f"{project.slug}-logs", columns=_COLUMNS, rows=rows)


def pulse(request: HttpRequest, slug: str) -> HttpResponse:
    """How many lines the search found since `since`: 204 for none.

    A number without content, asked every two seconds by an open page, so it leaves no entry in the audit trail.
    """
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    project = access.get_project_or_404(request.user, slug)
    now = timezone.now()
    since = evidence_rows.moment(request.GET.get("since", ""))
    if since is None:
        return JsonResponse({"cursor": now.isoformat(), "count": 0})
    count = _count(project, _query(request), layout.state_of(request), since=max(since, now - _LONGEST_TAIL), now=now)
    return JsonResponse({"cursor": now.isoformat(), "count": count}) if count else HttpResponse(status=204)


def searches(project: Project, user: Any) -> list[SavedView]:
    """The saved views of the list of lines that `user` may see."""
    path = reverse("dashboard:logs", args=[project.slug])
    return list(saved_views.visible(project, user).filter(path=path).select_related("owner").order_by("name")[:20])


def _tiles(project: Project, asked: Search, shown: State, *, where: Mapping[str, str], now: datetime) -> list[Tile]:
    period, against = Period(shown.start, shown.end), comparison.of(project, shown)
    about: dict[str, Any] = {"search": asked, "environment": shown.environment, "now": now}
    volume = log_volume.log_volume(project, period=period, **about, most=30)
    changes = log_volume.log_changes(project, period=period, **about, baseline=against.baseline, whole=volume)
    return rates.logs(volume, changes, state=shown, against=against, where=where)


def _count(project: Project, text: str, shown: State, *, since: datetime, now: datetime) -> int:
    try:
        asked = search.parse(text, now=now)
        tail = log_lines.log_tail(project, since=since, now=now, search=asked, environment=shown.environment)
    except (SearchError, EngineError):
        return 0
    return sum(line.at > since for line in tail.lines)


def _exported(project: Project, asked: Search, shown: State, *, before: Position | None) -> Iterator[LogLine]:
    """The lines, newest first, at most _EXPORTED and a few; asked for a piece at a time."""
    count = 0
    while count < _EXPORTED:
        found = log_lines.log_lines(
            project,
            search=asked,
            period=Period(shown.start, shown.end),
            environment=shown.environment,
            before=before,
            size=_PIECE,
        )
        yield from found.lines
        before, count = found.older, count + len(found.lines)
        if before is None:
            return


def _written(request: HttpRequest) -> str:
    """What was written into the field of the search."""
    return request.GET.get("query", "").replace("\x00", "")


def _query(request: HttpRequest) -> str:
    """The same with the filters of the address as further terms."""
    return filters.searched(_written(request), filters.chosen(request.GET.dict(), filters.LOGS))


def _spelled(position: Position) -> str:
    return f"{position.at.isoformat()}~{position.log_id}"


def _position(text: str) -> Position | None:
    at, _, log_id = text.partition("~")
    moment = evidence_rows.moment(at)
    return Position(moment, log_id.replace("\x00", "")[:64]) if moment else None


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
