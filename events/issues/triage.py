"""What people do with issues: each change with its activity and one audit entry, in one transaction."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Model
from django.http import Http404

from events.accounts import access, audit
from events.issues import known_releases
from events.issues.release_order import Orders
from events.models import Activity, Bookmark, Issue, IssueGroup, Project, Release, Transition
from events.runtime import bell

_STATE = (
    "status", "is_regressed", "resolved_at", "resolved_in_release", "resolved_in_next", "ignored_at", "ignored_until",
    "ignored_until_events", "ignored_until_users", "ignored_window_minutes", "ignored_rate_events", "assigned_to_id",
    "priority",
)  # fmt: skip
_MOMENTS = ("resolved_at", "ignored_at", "ignored_until")
# When it became what it is: not what it is.
_SINCE = ("resolved_at", "ignored_at")
_NOT_RESOLVED = {"resolved_at": None, "resolved_in_release": "", "resolved_in_next": False}
_NOT_IGNORED: dict[str, Any] = {
    "ignored_at": None, "ignored_until": None, "ignored_until_events": None, "ignored_until_users": None,
    "ignored_window_minutes": None, "ignored_rate_events": None,
}  # fmt: skip
UNDO_WITHIN = timedelta(hours=1)
LONGEST_COMMENT = 10_000
_AUDITED_IDS = 500


@dataclass(frozen=True, slots=True)
class Change:
    """New values of issues' columns, and how the activity tells it."""

    action: str
    fields: Mapping[str, Any]
    detail: Mapping[str, Any] = field(default_factory=dict)
    is_in_next: bool = False  # each issue has a next release of its own: that of the package it was seen in


@dataclass(frozen=True, slots=True)
class Changed:
    """How many issues were changed, and the name under which `undo` takes it back; `already` were so before."""

    count: int
    batch: str
    already: int = 0


def get_or_404(project: Project, issue_id: int) -> Issue:
    """The project's issue with this number, or the one it was merged into; Http404 without either."""
    issue = Issue.objects.select_related("assigned_to").filter(project=project, pk=issue_id).first()
    if issue is None:
        moved = IssueGroup.objects.select_related("issue").filter(project=project, first_issue_id=issue_id).first()
        issue = moved.issue if moved else None
    if issue is None:
        raise Http404("No such issue.")
    return issue


def resolve(
    issue: Issue, *, actor: Any, in_release: str | None = None, in_next: bool = False, now: datetime
) -> Changed:
    """The issue is resolved: from now on, from `in_release` on, or from whatever release comes next."""
    return bulk(issue.project, [issue.pk], "resolve", actor=actor, in_release=in_release, in_next=in_next, now=now)


def unresolve(issue: Issue, *, actor: Any, now: datetime) -> Changed:
    """The issue is open again, whether it was resolved or ignored."""
    return bulk(issue.project, [issue.pk], "unresolve", actor=actor, now=now)


def ignore(
    issue: Issue,
    *,
    actor: Any,
    until: datetime | None = None,
    events: int | None = None,
    users: int | None = None,
    window_minutes: int | None = None,
    now: datetime,
) -> Changed:
    """The issue is ignored until the first given end: a moment, so many more events (within a window) or users."""
    return bulk(
        issue.project, [issue.pk], "ignore", actor=actor, until=until, events=events, users=users,
        window_minutes=window_minutes, now=now,
    )  # fmt: skip


def assign(issue: Issue, *, to: Any, actor: Any, now: datetime) -> Changed:
    """The issue is `to`'s, or nobody's with None."""
    return bulk(issue.project, [issue.pk], "assign", actor=actor, to=to, now=now)


