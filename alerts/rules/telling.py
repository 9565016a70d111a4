"""Who is told of an alert, and when: decided from where it stands, what was told before, and who wants silence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.models import Alert, Notification, Silence
from alerts.rules.kinds.issue import CHANGES
from alerts.rules.standing import Standing, is_on


class News(StrEnum):
    FIRING = "firing"
    STILL = "still_firing"
    ENDED = "alert_ended"
    FLAPPING = "flapping"


def news(
    before: Standing, after: Standing, told_at: datetime | None, *, repeat: timedelta, now: datetime, is_silenced: bool
) -> News | None:
    """What people should hear now. Silences hold news back and never judge: what still fires when one ends is told."""
    if is_silenced:
        return None
    if after.is_flapping:
        return None if before.is_flapping else News.FLAPPING
    if is_on(after.state):
        if told_at is None:
            return News.FIRING
        return News.STILL if repeat and now - told_at >= repeat else None
    return News.ENDED if told_at is not None else None


def silences(project_id: int, *, now: datetime) -> list[Silence]:
    """Those that last now."""
    return list(Silence.objects.filter(project_id=project_id, starts_at__lte=now, ends_at__gt=now))


def silences_of(projects: Collection[int], *, now: datetime) -> dict[int, list[Silence]]:
    """Those that last now, by project."""
    found: dict[int, list[Silence]] = defaultdict(list)
    for one in Silence.objects.filter(project__in=projects, starts_at__lte=now, ends_at__gt=now):
        found[one.project_id].append(one)
    return found


def is_silenced(labels: Mapping[str, str], lasting: Iterable[Silence]) -> bool:
    """Whether one of the silences asks for nothing but these labels."""
    return any(all(labels.get(name) == value for name, value in one.matchers.items()) for one in lasting)


def heard_already(alert: Alert, *, now: datetime) -> frozenset[int]:
    """The channels that were told of this change of an issue by their own filters."""
    config = alert.rule.config
    since = now - timedelta(minutes=config["window"])
    told = Notification.objects.filter(
        issue_id=int(alert.labels["issue"]), transition__kind=CHANGES[config["trigger"]], transition__at__gte=since
    )
    return frozenset(told.values_list("channel_id", flat=True))
