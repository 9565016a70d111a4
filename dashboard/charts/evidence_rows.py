"""Rows of facts with the ways to their issues and traces."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from analytics.periods import Period
from analytics.questions.logs.log_lines import LogLine
from analytics.questions.performance.endpoint_detail import EndpointError
from analytics.questions.traces import trace_errors
from analytics.questions.traces.trace import TraceError
from events.models import Issue, IssueGroup, Project

# A trace is over within it; an error a little before or after the lines shown belongs to them too.
_NEAR = timedelta(hours=1)
_ISSUES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A log line; addresses are empty where there is nothing."""

    line: LogLine
    url: str
    trace_url: str
    issues: tuple[Issue, ...]
    json: str

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What a person reads of the line besides its text: columns, then attributes."""
        one = self.line
        named = {
            "level": one.level,
            "logger": one.logger,
            "service": one.service,
            "host": one.host,
            "environment": one.environment,
            "release": one.release,
            "trace": one.trace_id,
            "span": one.span_id,
        }
        columns = [(name, value) for name, value in named.items() if value]
        return [*columns, *sorted(one.attributes.items())[:60]]


def lines(project: Project, found: Iterable[LogLine]) -> list[Line]:
    """The lines with their addresses, the issues of errors in their traces, and as JSON."""
    listed = list(found)
    issues_of = _issues_of_traces(project, listed)
    return [_line(project, line, issues_of.get((line.trace_id or "").lower(), ())) for line in listed]


def _issues_of_traces(project: Project, found: Sequence[LogLine]) -> dict[str, tuple[Issue, ...]]:
    """At most _ISSUES of each trace, those whose errors came first."""
    moments = [line.at for line in found if line.trace_id]
    if not moments:
        return {}
    period = Period(min(moments) - _NEAR, max(moments) + _NEAR)
    groups_of = trace_errors.trace_errors(project, {line.trace_id for line in found if line.trace_id}, period=period)
    of_hash = _by_hash(project, {one.group for groups in groups_of.values() for one in groups})
    return {
        trace_id: tuple(dict.fromkeys(of_hash[one.group] for one in groups if one.group in of_hash))[:_ISSUES]
        for trace_id, groups in groups_of.items()
    }


def _line(project: Project, line: LogLine, issues: tuple[Issue, ...]) -> Line:
    return Line(
        line=line,
        url=line_url(project, line.log_id, line.at),
        trace_url=trace_url(project, line.trace_id, line.at),
        issues=issues,
        json=orjson.dumps(_document(line), option=orjson.OPT_INDENT_2).decode(),
    )


def line_url(project: Project, log_id: str | None, at: datetime) -> str:
    """The address of a log line among those around it; empty for a line without an id."""
    if not log_id:
        return ""
    return f"{reverse('dashboard:log-line', args=[project.slug, log_id])}?{urlencode({'at': at.isoformat()})}"


def trace_url(project: Project, trace_id: str | None, at: datetime | None) -> str:
    """The address of a trace, with a moment in it so that few files are read; empty for what is no trace's id."""
    if not trace_id or not is_trace_id(trace_id):
        return ""
    url = reverse("dashboard:trace", args=[project.slug, trace_id])
    return f"{url}?{urlencode({'at': at.isoformat()})}" if at else url


def is_trace_id(text: str) -> bool:
    """Whether `text` can be a trace's id: hex digits, 32 of them as a rule."""
    return 16 <= len(text) <= 32 and all(sign in "0123456789abcdef" for sign in text.lower())


def issues(
    project: Project, errors: Sequence[TraceError | EndpointError]
) -> list[tuple[TraceError | EndpointError, Issue | None]]:
    """The errors with their issues; None for one that is gone."""
    of_hash = _by_hash(project, {error.group for error in errors if error.group})
    return [(error, of_hash.get(error.group) if error.group else None) for error in errors]


def _by_hash(project: Project, hashes: Collection[UUID]) -> dict[UUID, Issue]:
    groups = IssueGroup.objects.filter(project=project, hash__in=hashes) if hashes else IssueGroup.objects.none()
    return {group.hash: group.issue for group in groups.select_related("issue")}


def moment(text: str) -> datetime | None:
    """The moment that a URL names, aware; None for anything else."""
    try:
        found = parse_datetime(text.replace(" ", "+")[:40])
    except ValueError:
        return None
    return found if found and found.tzinfo and 1971 <= found.year <= 9000 else None


def _document(line: LogLine) -> dict[str, object]:
    return {name: getattr(line, name) for name in LogLine.__dataclass_fields__ if getattr(line, name) is not None}
