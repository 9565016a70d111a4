"""One issue: its page, its events, its files, and what is done to it."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from analytics.engine import EngineError
from analytics.periods import Period
from analytics.questions.errors import issue_detail as query
from analytics.questions.errors import suspects, tag_facets
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.frame.state import State
from dashboard.pages.issues import events as event_presenter
from dashboard.pages.issues import head, history, markdown, source_links, surroundings
from dashboard.pages.issues import views as issue_list
from dashboard.pages.issues.events import EventView
from dashboard.pages.issues.feedback_views import files_of
from dashboard.pages.issues.strip import strip
from events.accounts import access
from events.ingest import payloads
from events.issues import merging, triage
from events.models import Attachment, Feedback, Issue, IssueGroup, Occurrence, Project
from events.releases import symbolication


@compressed
@page("issue.view", obj="issue_id")
def issue_page(request: HttpRequest, project: Project, issue_id: int, event_id: str = "") -> HttpResponseBase:
    """The issue with one of its kept events, the last one unless another is asked for."""
    issue = triage.get_or_404(project, issue_id)
    shown = layout.state_of(request)
    if issue.pk != issue_id:
        return redirect("dashboard:issue", project.slug, issue.pk)
    kept = query.kept_occurrences(issue, environment=shown.environment) or query.kept_occurrences(issue)
    wanted = event_id or (kept[-1][0] if kept else "")
    occurrence = _occurrence(project, issue, wanted) if wanted else None
    around = query.neighbours(wanted, kept if any(one == wanted for one, _ in kept) else query.kept_occurrences(issue))
    event = event_presenter.present(_event(project, occurrence)) if occurrence else None
    feedback = (
        list(Feedback.objects.filter(project=project, event_id=occurrence.event_id)[:20])
        if occurrence and occurrence.has_feedback
        else []
    )
    common = _common(request, project, issue, shown)
    context = {
        **common,
        **_explained(project, issue, event, occurrence),
        "event": event,
        "occurrence": occurrence,
        "around": around,
        "steps": _steps(project, issue, around, shown.query),
        "attachments": Attachment.objects.filter(project=project, event_id=occurrence.event_id).defer("content")[:50]
        if occurrence and occurrence.has_files
        else [],
        "feedback": feedback,
        "feedback_files": files_of(project, feedback),
        "facets": _facets(project, common["groups_of"], shown),
        "activities": history.activity(common["history"], people=_names(common["members"])),
        "tags": [(tag, history.tag_search(tag.name, tag.value)) for tag in event.tags] if event else [],
        "markdown": markdown.present(event, title=issue.title, url=_url(request, project, issue, wanted))
        if event
        else "",
        "tab": "event",
    }
    return layout.draw(request, "dashboard/issues/page.html", context, project=project, section="issues", shown=shown)


@compressed
@page("issue.view", obj="issue_id")
def issue_groups_page(request: HttpRequest, project: Project, issue_id: int) -> HttpResponseBase:
    """The groups an issue is made of, why they are groups, and what it could be merged with."""
    issue = triage.get_or_404(project, issue_id)
    groups = history.groups(issue.groups.order_by("-event_count", "pk")[:200])
    common = _common(request, project, issue, layout.state_of(request))
    context = {**common, "groups": groups, "tab": "groups"}
    return layout.draw(request, "dashboard/issues/groups.html", context, project=project, section="issues")


@require_POST
@page("issue.change", role=access.EDITOR, obj="issue_id")
def issue_action(request: HttpRequest, project: Project, issue_id: int) -> HttpResponseBase:
    """One change of one issue; its page is shown again."""
    issue = triage.get_or_404(project, issue_id)
    action, now = request.POST.get("action", ""), timezone.now()
    target = redirect("dashboard:issue", project.slug, issue.pk)
    try:
        if action in ("bookmark", "unbookmark"):
            triage.bookmark(issue, actor=request.user, is_on=action == "bookmark", now=now)
        elif action == "comment":
            triage.comment(issue, request.POST.get("text", ""), actor=request.user, now=now)
        elif action == "unmerge":
            group = get_object_or_404(
                IssueGroup, project=project, issue=issue, pk=_integer(request.POST.get("group", ""))
            )
            target = redirect("dashboard:issue", project.slug, merging.unmerge(group, actor=request.user, now=now).pk)
        elif action == "merge_with":
            other = triage.get_or_404(project, _integer(request.POST.get("other", "")))
            merging.merge([other], into=issue, actor=request.user, now=now)
            messages.success(request, f"“{other.title}” is merged into this issue.")
        else:
            messages.success(request, issue_list.act(request, project, [issue.pk]).said)
            if action == "delete":
                target = redirect("dashboard:issue-list", project.slug)
    except ValidationError as error:
        for line in error.messages:
            messages.error(request, line)
    return target


@page("event.raw", obj="issue_id")
def event_json(request: HttpRequest, project: Project, issue_id: int, event_id: str) -> HttpResponseBase:
    """The payload as it is kept."""
    occurrence = _occurrence(project, triage.get_or_404(project, issue_id), event_id)
    body = orjson.dumps(payloads.unpack(bytes(occurrence.payload)), option=orjson.OPT_INDENT_2)
    return _plain(body, "application/json; charset=utf-8")


@page("event.markdown", obj="issue_id")
def event_markdown(request: HttpRequest, project: Project, issue_id: int, event_id: str) -> HttpResponseBase:
    """The event as Markdown."""
    issue = triage.get_or_404(project, issue_id)
    event = event_presenter.present(_event(project, _occurrence(project, issue, event_id)))
    url = _url(request, project, issue, event_id)
    return _plain(markdown.present(event, title=issue.title, url=url).encode(), "text/plain; charset=utf-8")


@page("attachment.download", obj="attachment_id")
def attachment(request: HttpRequest, project: Project, attachment_id: uuid.UUID) -> HttpResponseBase:
    """The file as sent, always saved and never shown: its name and type are the sender's."""
    found = get_object_or_404(Attachment, project=project, attachment_id=attachment_id)
    name = "".join(sign for sign in found.filename if sign.isprintable() and sign not in '/\\"') or "attachment"
    response = HttpResponse(bytes(found.content), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, name[:150]) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _common(request: HttpRequest, project: Project, issue: Issue, shown: State) -> dict[str, Any]:
    """What every page of an issue has above: its state, what can be done, and the events of the period."""
    trend = query.trend(issue, start=shown.start, end=shown.end, environment=shown.environment)
    above = head.of(project, issue, user=request.user, shown=shown)
    return {
        "issue": issue,
        "strip": strip(trend, deploys=above.deploys),
        "priorities": Issue.Priority.values,
        "is_bookmarked": above.is_bookmarked,
        "members": above.members,
        "releases": above.releases,
        "groups_of": above.groups,
        "group_count": len(above.groups),
        "history": above.activities,
        "similar": above.similar,
    }


