"""What happened to single issues along time: their changes, their errors and the people who met them, their hours."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Sum

from analytics import engine, periods
from analytics.periods import Period
from analytics.questions.errors import issue_list
from analytics.questions.watched.metrics import Metric
from analytics.questions.watched.series import MOST_GROUPS, History, Value, counted
from events.issues.search import Has, Match, Search
from events.models import GroupHour, Issue, IssueGroup, Project, Transition

CHANGES = Metric("issues.changes", "Issues", "errors", "count")
EVENTS = Metric("issues.events", "Events of an issue", "errors", "count", "events")
USERS = Metric("issues.users", "People who meet an issue", "errors", "count", "people")
# What the errors of issues are filtered by, besides the search for issues.
COLUMNS = ("level", "environment", "release")
# Of a search, what is known of issues without their errors.
STORED = frozenset({"level", "assigned", "bookmarks", "message", "error.type", "error.value", "platform"})
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Where = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class People(History):
    """A history whose value is how many different people are in a window."""

    people: tuple[frozenset[int], ...] = ()

    def over(self, start: datetime, end: datetime) -> Value:
        span = slice(bisect_left(self.at, start), bisect_left(self.at, end))
        seen = len(frozenset().union(*self.people[span]))
        return Value(float(seen), seen)


def changes(
    project: Project, kinds: Collection[str], *, search: Search, where: Where, period: Period, now: datetime
) -> list[History]:
    """The changes of these kinds that channels were told of already, issue by issue, those that changed last first.

    Only those: so whoever tells of them again can know who has heard.
    """
    rows = Transition.objects.filter(
        project=project, kind__in=kinds, at__gte=period.start, at__lt=period.end, claimed_at__isnull=False
    )
    found: dict[int, list[tuple[datetime, int, int]]] = defaultdict(list)
    for issue_id, at, detail, level in rows.order_by("-at").values_list("issue_id", "at", "detail", "issue__level"):
        known = {"level": level, **detail}
        if all(str(known.get(name, "")) in values for name, values in where.items()):
            found[issue_id].append((at, 1, 0))
    issues = _matching(project, search, list(found), start=period.start, now=now)
    order = [pk for pk in found if pk in issues][:MOST_GROUPS]
    return [counted(CHANGES, (str(pk),), found[pk], step=MINUTE, about=_about(issues[pk])) for pk in order]


def frequency(
    project: Project, *, of_users: bool, search: Search, where: Where, period: Period, step: timedelta, now: datetime
) -> list[History]:
    """The errors, or the people who met them, issue by issue, those with the most errors first."""
    terms, bound = ["true"], {}
    for name, values in where.items():
        terms.append(f"coalesce(e.{_column(name)}, '') IN $only_{name}")
        bound[f"only_{name}"] = list(values)
    people = ", list(DISTINCT e.user_key) FILTER (e.user_key IS NOT NULL) AS people" if of_users else ""
    sql = f"""
        SELECT e.group_hash AS hash, time_bucket($step, e."at", $origin) AS start, count(*) AS errors{people}
        FROM errors e WHERE {" AND ".join(terms)} GROUP BY ALL
    """
    with engine.read(project.pk, {"errors": period}) as facts:
        rows = facts.ask(sql, {**bound, "step": step, "origin": periods.ORIGIN})
    owner = _owners(project, {row["hash"] for row in rows if row["hash"]})
    counts: dict[int, list[tuple[datetime, int, int]]] = defaultdict(list)
    persons: dict[int, dict[datetime, frozenset[int]]] = defaultdict(dict)
    for row in rows:
        if (pk := owner.get(row["hash"])) is not None:
            counts[pk].append((row["start"], row["errors"], 0))
            before = persons[pk].get(row["start"], frozenset())
            persons[pk][row["start"]] = before | frozenset(row.get("people") or ())
    issues = _matching(project, search, list(counts), start=period.start, now=now)
    order = sorted(issues, key=lambda pk: (-sum(n for _, n, _ in counts[pk]), pk))[:MOST_GROUPS]
    if not of_users:
        return [counted(EVENTS, (str(pk),), counts[pk], step=step, about=_about(issues[pk])) for pk in order]
    return [_people(str(pk), persons[pk], step=step, about=_about(issues[pk])) for pk in order]


def hours(
    project: Project, *, search: Search, environments: Sequence[str], period: Period, since: datetime, now: datetime
) -> list[History]:
    """The errors of each hour of the issues that had one since a moment, beginning where they were first seen."""
    counted_hours = GroupHour.objects.filter(group__issue__project=project, hour__lt=period.end)
    if environments:
        counted_hours = counted_hours.filter(environment__in=environments)
    active = counted_hours.filter(hour__gte=since).values_list("group__issue_id").annotate(total=Sum("count"))
    busiest = [pk for pk, _ in active.order_by("-total")[:MOST_GROUPS]]
    issues = _matching(project, search, busiest, start=None, now=now)
    found = {
        pk: [(max(period.start, issue.first_seen_at.replace(minute=0, second=0, microsecond=0)), 0, 0)]
        for pk, issue in issues.items()
    }
    rows = counted_hours.filter(group__issue_id__in=list(issues), hour__gte=period.start)
    for pk, hour, total in rows.values_list("group__issue_id", "hour").annotate(total=Sum("count")):
        found[pk].append((hour, total, 0))
    return [
        counted(EVENTS, (str(pk),), found[pk], step=HOUR, about=_about(issues[pk])) for pk in busiest if pk in issues
    ]


def _matching(
    project: Project, search: Search, ids: Sequence[int], *, start: datetime | None, now: datetime
) -> dict[int, Issue]:
    """Those of the issues that match; what only facts know is asked of those since `start`."""
    found = Issue.objects.filter(project=project, pk__in=ids)
    stored = tuple(term for term in search.terms if not isinstance(term, Match | Has) or _is_stored(term))
    asked = tuple(term for term in search.terms if term not in stored)
    for terms, since in ((stored, None), (asked, start)):
        if terms and ids:
            matching = issue_list.matching(project, search=Search(terms), start=since, now=now)
            found = found.filter(pk__in=matching.values("pk"))
    return found.in_bulk() if ids else {}


def _is_stored(term: Match | Has) -> bool:
    return term.field in STORED and not term.is_tag


def _owners(project: Project, hashes: Iterable[str]) -> dict[str, int]:
    wanted = [UUID(one) for one in hashes]
    groups = IssueGroup.objects.filter(project=project, hash__in=wanted).values_list("hash", "issue_id")
    return {found.hex: issue_id for found, issue_id in groups}


def _people(pk: str, seen: Mapping[datetime, frozenset[int]], *, step: timedelta, about: str) -> People:
    plain = counted(USERS, (pk,), [(at, len(people), 0) for at, people in seen.items()], step=step, about=about)
    people = tuple(seen[at] for at in plain.at)
    return People(plain.metric, plain.labels, step, plain.at, plain.all, plain.bad, about, people)


def _about(issue: Issue) -> str:
    return f"{issue.title} in {issue.culprit}" if issue.culprit else issue.title


def _column(name: str) -> str:
    if name not in COLUMNS:
        raise ValueError(f"Errors of issues cannot be cut by {name!r}: {', '.join(COLUMNS)}.")
    return name
