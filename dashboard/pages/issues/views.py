"""The list of issues, and what is done to many at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import re2
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.questions.errors import issue_list as query
from dashboard.access import logged_out
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.frame import layout, redirects
from dashboard.pages.issues.lists import DEFAULT_QUERY
from events.accounts import access
from events.issues import merging, triage
from events.issues.search import Search, SearchError, parse
from events.models import Issue, Project

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


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in words; `batch` undoes it, `issues` are those it came to where they were not those chosen."""

    said: str
    batch: str = ""
    issues: tuple[int, ...] = ()


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
        "batch": batch if re2.fullmatch("[0-9a-f]{32}", batch := request.GET.get("batch", "")) else "",
    }
    return layout.draw(request, "dashboard/issues/list.html", context, project=project, section="issues", shown=shown)


@require_POST
@page("issues.change", role=access.EDITOR)
def issue_bulk(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What was chosen is done to the chosen issues; the list is shown again, or a script told what became of them."""
    chosen = [int(pk) for pk in request.POST.getlist("issue")[:200] if pk.isascii() and pk.isdecimal() and len(pk) < 19]
    is_script = logged_out.wants_json(request)
    try:
        if not chosen and request.POST.get("action") != "undo":
            raise ValidationError("Choose at least one issue.")
        done = act(request, project, chosen)
    except ValidationError as error:
        if is_script:
            return JsonResponse({"refused": " ".join(error.messages)}, status=422)
        for line in error.messages:
            messages.error(request, line)
        done = None
    if is_script and done:
        return JsonResponse({"said": done.said, "batch": done.batch, "rows": states(project, done.issues or chosen)})
    if done:
        messages.success(request, done.said)
    wanted = request.POST.get("next", "")
    back = redirects.safe_next(request) if wanted else reverse("dashboard:issue-list", args=[project.slug])
    return redirect(with_batch(back, done.batch) if done and done.batch else back)


def act(request: HttpRequest, project: Project, chosen: list[int]) -> Done:
    """What was done. Raises ValidationError when it could not be."""
    now, actor, posted = timezone.now(), request.user, request.POST
    action = posted.get("action", "")
    if action == "undo":
        undone = triage.undo(project, posted.get("batch", "")[:64], actor=actor, now=now)
        return Done(f"{_counted(len(undone))} as before.", issues=tuple(undone))
    if action == "merge":
        ordered = list(Issue.objects.filter(project=project, pk__in=chosen).order_by("-event_count", "pk"))
        if len(ordered) < 2:
            raise ValidationError("Choose at least two issues to merge.")
        into = merging.merge(ordered, into=ordered[0], actor=actor, now=now)
        return Done(f"{len(ordered)} issues merged into “{into.title}”.")
    if action == "delete":
        return Done(f"{_counted(merging.delete(project, chosen, actor=actor, now=now))} deleted.")
    verb, options = _options(posted, project)
    changed = triage.bulk(project, chosen, verb, actor=actor, now=now, **options)
    words = {"resolve": "resolved", "unresolve": "reopened", "ignore": "ignored", "assign": "assigned",
             "prioritise": "prioritised"}[verb]  # fmt: skip
    said = f"{_counted(changed.count)} {words}." if changed.count or not changed.already else "Nothing was left to do:"
    if changed.already:
        said += f" {_counted(changed.already)} {'was' if changed.already == 1 else 'were'} {words} already."
    return Done(said, changed.batch if changed.count else "")


def _counted(number: int) -> str:
    return f"{number} issue{'s' if number != 1 else ''}"


def states(project: Project, chosen: Iterable[int]) -> dict[int, dict[str, str]]:
    """What rows of the list say of these issues now; those that are gone, by deletion or a merge, are left out."""
    found = Issue.objects.filter(project=project, pk__in=list(chosen)).select_related("assigned_to")
    return {
        issue.pk: {
            "status": "" if issue.status == Issue.Status.UNRESOLVED else issue.status,
            "assignee": issue.assigned_to.get_username() if issue.assigned_to else "",
        }
        for issue in found
    }


def with_batch(address: str, batch: str) -> str:
    """The address of a list that offers to undo what was done as `batch`."""
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "batch"]
    return urlunsplit(parts._replace(query=urlencode([*kept, ("batch", batch)])))


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
    parameters.pop("batch", None)
    for name, value in changes.items():
        parameters.pop(name, None)
        if value or name == "query":
            parameters[name] = value
    return f"?{parameters.urlencode()}"
