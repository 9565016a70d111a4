"""Which issues match a search, a page of them at a time, with their counts in the period.

What PostgreSQL knows (states, texts, times, counts) becomes a filter; what only facts know (users, URLs, tags) is asked
once per term as the set of groups it holds for.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet

from analytics import periods
from analytics.engine import EngineError
from analytics.questions.errors import issue_counts
from analytics.questions.errors.groups_matching import groups_matching
from analytics.questions.errors.issue_counts import Counts
from events.issues.search import LEVELS, Count, Has, Match, Period, Search, State, Term, Text, Value
from events.models import Bookmark, GroupEnvironment, GroupHour, Issue, IssueGroup, Project

PAGE = 25
FARTHEST_PAGE = 400
_CHUNK = 500
# The column each order begins with; the trend, and counts of a period, are put in front of their own once known.
SORTS = {
    "last_seen": "-last_seen_at",
    "first_seen": "-first_seen_at",
    "events": "-event_count",
    "users": "-user_count",
    "trend": "-last_seen_at",
}
_NEW_FOR = timedelta(days=7)
_LIKE = {"message": ("title", "value"), "error.type": ("type",), "error.value": ("value",), "platform": ("platform",)}
_TIMES = {"firstSeen": "first_seen_at", "lastSeen": "last_seen_at"}
_COUNTS = {"timesSeen": "event_count", "users": "user_count"}

Totals = Mapping[int, tuple[int, int]]
"""(errors, people) by issue."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list. `counts` are of the period and environment; None when the facts could not be read, or of
    no period. The issue's own counters are of all its life."""

    issue: Issue
    is_bookmarked: bool
    counts: Counts | None


