"""Log lines by what they have in common."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from analytics.periods import Period
from analytics.questions.logs import log_patterns as query
from analytics.questions.logs.log_patterns import HOLE, Pattern
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import evidence_rows
from dashboard.frame import empty_states, filters, layout, query_errors
from events.issues import search
from events.issues.search import SearchError
from events.models import Project

_OTHER_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A pattern with the way to its lines and to the last of them; `others` names its rarer levels."""

    pattern: Pattern
    lines_url: str
    example_url: str
    others: str


@compressed
@page("logs.patterns")
@query_errors.said
def log_patterns(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The patterns of the lines of the period that the search finds, the most frequent first."""
    shown, now = layout.state_of(request), timezone.now()
    text = request.GET.get("query", "").replace("\x00", "")
    where = filters.chosen(request.GET.dict(), filters.LOGS)
    whole = filters.searched(text, where)
    found, error = None, None
    try:
        asked = search.parse(whole, now=now)
        found = query.log_patterns(
            project, period=Period(shown.start, shown.end), search=asked, environment=shown.environment
        )
    except SearchError as problem:
        error = problem
    context = {
        "found": found,
        "rows": [_row(project, one, state=shown.query, text=whole) for one in found.rows] if found else [],
        "query": text,
        "whole": whole,
        "where": where,
        "filterable": filters.LOGS,
        "error": error,
        "pointer": " " * error.position + "^" if error else "",
        "start": empty_states.of(project, "logs", now=now) if found and not found.lines and not whole else None,
        "tab": "patterns",
    }
    return layout.draw(
        request, "dashboard/logs/patterns.html", context, project=project, section="logs", shown=shown, where=where
    )


def search_of(pattern: Pattern) -> str:
    """The search that finds the lines of a pattern."""
    if pattern.is_sent:
        return f'template:"{_literal(pattern.text)}"'
    return f'message:"{"*".join(_literal(part) for part in pattern.text.split(HOLE))}"'


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")


def _row(project: Project, pattern: Pattern, *, state: str, text: str) -> Row:
    lines = urlencode({"query": f"{text} {search_of(pattern)}".strip()[:2000]})
    rarer = sorted(set(pattern.levels) - {pattern.level, ""}, key=lambda name: -pattern.levels[name])
    return Row(
        pattern=pattern,
        lines_url=f"{reverse('dashboard:logs', args=[project.slug])}?{f'{state}&' if state else ''}{lines}",
        example_url=evidence_rows.line_url(project, pattern.example_id, pattern.last_at),
        others=", ".join(rarer[:_OTHER_LEVELS]),
    )