def bulk(
    project: Project, selected: Iterable[int], action: str, *, actor: Any, now: datetime, **options: Any
) -> Changed:
    """The issues of `project` among `selected` with `action` (a key of CHANGES) applied; others are left alone.

    Raises ValidationError on an unknown action or on options that make no sense.
    """
    builder = CHANGES.get(action)
    if builder is None:
        raise ValidationError(f"actions are {', '.join(CHANGES)}")
    change = builder(project, now=now, **options)
    batch = uuid.uuid4().hex
    with transaction.atomic():
        found = _locked_states(project, selected)
        # Whoever does in a second tab what was done in the first does nothing again.
        before = {pk: state for pk, state in found.items() if not _is_so(state, change)}
        if not before:
            return Changed(0, batch, len(found))
        parts = _by_next_release(project, change, list(before)) if change.is_in_next else [(change, list(before))]
        for part, ids in parts:
            Issue.objects.filter(pk__in=ids).update(**part.fields)
        Activity.objects.bulk_create(
            Activity(
                issue_id=pk,
                at=now,
                actor=actor,
                action=part.action,
                detail={**part.detail, "batch": batch, "before": before[pk]},
            )
            for part, ids in parts
            for pk in ids
        )
        if change.action == "resolve":
            _say_resolved(project, list(before), now=now)
        told = parts[0][0].detail if len(parts) == 1 else change.detail
        _audit(f"issue.{change.action}", project, list(before), actor=actor, detail=told, now=now)
    return Changed(len(before), batch, len(found) - len(before))


def _is_so(state: Mapping[str, Any], change: Change) -> bool:
    """Whether an issue already is what the change would make of it, but for the moment it became so."""
    if change.is_in_next:
        return state["status"] == Issue.Status.RESOLVED and bool(state["resolved_in_next"])
    wanted = {f"{name}_id" if name == "assigned_to" else name: value for name, value in change.fields.items()}
    wanted = {name: value.pk if isinstance(value, Model) else value for name, value in wanted.items()}
    told = _to_json({name: value for name, value in wanted.items() if name not in _SINCE or value is None})
    return all(state[name] == value for name, value in told.items())


def _say_resolved(project: Project, ids: Iterable[int], *, now: datetime) -> None:
    """Whoever keeps something open for them is told."""
    kind = Transition.Kind.RESOLVED
    Transition.objects.bulk_create(Transition(project=project, issue_id=pk, kind=kind, at=now) for pk in ids)
    bell.ring_on_commit(bell.TRANSITIONS)


def undo(project: Project, batch: str, *, actor: Any, now: datetime) -> list[int]:
    """The issues that are as before `batch` again: those nothing else was done to since, within the last hour."""
    with transaction.atomic():
        recent = Activity.objects.filter(issue__project=project, at__gte=now - UNDO_WITHIN, detail__has_key="before")
        lines = list(recent.filter(detail__batch=batch))
        newest = max((line.pk for line in lines), default=0)
        changed_since = recent.filter(issue_id__in=[line.issue_id for line in lines], id__gt=newest)
        passed_over = set(changed_since.values_list("issue_id", flat=True))
        lines = [line for line in lines if line.issue_id not in passed_over]
        restored = _locked_states(project, [line.issue_id for line in lines])
        for line in lines:
            Issue.objects.filter(pk=line.issue_id).update(**_from_json(line.detail["before"]))
        Activity.objects.bulk_create(
            Activity(issue_id=pk, at=now, actor=actor, action="undo", detail={"before": state})
            for pk, state in restored.items()
        )
        _audit("issue.undo", project, list(restored), actor=actor, detail={"batch": batch}, now=now)
    return list(restored)


def bookmark(issue: Issue, *, actor: Any, is_on: bool = True, now: datetime) -> None:
    """The issue is among the actor's bookmarks, or no longer."""
    with transaction.atomic():
        if is_on:
            Bookmark.objects.get_or_create(issue=issue, user=actor)
        else:
            Bookmark.objects.filter(issue=issue, user=actor).delete()
        action = "issue.bookmark" if is_on else "issue.unbookmark"
        audit.record(action, actor=actor, project=issue.project, obj=issue, now=now)


def comment(issue: Issue, text: str, *, actor: Any, now: datetime) -> Activity:
    """The comment, in the issue's activity. Raises ValidationError when it is empty or too long."""
    text = text.replace("\0", "").strip()
    if not text or len(text) > LONGEST_COMMENT:
        raise ValidationError(f"A comment has 1 to {LONGEST_COMMENT} characters.")
    with transaction.atomic():
        line = Activity.objects.create(issue=issue, at=now, actor=actor, action="comment", text=text)
        audit.record("issue.comment", actor=actor, project=issue.project, obj=issue, now=now)
    return line