@dataclass(frozen=True, slots=True)
class IssuePage:
    """A page of the list; `total` counts all that match."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    sort: str

    @property
    def has_previous(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.pages


def issue_list(
    project: Project,
    *,
    search: Search,
    environment: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    sort: str = "last_seen",
    page: int = 1,
    user: Any = None,
    now: datetime,
) -> IssuePage:
    """One page of the issues that match and were seen in the period. Raises ValueError on an unknown sort."""
    if sort not in SORTS:
        raise ValueError(f"sorts are {', '.join(SORTS)}")
    found = matching(project, search=search, environment=environment, start=start, end=end, user=user, now=now)
    period = _period(start, end, now=now)
    is_counted = sort == "trend" or (period is not None and sort in ("events", "users"))
    if is_counted or environment or any(isinstance(term, Match | Has) for term in search.terms):
        # Which issues these are takes far longer than fetching their ids, so it is asked once, not for a count as well.
        ids, _ = _ordered(project, found, period=period, environment=environment, sort=sort)
        total, within = len(ids), _within(len(ids), page)
        fetched = _told(Issue.objects.all(), user).in_bulk(ids[within])
        chosen = [fetched[pk] for pk in ids[within] if pk in fetched]
    else:
        total = found.count()
        chosen = list(_told(found, user).order_by(SORTS[sort], "-pk")[_within(total, page)])
    counts = _counts(project, chosen, period=period, environment=environment) if period else {}
    rows = tuple(Row(issue, issue.is_marked, counts.get(issue.pk)) for issue in chosen)
    return IssuePage(rows, total, _within(total, page).stop // PAGE, _pages(total), sort)


def _told(issues: QuerySet[Issue], user: Any) -> Any:
    """The issues with what a line shows besides: who looks after it, whether `user` marked it, its groups."""
    marks = Bookmark.objects.filter(issue=OuterRef("pk"), user_id=user.pk or 0 if user else 0)
    groups = IssueGroup.objects.filter(issue=OuterRef("pk"), project=OuterRef("project")).values("hash")
    return issues.select_related("assigned_to").annotate(is_marked=Exists(marks), hashes=ArraySubquery(groups))


def issue_rows(
    project: Project,
    *,
    search: Search,
    environment: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    sort: str = "last_seen",
    after: int = 0,
    user: Any = None,
    now: datetime,
) -> Iterator[tuple[Issue, int | None, int | None]]:
    """All issues that match, in the order of the list, each with its errors and people of the period; None for both
    without a period, or when the facts cannot be read.

    A `sort` that is none of SORTS is by number. `after` is the issue that it goes on behind.
    """
    found = matching(project, search=search, environment=environment, start=start, end=end, user=user, now=now)
    period = _period(start, end, now=now)
    ids, totals = _ordered(project, found, period=period, environment=environment, sort=sort)
    if period and totals is None:
        totals = _totals(project, ids, period=period, environment=environment)
    ids = ids[ids.index(after) + 1 :] if after in ids else ids
    for first in range(0, len(ids), _CHUNK):
        chunk = ids[first : first + _CHUNK]
        fetched = Issue.objects.select_related("assigned_to").in_bulk(chunk)
        for pk in chunk:
            if pk in fetched:
                yield fetched[pk], *((None, None) if totals is None else totals.get(pk, (0, 0)))


def matching(
    project: Project,
    *,
    search: Search,
    environment: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    user: Any = None,
    now: datetime,
) -> QuerySet[Issue]:
    """All issues that match, unordered: what "all matching" means to a bulk action."""
    found = Issue.objects.filter(project=project)
    if start:
        found = found.filter(last_seen_at__gte=start)
    if end and end < now:
        found = found.filter(first_seen_at__lt=end)
    if environment:
        found = found.filter(_in_environment(project, Q(environment=environment), start=start, end=end, now=now))
    for term in search.terms:
        condition = _condition(project, term, start=start, end=end, user=user, now=now)
        found = found.exclude(condition) if term.negated else found.filter(condition)
    return found


def _counts(project: Project, issues: list[Any], *, period: periods.Period, environment: str) -> dict[int, Counts]:
    """The counts of the period by issue; nothing when the facts cannot be read: the list is still worth showing."""
    groups = {one: issue.pk for issue in issues for one in issue.hashes}
    try:
        found = issue_counts.issue_counts(project, groups=groups, period=period, environment=environment)
    except EngineError:
        return {}
    return {issue.pk: found.get(issue.pk, Counts()) for issue in issues}


def _ordered(
    project: Project, found: QuerySet[Issue], *, period: periods.Period | None, environment: str, sort: str
) -> tuple[list[int], Totals | None]:
    """The ids of the issues in the order `sort`, by their own columns where the facts of the period are not known; and
    what was counted for it."""
    ids = list(found.order_by(SORTS.get(sort, "pk"), "-pk").values_list("pk", flat=True))
    if sort == "trend":
        trend = _trend(project, ids, period=period, environment=environment)
        ids.sort(key=lambda pk: -trend.get(pk, 0))
    elif period and sort in ("events", "users"):
        totals = _totals(project, ids, period=period, environment=environment)
        if totals is not None:
            ids.sort(key=lambda pk: -totals.get(pk, (0, 0))[sort == "users"])
        return ids, totals
    return ids, None


def _totals(project: Project, ids: list[int], *, period: periods.Period, environment: str) -> Totals | None:
    """What was counted in the period; None when the facts cannot be read."""
    try:
        return issue_counts.issue_totals(project, groups=_groups(project, ids), period=period, environment=environment)
    except EngineError:
        return None


def _period(start: datetime | None, end: datetime | None, *, now: datetime) -> periods.Period | None:
    until = min(end, now) if end else now
    return periods.Period(start, until) if start and start < until else None


def _groups(project: Project, ids: list[int]) -> dict[UUID, int]:
    return dict(IssueGroup.objects.filter(project=project, issue_id__in=ids).values_list("hash", "issue_id"))


def _pages(total: int) -> int:
    return min(max(1, -(-total // PAGE)), FARTHEST_PAGE)


def _within(total: int, page: int) -> slice:
    """The rows of the page, or of the nearest there is."""
    page = min(max(1, page), _pages(total))
    return slice((page - 1) * PAGE, page * PAGE)


def _trend(project: Project, ids: list[int], *, period: periods.Period | None, environment: str) -> Mapping[int, int]:
    """By issue, the errors of the period's second half less those of its first; without a period, of the last 24 hours
    less those of the 24 before. None for those without either."""
    if period is None:
        return _trend_of_a_day(project, environment=environment)
    groups = _groups(project, ids)
    try:
        return issue_counts.issue_trends(project, groups=groups, period=period, environment=environment)
    except EngineError:
        return {}


def _trend_of_a_day(project: Project, *, environment: str) -> Mapping[int, int]:
    seen = GroupEnvironment.objects.filter(group__project=project).exclude(late=0, early=0)
    if environment:
        seen = seen.filter(environment=environment)
    trends: Counter[int] = Counter()
    for issue_id, late, early in seen.values_list("group__issue_id", "late", "early"):
        trends[issue_id] += late - early
    return trends


def _condition(
    project: Project, term: Term, *, start: datetime | None, end: datetime | None, user: Any, now: datetime
) -> Q:
    """What must hold of an issue, the term's negation left out."""
    if isinstance(term, Text):
        return _any(_like(column, term.value, inside=True) for column in ("title", "value", "culprit"))
    if isinstance(term, State):
        return _any(_state(name, user=user, now=now) for name in term.names)
    if isinstance(term, Period):
        column = _TIMES[term.field]
        return _between(column, {"gte": term.since, "lt": term.until})
    if isinstance(term, Count):
        return _between(_COUNTS[term.field], {"gte": term.at_least, "lte": term.at_most})
    if not term.is_tag:
        known = _known(project, term, start=start, end=end, user=user, now=now)
        if known is not None:
            return known
    hashes = groups_matching(project, term, start=start, end=end, now=now)
    groups = IssueGroup.objects.filter(project=project, hash__in=list(hashes))
    return Q(pk__in=groups.values("issue_id"))


