"""The list of issues, and what is done to many at once."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.questions.errors import issue_list as query
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.frame import layout, redirects
from events.accounts import access
from events.issues import merging, triage
from events.issues.search import Search, SearchError, parse
from events.models import Issue, Project

DEFAULT_QUERY = "is:unresolved"
SORT_WORDS = {
    "last_seen": "Last seen",
    "first_seen": "First seen",
    "events": "Events",
    "users": "Users",
    "trend": "Trend",
}
CHIPS = [
    ("Unresolved", "is:unresolved"),
    ("For review", "is:for_review"),
    ("New", "is:new"),
    ("Regressed", "is:regressed"),
    ("Mine", "assigned:me"),
    ("Bookmarked", "is:bookmarked"),
    ("Ignored", "is:ignored"),
    ("Resolved", "is:resolved"),
    ("All", ""),
]
LATER = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


@compressed
@page("issues.list")
def issue_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The issues that match the search and were seen in the period."""
    shown = layout.state_of(request)
    now = timezone.now()
    text = request.GET.get("query", DEFAULT_QUERY).replace("\x00", "")
    sort = request.GET.get("sort", "last_seen")
    error: SearchError | None = None
    found = None
    try:
        search: Search = parse(text, now=now)
        found = query.issue_list(
            project,
            search=search,
            environment=shown.environment,
            start=shown.start,
            end=shown.end,
            sort=sort if sort in query.SORTS else "last_seen",
            page=_page_number(request),
            user=request.user,
            now=now,
        )
    except SearchError as problem:
        error = problem
    context = {
        "found": found,
        "query": text,
        "sort": sort,
        "error": error,
        "pointer": " " * error.position + "^" if error else "",
        "sorts": [(name, words, _with(request, sort=name)) for name, words in SORT_WORDS.items()],
        "chips": [(words, chip, _with(request, query=chip)) for words, chip in CHIPS],
        "previous_url": _with(request, page=str(found.page - 1)) if found and found.has_previous else "",
        "next_url": _with(request, page=str(found.page + 1)) if found and found.has_next else "",
        "wider_url": _with(request, **{"from": "-90d", "to": ""}),
        "everything_url": _with(request, query="", **{"from": "-90d", "to": ""}),
        "members": people_of(project) if found and found.rows else [],
    }
    return layout.draw(request, "dashboard/issues/list.html", context, project=project, section="issues", shown=shown)


@require_POST
@page("issues.change", role=access.EDITOR)
def issue_bulk(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What was chosen is done to the chosen issues; the list is shown again."""
    chosen = [int(pk) for pk in request.POST.getlist("issue")[:200] if pk.isascii() and pk.isdecimal() and len(pk) < 19]
    try:
        if not chosen:
            raise ValidationError("Choose at least one issue.")
        messages.success(request, act(request, project, chosen))
    except ValidationError as error:
        for line in error.messages:
            messages.error(request, line)
    wanted = request.POST.get("next", "")
    return redirect(redirects.safe_next(request) if wanted else reverse("dashboard:issue-list", args=[project.slug]))


def act(request: HttpRequest, project: Project, chosen: list[int]) -> str:
    """What was done, in words. Raises ValidationError when it could not be."""
    now, actor, posted = timezone.now(), request.user, request.POST
    action = posted.get("action", "")
    if action == "undo":
        count = triage.undo(project, posted.get("batch", "")[:64], actor=actor, now=now)
        return f"{count} issue(s) as before."
    if action == "merge":
        ordered = list(Issue.objects.filter(project=project, pk__in=chosen).order_by("-event_count", "pk"))
        if len(ordered) < 2:
            raise ValidationError("Choose at least two issues to merge.")
        into = merging.merge(ordered, into=ordered[0], actor=actor, now=now)
        return f"{len(ordered)} issues merged into “{into.title}”."
    if action == "delete":
        return f"{merging.delete(project, chosen, actor=actor, now=now)} issue(s) deleted."
    verb, options = _options(posted, project)
    changed = triage.bulk(project, chosen, verb, actor=actor, now=now, **options)
    words = {"resolve": "resolved", "unresolve": "reopened", "ignore": "ignored", "assign": "assigned",
             "prioritise": "prioritised"}[verb]  # fmt: skip
    return f"{changed.count} issue(s) {words}."


def _options(posted: Any, project: Project) -> tuple[str, dict[str, Any]]:
    """The verb and its options for `issues.bulk`, from a form."""
    action = posted.get("action", "")
    if action == "resolve_next":
        return "resolve", {"in_next": True}
    if action == "resolve_release":
        return "resolve", {"in_release": posted.get("release", "")[:200]}
    if action == "ignore_until":
        later = LATER.get(posted.get("for", ""))
        numbers = {name: _number(posted.get(name, "")) for name in ("events", "users", "window_minutes")}
        return "ignore", {"until": timezone.now() + later if later else None, **numbers}
    if action == "assign":
        wanted = posted.get("to", "")
        member = people_of(project).filter(pk=int(wanted)).first() if wanted.isascii() and wanted.isdecimal() else None
        if wanted and member is None:
            raise ValidationError("Issues are assigned to members of the project.")
        return "assign", {"to": member}
    if action == "prioritise":
        return "prioritise", {"to": posted.get("priority", "")[:10]}
    if action in triage.CHANGES:
        return action, {}
    raise ValidationError("Choose what to do.")


def people_of(project: Project) -> Any:
    """The members of a project, by name."""
    return get_user_model().objects.filter(memberships__project=project, is_active=True).order_by("username")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _page_number(request: HttpRequest) -> int:
    return _number(request.GET.get("page", "")) or 1


def _with(request: HttpRequest, **changes: str) -> str:
    parameters = request.GET.copy()
    parameters.pop("page", None)
    for name, value in changes.items():
        parameters.pop(name, None)
        if value or name == "query":
            parameters[name] = value
    return f"?{parameters.urlencode()}"