def _resolution(project: Project, *, now: datetime, in_release: str | None = None, in_next: bool = False) -> Change:
    if in_release and in_next:
        raise ValidationError("Resolved in one release, or in the next: not both.")
    if in_release and not Release.objects.filter(project=project, version=in_release).exists():
        raise ValidationError("No such release.")
    release = in_release or ""
    fields = {
        **_NOT_IGNORED,
        "status": Issue.Status.RESOLVED,
        "is_regressed": False,
        "resolved_at": now,
        "resolved_in_release": release,
        "resolved_in_next": False,
    }
    return Change("resolve", fields, {"release": release, "in_next": in_next}, is_in_next=in_next)


def _by_next_release(project: Project, change: Change, issues: list[int]) -> list[tuple[Change, list[int]]]:
    """The change for the issues of each package: resolved after the last release of it that is known."""
    orders, met = Orders(known_releases.of_project(project)), known_releases.met_by(issues)
    by_release: dict[str, list[int]] = {}
    for pk in issues:
        last = orders.latest(among=met.get(pk, ()))
        by_release.setdefault(last.version if last else "", []).append(pk)
    return [
        (
            replace(
                change,
                fields={**change.fields, "resolved_in_release": release, "resolved_in_next": bool(release)},
                detail={**change.detail, "release": release},
            ),
            ids,
        )
        for release, ids in by_release.items()
    ]


def _reopening(project: Project, *, now: datetime) -> Change:
    return Change(
        "unresolve", {**_NOT_IGNORED, **_NOT_RESOLVED, "status": Issue.Status.UNRESOLVED, "is_regressed": False}
    )


def _ignoring(
    project: Project,
    *,
    now: datetime,
    until: datetime | None = None,
    events: int | None = None,
    users: int | None = None,
    window_minutes: int | None = None,
) -> Change:
    if until and until <= now:
        raise ValidationError("Ignoring cannot end in the past.")
    if any(number is not None and not 1 <= number <= 2**31 - 1 for number in (events, users, window_minutes)):
        raise ValidationError("Numbers of events, users and minutes begin at 1.")
    if window_minutes and not events:
        raise ValidationError("A window needs a number of events.")
    fields: dict[str, Any] = {
        **_NOT_RESOLVED,
        "status": Issue.Status.IGNORED,
        "is_regressed": False,
        "ignored_at": now,
        "ignored_until": until,
        "ignored_until_events": F("event_count") + events if events and not window_minutes else None,
        "ignored_until_users": F("user_count") + users if users else None,
        "ignored_window_minutes": window_minutes,
        "ignored_rate_events": events if window_minutes else None,
    }
    given = {"until": until, "events": events, "users": users, "window_minutes": window_minutes}
    return Change("ignore", fields, _to_json({name: value for name, value in given.items() if value}))


def _assignment(project: Project, *, now: datetime, to: Any = None) -> Change:
    if to is not None and not access.has_role(to, project):
        raise ValidationError("Issues are assigned to members of the project.")
    return Change("assign", {"assigned_to": to}, {"to": to.pk if to else None})


def _prioritising(project: Project, *, now: datetime, to: str = "") -> Change:
    if to and to not in Issue.Priority.values:
        raise ValidationError(f"priorities are {', '.join(Issue.Priority.values)}")
    return Change("prioritise", {"priority": to}, {"to": to})


CHANGES: dict[str, Callable[..., Change]] = {
    "resolve": _resolution,
    "unresolve": _reopening,
    "ignore": _ignoring,
    "assign": _assignment,
    "prioritise": _prioritising,
}


def _locked_states(project: Project, selected: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What undoing needs, by issue; rows stay locked until the commit."""
    rows = Issue.objects.filter(project=project, pk__in=list(selected)).order_by("pk").select_for_update(of=("self",))
    return {row.pop("pk"): _to_json(row) for row in rows.values("pk", *_STATE)}


def _to_json(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in state.items()}


def _from_json(state: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(state[name]) if name in _MOMENTS and state[name] else state[name]
        for name in _STATE
        if name in state
    }


def _audit(
    action: str, project: Project, ids: list[int], *, actor: Any, detail: Mapping[str, Any], now: datetime
) -> None:
    told = {**detail} if len(ids) == 1 else {**detail, "issues": ids[:_AUDITED_IDS], "count": len(ids)}
    obj = ("issue", ids[0]) if len(ids) == 1 else None
    audit.record(action, actor=actor, project=project, obj=obj, detail=told, now=now)