def _known(
    project: Project, term: Match | Has, *, start: datetime | None, end: datetime | None, user: Any, now: datetime
) -> Q | None:
    """The condition on a field that PostgreSQL knows about; None for the others."""
    if isinstance(term, Has):
        if term.field == "assigned":
            return Q(assigned_to__isnull=False)
        if term.field == "priority":
            return ~Q(priority="")
        columns = _LIKE.get(term.field, ())
        return _any(~Q(**{column: ""}) for column in columns) if columns else None
    if term.field == "level":
        return Q(level__in=[value.text for value in term.values])
    if term.field == "priority":
        return _any(_urgent(value.text) for value in term.values)
    if term.field in _LIKE:
        inside = term.field == "message"
        return _any(_like(column, value, inside=inside) for column in _LIKE[term.field] for value in term.values)
    if term.field == "environment":
        named = _any(_like("environment", value) for value in term.values)
        return _in_environment(project, named, start=start, end=end, now=now)
    if term.field == "assigned":
        return _any(_assigned(value, user=user) for value in term.values)
    if term.field == "bookmarks":
        people = _any(_person(value, user=user) for value in term.values)
        return Q(pk__in=Bookmark.objects.filter(user__in=get_user_model().objects.filter(people)).values("issue_id"))
    return None


def _urgent(priority: str) -> Q:
    """The priority as Issue.urgency says it: the one that was set, else that of the level."""
    levels = [level for level in LEVELS if Issue(level=level).urgency == priority]
    return Q(priority=priority) | Q(priority="", level__in=levels)


def _state(name: str, *, user: Any, now: datetime) -> Q:
    if name in Issue.Status.values:
        return Q(status=name)
    mine = Bookmark.objects.filter(user=user).values("issue_id") if user else []
    return {
        "assigned": Q(assigned_to__isnull=False),
        "unassigned": Q(assigned_to__isnull=True),
        "bookmarked": Q(pk__in=mine),
        "regressed": Q(status=Issue.Status.UNRESOLVED, is_regressed=True),
        "new": Q(status=Issue.Status.UNRESOLVED, first_seen_at__gte=now - _NEW_FOR),
        "for_review": Q(status=Issue.Status.UNRESOLVED, assigned_to__isnull=True)
        & (Q(first_seen_at__gte=now - _NEW_FOR) | Q(is_regressed=True)),
    }[name]


def _assigned(value: Value, *, user: Any) -> Q:
    if value.is_exact and value.text == "none":
        return Q(assigned_to__isnull=True)
    return Q(assigned_to__in=get_user_model().objects.filter(_person(value, user=user)))


def _person(value: Value, *, user: Any) -> Q:
    if value.is_exact and value.text == "me":
        return Q(pk=user.pk if user else None)
    return _like("username", value) | _like("email", value)


def _in_environment(project: Project, named: Q, *, start: datetime | None, end: datetime | None, now: datetime) -> Q:
    """Seen there within the period. Only of a period gone by does that take a look at the hours."""
    if end is None or _hour(end) >= _hour(now):
        seen = GroupEnvironment.objects.filter(named, group__project=project)
        if start:
            seen = seen.filter(last_hour__gte=_hour(start))
        return Q(pk__in=seen.values("group__issue_id"))
    hours = GroupHour.objects.filter(named, group__project=project)
    if start:
        hours = hours.filter(hour__gte=_hour(start))
    if end:
        hours = hours.filter(hour__lt=end)
    return Q(pk__in=hours.values("group__issue_id"))


def _like(column: str, value: Value, *, inside: bool = False) -> Q:
    """`column` is `value`, letter case aside, wildcards standing for anything; with `inside`, holds it."""
    if value.is_exact:
        return Q(**{f"{column}__{'icontains' if inside else 'iexact'}": value.text})
    first, *middle, last = value.parts
    held = Q()
    if first:
        held &= Q(**{f"{column}__{'icontains' if inside else 'istartswith'}": first})
    for part in middle:
        held &= Q(**{f"{column}__icontains": part})
    if last:
        held &= Q(**{f"{column}__{'icontains' if inside else 'iendswith'}": last})
    return held


def _between(column: str, bounds: dict[str, Any]) -> Q:
    return Q(**{f"{column}__{bound}": value for bound, value in bounds.items() if value is not None})


def _any(conditions: Iterable[Q]) -> Q:
    joined = Q(pk__in=[])
    for condition in conditions:
        joined |= condition
    return joined


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
