"""What an issue's page shows around its events: trend, similar issues, the kept events and their neighbours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from events.models import GroupHour, Issue, Occurrence

SIMILAR = 5
_CANDIDATES = 200
_LEAST_ALIKE = 0.4
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Trend:
    """Events per step; `starts[i]` begins the step that `counts[i]` counts."""

    starts: tuple[datetime, ...]
    counts: tuple[int, ...]
    step: timedelta


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A kept event of an issue among the others: event ids, None at the ends; `position` counts from 1."""

    first: str
    last: str
    previous: str | None
    next: str | None
    position: int
    kept: int


@dataclass(frozen=True, slots=True)
class Traits:
    """What similarity looks at."""

    type: str
    culprit: str
    words: frozenset[str]


def trend(issue: Issue, *, start: datetime, end: datetime, environment: str = "", steps: int = 60) -> Trend:
    """Events of the issue from `start` to `end` in at most `steps` steps of whole hours."""
    first = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = max(1, -(-int((end - first).total_seconds()) // 3600))
    width = max(1, -(-hours // steps))
    size = -(-hours // width)
    counted = GroupHour.objects.filter(group__issue=issue, hour__gte=first, hour__lt=end)
    if environment:
        counted = counted.filter(environment=environment)
    counts = [0] * size
    for hour, total in counted.values_list("hour").annotate(total=Sum("count")):
        counts[int((hour - first) / _HOUR) // width] += total
    starts = tuple(first + index * width * _HOUR for index in range(size))
    return Trend(starts, tuple(counts), width * _HOUR)


def similar(issue: Issue, *, among: Iterable[Issue] | None = None, limit: int = SIMILAR) -> list[tuple[Issue, float]]:
    """The issues of the project most like this one, with how alike (0 to 1), `among` those of its type or place."""
    own = traits(issue)
    scored = [(one, likeness(own, traits(one))) for one in (candidates(issue) if among is None else among)]
    alike = [pair for pair in scored if pair[1] >= _LEAST_ALIKE]
    return sorted(alike, key=lambda pair: (-pair[1], -pair[0].pk))[:limit]


def candidates(issue: Issue) -> QuerySet[Issue]:
    """The latest issues of the project that are of its type or place."""
    same = Q(culprit=issue.culprit) if issue.culprit else Q(pk__in=[])
    if issue.type:
        same |= Q(type=issue.type)
    found = Issue.objects.filter(same, project_id=issue.project_id).exclude(pk=issue.pk)
    return found.order_by("-last_seen_at")[:_CANDIDATES]


def traits(issue: Issue) -> Traits:
    """What similarity looks at, of an issue."""
    return Traits(issue.type, issue.culprit, words(f"{issue.title} {issue.value}"))


def words(text: str) -> frozenset[str]:
    """The words of a message without those that hold a digit: ids and numbers say nothing of what went wrong."""
    kept = "".join(sign if sign.isalnum() else " " for sign in text.lower())
    return frozenset(word for word in kept.split() if not any(sign.isdigit() for sign in word))


def likeness(a: Traits, b: Traits) -> float:
    """How alike two issues are, 0 to 1: a third each for type, place, and the share of words in common."""
    union = a.words | b.words
    shared = len(a.words & b.words) / len(union) if union else 0.0
    return (bool(a.type and a.type == b.type) + bool(a.culprit and a.culprit == b.culprit) + shared) / 3


def kept_occurrences(issue: Issue, *, environment: str = "") -> list[tuple[str, datetime]]:
    """The kept events of an issue, oldest first: (event id, moment); bounded by what is kept per group."""
    kept = Occurrence.objects.filter(group__issue=issue)
    if environment:
        kept = kept.filter(environment=environment)
    return [(event_id.hex, at) for event_id, at in kept.order_by("at", "pk").values_list("event_id", "at")]


def neighbours(event_id: str, kept: Iterable[tuple[str, datetime]]) -> Neighbours | None:
    """Where an event stands among the kept ones; None when it is not kept."""
    ids = [one for one, _ in kept]
    if event_id not in ids:
        return None
    at = ids.index(event_id)
    return Neighbours(
        first=ids[0],
        last=ids[-1],
        previous=ids[at - 1] if at else None,
        next=ids[at + 1] if at + 1 < len(ids) else None,
        position=at + 1,
        kept=len(ids),
    )
