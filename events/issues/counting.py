"""Errors become issues: set-based, exact counts, a bounded spread of full payloads.

Locks are taken in one order (issues by id, then their groups by id), by everything that changes an issue.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from events.issues import counters, known_releases, merge_locks, occurrences, regressions
from events.issues.grouping import Grouping
from events.models import (
    Activity,
    GroupHour,
    Issue,
    IssueGroup,
    Occurrence,
    Project,
    Release,
    Transition,
)
from events.runtime import bell

Key = tuple[int, uuid.UUID]  # a project and a hash


@dataclass(frozen=True, slots=True)
class Sighting:
    """One error on its way into an issue. `earlier` gives the hashes that older rules of grouping had for it."""

    project_id: int
    event_id: uuid.UUID
    grouping: Grouping
    at: datetime
    received_at: datetime
    environment: str
    release: str
    platform: str
    user_key: int | None
    payload: bytes
    kind: str = "error"
    earlier: Callable[[], tuple[bytes, ...]] = tuple

    @property
    def group_key(self) -> Key:
        return self.project_id, uuid.UUID(bytes=self.grouping.hash)


@dataclass(slots=True)
class _Touched:
    """A group with the batch's sightings of it, in order of arrival; counts are those before the batch."""

    group: IssueGroup
    sightings: list[Sighting]
    is_new_issue: bool = False
    new_users: int = 0

    @property
    def total(self) -> int:
        return self.group.event_count + len(self.sightings)


@dataclass(slots=True)
class _Change:
    """What the batch does to one issue."""

    issue: Issue
    touched: list[_Touched] = field(default_factory=list)

    @property
    def sightings(self) -> list[Sighting]:
        return [sighting for touched in self.touched for sighting in touched.sightings]