def _explained(
    project: Project, issue: Issue, event: EventView | None, occurrence: Occurrence | None
) -> dict[str, Any]:
    """Where an event's frames are in the repository, what probably caused the issue, and what happened around it."""
    if event is None or occurrence is None:
        return {"suspects": suspects.suspects(issue, files=[]), "commit_urls": {}}
    pattern = project.source_url
    releases = suspects.with_commits(project.pk, [issue.first_release, event.release if pattern else ""])
    ref = _ref(releases.get(event.release)) if pattern else ""
    found = suspects.suspects(issue, files=source_links.files(event.exceptions), releases=releases)
    return {
        "source_of": source_links.of_frames(event.exceptions, pattern=pattern, root=project.source_root, ref=ref),
        "suspects": found,
        "commit_urls": {one.commit.sha: source_links.commit_url(pattern, one.commit.sha) for one in found.commits},
        "around_event": surroundings.around(
            project, trace_id=event.trace_id, at=occurrence.at, environment=occurrence.environment
        ),
    }


def _ref(release: Any) -> str:
    """The commit that a release was built of: what it says itself, else the first of its commits."""
    if release is None or release.ref:
        return release.ref if release else ""
    return release.listed[0].sha if release.listed else ""


def _names(members: Iterable[Any]) -> dict[int, str]:
    return {member.pk: member.get_username() for member in members}


def _url(request: HttpRequest, project: Project, issue: Issue, event_id: str) -> str:
    return request.build_absolute_uri(reverse("dashboard:event", args=[project.slug, issue.pk, event_id]))


def _facets(project: Project, groups: Sequence[uuid.UUID], shown: State) -> tuple[tag_facets.Facet, ...] | None:
    """The tags of the groups' errors in the period; None when the facts cannot be read."""
    try:
        return tag_facets.tag_facets(
            project,
            period=Period(shown.start, shown.end),
            groups=list(groups),
            environment=shown.environment,
            top=5,
            most=12,
        )
    except EngineError:
        return None


def _occurrence(project: Project, issue: Issue, event_id: str) -> Any:
    """The kept event, with whether there is feedback on it and whether files came with it."""
    try:
        wanted = uuid.UUID(event_id)
    except ValueError as error:
        raise Http404("No such event.") from error
    of_event = {"project": project, "event_id": wanted}
    kept = (
        Occurrence.objects.select_related("group")
        .filter(group__issue=issue, **of_event)
        .annotate(
            has_feedback=Exists(Feedback.objects.filter(**of_event)),
            has_files=Exists(Attachment.objects.filter(**of_event)),
        )
        .first()
    )
    if kept is None:
        raise Http404("This event is not kept.")
    return kept


def _event(project: Project, occurrence: Occurrence) -> Any:
    """The event as kept, through the source maps that came after it."""
    return symbolication.for_display(payloads.unpack(bytes(occurrence.payload)), project)


def _steps(project: Project, issue: Issue, around: query.Neighbours | None, state: str) -> list[tuple[str, str, str]]:
    """(name, words, address) of the ways to other events; an empty address where there is none."""
    if around is None:
        return []
    at_start, at_end = around.previous is None, around.next is None
    named = [
        ("first", "First", None if at_start else around.first),
        ("previous", "Previous", around.previous),
        ("next", "Next", around.next),
        ("last", "Last", None if at_end else around.last),
    ]
    suffix = f"?{state}" if state else ""
    return [
        (name, words, f"{reverse('dashboard:event', args=[project.slug, issue.pk, one])}{suffix}" if one else "")
        for name, words, one in named
    ]


def _integer(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Http404("No such thing.")
    return int(text)


def _plain(body: bytes, content_type: str) -> HttpResponse:
    return HttpResponse(body, content_type=content_type, headers={"X-Content-Type-Options": "nosniff"})
