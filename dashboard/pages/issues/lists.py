"""Lists of issues, of error events and of what users wrote, as files and in the API."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.utils import timezone

from analytics.questions.errors import error_events, issue_list
from analytics.questions.errors.error_events import EventPage
from dashboard.exports.lists import PERIOD, Asked, Listed, Row, belonging, cursor, named, table
from events.accounts import access
from events.issues.search import parse
from events.models import Feedback, IssueGroup, Project

DEFAULT_QUERY = "is:unresolved"
HANDLED = {"no": False, "yes": True}
_FIELDS = (
    "title", "type", "culprit", "level", "status", "priority", "event_count", "user_count", "first_seen_at",
    "last_seen_at", "first_release", "last_release", "is_regressed",
)  # fmt: skip
_PIECE = 2000
_EVENT = ("at", "event_id", "issue", "level", "type", "environment", "release", "route")


def _issues(asked: Asked) -> Iterator[Row]:
    found = issue_list.issue_rows(
        asked.project,
        search=parse(asked.said("query"), now=asked.now),
        environment=asked.environment,
        start=asked.period.start if asked.has_period else None,
        end=asked.period.end if asked.has_period else None,
        # Without an order of its own it is that of numbers, which does not change while it is taken along.
        sort=asked.said("sort", among=issue_list.SORTS, default="number"),
        after=asked.after,
        user=asked.user,
        now=asked.now,
    )
    for issue, events, users in found:
        assignee = issue.assigned_to.get_username() if issue.assigned_to else None
        yield issue.pk, *(getattr(issue, name) for name in _FIELDS), assignee, events, users


def error_events_asked(
    project: Project,
    parameters: Mapping[str, str],
    *,
    period: Any,
    environment: str,
    page: int,
    size: int = error_events.PAGE,
) -> EventPage:
    """The error events that an address asks for: of a `level`, a `release`, `handled` or not, of one `issue`."""
    given = {name: parameters.get(name, "").replace("\x00", "")[:200] for name in ("level", "release", "handled")}
    wanted = cursor(parameters.get("issue", ""))
    groups = IssueGroup.objects.filter(project=project, issue=wanted).values_list("hash", flat=True)
    return error_events.error_events(
        project, period=period, environment=environment, groups=groups if wanted else None, level=given["level"],
        release=given["release"], handled=HANDLED.get(given["handled"]), page=page, size=size,
    )  # fmt: skip


def _events(asked: Asked) -> Iterator[Row]:
    page = 1
    of_hash = {
        group.hex: issue
        for group, issue in IssueGroup.objects.filter(project=asked.project).values_list("hash", "issue_id")
    }
    while True:
        found = error_events_asked(
            asked.project,
            asked.parameters,
            period=asked.period,
            environment=asked.environment,
            page=page,
            size=_PIECE,
        )
        for one in found.rows:
            yield (
                one.at, one.event_id, of_hash.get(one.group_hash), one.level, one.type, one.environment, one.release,
                one.route,
            )  # fmt: skip
        if page >= found.pages:
            return
        page += 1


def _feedback(asked: Asked) -> Any:
    found = Feedback.objects.filter(project=asked.project)
    if asked.has_period:
        found = found.filter(at__gte=asked.period.start)
        found = found.filter(at__lt=asked.period.end) if asked.period.end < timezone.now() else found
    return found.filter(environment=asked.environment) if asked.environment else found


_ISSUES = Listed(
    "Issues", ("id", *_FIELDS, "assigned_to", "events", "users"), _issues, ("issue-list",),
    (*PERIOD, "query", "sort"), {"query": DEFAULT_QUERY, "sort": "last_seen"}, is_numbered=True,
)  # fmt: skip
LISTS: dict[str, Listed] = {
    "issues": _ISSUES,
    "growing-issues": replace(
        _ISSUES, title="Issues that grow most", pages=("overview",), assumed={"query": DEFAULT_QUERY, "sort": "trend"}
    ),
    "error-events": Listed(
        "Error events", _EVENT, _events, ("event-list",), (*PERIOD, "level", "release", "handled", "issue"),
    ),
    "issue-groups": table(
        "Groups of the issue", belonging(IssueGroup, "issue", project="project"), named(
            "hash", "title", "culprit", "version", "event_count", "user_count", "first_seen_at", "last_seen_at",
        ), pages=("issue-groups",), needs=("issue_id",),
    ),
    "feedback": table(
        "Feedback", _feedback,
        named("at", "name", "contact_email", "message", "url", "environment", "event_id"),
        pages=("feedback-list",), takes=PERIOD, role=access.EDITOR,
    ),
}  # fmt: skip