def record(sightings: Sequence[Sighting], *, now: datetime) -> None:
    """Count `sightings` into issues and groups, keep their spread, write transitions; in the caller's transaction."""
    if not sightings:
        return
    by_key: defaultdict[Key, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        by_key[sighting.group_key].append(sighting)
    merge_locks.hold_still(project_id for project_id, _ in by_key)
    old = _earlier_keys(by_key)
    locked = _locked([*by_key, *(key for keys in old.values() for key in keys)])
    touched = {key: _Touched(locked[key], found) for key, found in by_key.items() if key in locked}
    missing = {key: found for key, found in by_key.items() if key not in touched}
    if missing:
        counters.lock_new_groups({project_id for project_id, _ in missing})
        made = _locked(missing)
        touched |= {key: _Touched(made[key], missing[key]) for key in missing if key in made}
        for key in sorted(missing, key=lambda k: (k[0], k[1].int)):
            if key not in touched:
                heir = min((locked[k] for k in old.get(key, ()) if k in locked), key=lambda g: g.pk, default=None)
                touched[key] = _create(key, missing[key], now=now) if heir is None else _join(key, missing[key], heir)
    ordered = sorted(touched.values(), key=lambda t: (t.group.issue_id, t.group.pk))
    _put_users(ordered)
    _put_hours(ordered, now=now)
    _put_occurrences(ordered, now=now)
    changes: dict[int, _Change] = {}
    for one in ordered:
        changes.setdefault(one.group.issue_id, _Change(one.group.issue)).touched.append(one)
    for change in changes.values():
        _decide(change, now=now)
    _update_groups(ordered)
    _update_issues(list(changes.values()))


def _earlier_keys(by_key: Mapping[Key, list[Sighting]]) -> dict[Key, tuple[Key, ...]]:
    """For each key without a group: where older rules had its errors. Asked for before anything is locked, so that
    all locks are taken in one order."""
    projects, hashes = zip(*by_key, strict=True)
    known = set(
        IssueGroup.objects.filter(project_id__in=set(projects), hash__in=set(hashes)).values_list("project_id", "hash")
    )
    return {
        key: tuple(dict.fromkeys((key[0], uuid.UUID(bytes=old)) for sighting in found for old in sighting.earlier()))
        for key, found in by_key.items()
        if key not in known
    }


def _locked(wanted: Iterable[Key]) -> dict[Key, IssueGroup]:
    """The existing groups of `wanted`, locked with their issues."""
    projects, hashes = zip(*wanted, strict=True)
    groups = (
        IssueGroup.objects.select_related("issue")
        .filter(project_id__in=set(projects), hash__in=set(hashes))
        .order_by("issue_id", "pk")
        .select_for_update(of=("self", "issue"))
    )
    return {(group.project_id, group.hash): group for group in groups}


def _join(key: Key, sightings: list[Sighting], heir: IssueGroup) -> _Touched:
    """A group of today's rules in the issue that older rules had made, so that no issue splits when rules change."""
    first = min(sightings, key=lambda s: s.at)
    group = _new_group(key, heir.issue, first, born=heir.first_issue_id or heir.issue_id)
    return _Touched(group, sightings)


def _new_group(key: Key, issue: Issue, first: Sighting, *, born: int) -> IssueGroup:
    group = IssueGroup(
        project_id=key[0],
        issue=issue,
        first_issue_id=born,
        hash=key[1],
        version=first.grouping.version,
        components=list(first.grouping.components),
        title=first.grouping.title,
        culprit=first.grouping.culprit[:200],
        first_seen_at=first.at,
        last_seen_at=first.at,
    )
    group.save(force_insert=True)
    return group


def _create(key: Key, sightings: list[Sighting], *, now: datetime) -> _Touched:
    """A new issue with its first group."""
    first = min(sightings, key=lambda s: s.at)
    grouping = first.grouping
    issue = Issue.objects.create(
        project_id=key[0],
        title=grouping.title,
        type=grouping.type[:100],
        value=grouping.value[:500],
        culprit=grouping.culprit[:200],
        level=grouping.level,
        platform=first.platform[:40],
        kind=first.kind,
        first_seen_at=first.at,
        last_seen_at=first.at,
        first_release=first.release,
        last_release=first.release,
    )
    group = _new_group(key, issue, first, born=issue.pk)
    Transition.objects.create(
        project_id=key[0], issue=issue, kind=Transition.Kind.NEW, at=now, event_id=first.event_id,
        detail={"release": first.release, "environment": first.environment},
    )  # fmt: skip
    bell.ring_on_commit(bell.TRANSITIONS)
    Activity.objects.create(issue=issue, at=now, action="first_seen", detail={"release": first.release})
    if first.release:
        Release.objects.filter(project_id=key[0], version=first.release).update(
            new_issue_count=F("new_issue_count") + 1
        )
    return _Touched(group, sightings, is_new_issue=True)


def _put_users(ordered: Sequence[_Touched]) -> None:
    """Remember who was touched; `new_users` becomes how many the group had not seen before."""
    pairs = {(t.group.pk, s.user_key) for t in ordered for s in t.sightings if s.user_key is not None}
    new = counters.put_users(sorted(pairs))
    for touched in ordered:
        touched.new_users = new[touched.group.pk]


def _put_hours(ordered: Sequence[_Touched], *, now: datetime) -> None:
    counters.put_hours(
        Counter(
            (touched.group.pk, sighting.at.replace(minute=0, second=0, microsecond=0), sighting.environment)
            for touched in ordered
            for sighting in touched.sightings
        ),
        now=now,
    )


def _put_occurrences(ordered: Sequence[_Touched], *, now: datetime) -> None:
    """Keep the first, the last and a spread in between of each group; drop what the spread no longer holds."""
    projects = Project.objects.filter(pk__in={touched.group.project_id for touched in ordered})
    bounds = dict(projects.values_list("pk", "kept_occurrences"))
    kept: list[Occurrence] = []
    spreads: list[counters.Spread] = []
    for touched in ordered:
        bound = bounds.get(touched.group.project_id) or settings.OBS_KEPT_OCCURRENCES
        before, total = touched.group.event_count, touched.total
        for ordinal, sighting in enumerate(touched.sightings, before + 1):
            if occurrences.keeps(ordinal, n=total, bound=bound):
                kept.append(_occurrence(touched.group, sighting, ordinal, now=now))
        if before:
            spreads.append(counters.Spread(touched.group.pk, total, occurrences.stride(total, bound=bound)))
    counters.thin(spreads)
    Occurrence.objects.bulk_create(kept, ignore_conflicts=True, batch_size=500)


def _occurrence(group: IssueGroup, sighting: Sighting, ordinal: int, *, now: datetime) -> Occurrence:
    return Occurrence(
        project_id=sighting.project_id,
        group=group,
        event_id=sighting.event_id,
        ordinal=ordinal,
        at=sighting.at,
        received_at=sighting.received_at,
        digested_at=now,
        environment=sighting.environment,
        release=sighting.release,
        payload=sighting.payload,
    )


def _decide(change: _Change, *, now: datetime) -> None:
    """Apply the batch to the issue in memory: counts, then whether it comes back."""
    issue, sightings = change.issue, change.sightings
    issue.event_count += len(sightings)
    issue.user_count += sum(touched.new_users for touched in change.touched)
    issue.first_seen_at = min(issue.first_seen_at, *(s.at for s in sightings))
    latest = max(sightings, key=lambda s: s.at)
    if latest.at >= issue.last_seen_at:
        issue.last_seen_at = latest.at
        issue.last_release = latest.release or issue.last_release
        issue.level = latest.grouping.level
    if issue.status == Issue.Status.RESOLVED:
        came_back = _regression(issue, sightings)
        if came_back is not None:
            issue.is_regressed = True
            _reopen(issue, Transition.Kind.REGRESSION, came_back, {"release": came_back.release}, now=now)
    elif issue.status == Issue.Status.IGNORED:
        reason = ignore_ended(issue, now=now, newly=len(sightings))
        if reason:
            _reopen(issue, Transition.Kind.UNIGNORED, latest, {"reason": reason}, now=now)


def _regression(issue: Issue, sightings: Sequence[Sighting]) -> Sighting | None:
    """The first sighting that brings a resolved issue back, if any does."""
    names = {s.release for s in sightings} | {issue.resolved_in_release}
    releases = known_releases.named(issue.project_id, names)
    resolution = regressions.Resolution(
        at=issue.resolved_at or issue.first_seen_at,
        release=releases.get(issue.resolved_in_release),
        in_next=issue.resolved_in_next,
    )
    for sighting in sightings:
        if regressions.is_regression(resolution, release=releases.get(sighting.release), at=sighting.at):
            return sighting
    return None


def ignore_ended(issue: Issue, *, now: datetime, newly: int = 0) -> str:
    """Why ignoring `issue` ends now ("time", "events", "users"), or "". `newly`: events not yet in GroupHour."""
    window = issue.ignored_window_minutes
    in_window = 0
    if window:
        since = max(now - timedelta(minutes=window), issue.ignored_at or now)
        hours = GroupHour.objects.filter(group__issue=issue, hour__gte=since.replace(minute=0, second=0, microsecond=0))
        in_window = sum(hours.values_list("count", flat=True))
    ignored = regressions.Ignored(
        until=issue.ignored_until,
        events=issue.ignored_rate_events if window else issue.ignored_until_events,
        window_seconds=window * 60 if window else None,
        users=issue.ignored_until_users,
    )
    seen = regressions.Seen(events=issue.event_count, users=issue.user_count, events_in_window=in_window)
    return regressions.ignored_until(ignored, seen=seen, now=now)


def end_due_ignores(*, now: datetime) -> int:
    """Reopen the issues whose ignoring ended by time; return how many."""
    ended = 0
    for pk in Issue.objects.filter(ignored_until__lte=now, status=Issue.Status.IGNORED).values_list("pk", flat=True):
        with transaction.atomic():
            issue = Issue.objects.select_for_update().get(pk=pk)
            if issue.status == Issue.Status.IGNORED and issue.ignored_until and issue.ignored_until <= now:
                _reopen(issue, Transition.Kind.UNIGNORED, None, {"reason": "time"}, now=now)
                ended += 1
    return ended


_STATUS_FIELDS = [
    "status", "is_regressed", "resolved_at", "resolved_in_release", "resolved_in_next", "ignored_at", "ignored_until",
    "ignored_until_events", "ignored_until_users", "ignored_window_minutes", "ignored_rate_events",
]  # fmt: skip


def _reopen(issue: Issue, kind: str, sighting: Sighting | None, detail: dict[str, str], *, now: datetime) -> None:
    issue.status = Issue.Status.UNRESOLVED
    issue.resolved_at = None
    issue.resolved_in_release = ""
    issue.resolved_in_next = False
    issue.ignored_at = issue.ignored_until = None
    issue.ignored_until_events = issue.ignored_until_users = None
    issue.ignored_window_minutes = issue.ignored_rate_events = None
    issue.save(update_fields=_STATUS_FIELDS)
    Transition.objects.create(
        project_id=issue.project_id, issue=issue, kind=kind, at=now, event_id=sighting.event_id if sighting else None,
        detail=detail | {"environment": sighting.environment if sighting else ""},
    )  # fmt: skip
    bell.ring_on_commit(bell.TRANSITIONS)
    Activity.objects.create(issue=issue, at=now, action=kind, detail=detail)


def _update_groups(ordered: Sequence[_Touched]) -> None:
    counters.update_groups(
        [
            counters.GroupTally(
                t.group.pk, t.total, t.new_users, min(s.at for s in t.sightings), max(s.at for s in t.sightings)
            )
            for t in ordered
        ]
    )


def _update_issues(changes: Sequence[_Change]) -> None:
    grown = [c.issue.pk for c in changes if any(t.new_users for t in c.touched) and not c.touched[0].is_new_issue]
    distinct = counters.distinct_users(grown)
    for change in changes:
        change.issue.user_count = distinct.get(change.issue.pk, change.issue.user_count)
    counters.update_issues([change.issue for change in changes])
