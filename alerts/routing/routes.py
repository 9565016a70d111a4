"""Which routes take a notice, and which groups it is told of in; pure but for reading the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from alerts.delivery import notify
from alerts.models import Channel, Notice, NoticeGroup, Route
from alerts.routing import matchers
from alerts.routing.grouping import Timing

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Target:
    """A group that a notice belongs to: of a route and these labels, or, without a route, of its own."""

    key: str
    route: Route | None = None
    labels: tuple[tuple[str, str], ...] = ()


def taking(routes: Iterable[Route], labels: Mapping[str, str]) -> list[Route]:
    """The routes that take what has these labels: the first that matches, and those after it if it goes on."""
    found = []
    for route in routes:
        if matchers.match(matchers.read(route.matchers), labels):
            found.append(route)
            if not route.goes_on:
                break
    return found


def targets(routes: Sequence[Route], *, key: str, labels: Mapping[str, str], named: Sequence[int]) -> list[Target]:
    """Where a notice is told: channels that were named win over routes; what no route takes, every channel hears."""
    found = [] if named else taking(routes, labels)
    return [target_of(route, labels) for route in found] or [Target(notify.dedup_id("notice", key))]


def target_of(route: Route, labels: Mapping[str, str]) -> Target:
    own = tuple((name, str(labels.get(name, ""))) for name in route.group_by)
    return Target(notify.dedup_id("route", route.pk, *(f"{name}\x1e{value}" for name, value in own)), route, own)


def naming(channel: Channel) -> QuerySet[Route]:
    """The routes that name the channel, themselves or in a step, in the order in which they are tried."""
    return Route.objects.filter(Q(channels=channel) | Q(steps__channels=channel)).distinct()


def timing_of(group: NoticeGroup, notices: Iterable[Notice]) -> Timing:
    """The route's, or at once and again as the rule says."""
    route = group.route
    if route is None:
        repeat = max((notice.repeat_minutes for notice in notices), default=0)
        return Timing(repeat=repeat * MINUTE or None)
    wait, interval = timedelta(seconds=route.wait_seconds), timedelta(seconds=route.interval_seconds)
    return Timing(wait, interval, route.repeat_minutes * MINUTE or None)
