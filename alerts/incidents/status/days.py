"""How each day of a component went: read from what its sources and people said, and kept, so that a page only reads.

A source is a kind and a number. Each kind has one function here that says when it was known and when it was bad.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db import transaction

from alerts.incidents.status.states import OF_SEVERITY, Seconds, State, worst
from alerts.models import (
    AlertTransition,
    MonitorState,
    MonitorTransition,
    ProbeSpan,
    ProbeState,
    Rule,
    StatusComponent,
    StatusDay,
    StatusNotice,
)

SHOWN = 90


@dataclass(frozen=True, slots=True)
class Stretch:
    """A component was in a state from one moment to another; None: nothing says so any more than that it was known."""

    start: datetime
    end: datetime
    state: State


Reader = Callable[[int, int, datetime, datetime], Iterator[Stretch]]


def refresh(*, now: datetime) -> int:
    """Count what is not over: of each component from its last counted day on; how many components."""
    found = list(
        StatusComponent.objects.filter(page__is_published=True, page__project__deleted_at=None).select_related("page")
    )
    for component in found:
        count(component, now=now)
    return len(found)


def today(component: StatusComponent, *, now: datetime) -> date:
    return now.astimezone(zone_of(component.page.zone)).date()


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


@transaction.atomic
def count(component: StatusComponent, *, now: datetime, anew: bool = False, since: datetime | None = None) -> None:
    """Write down the days from the last that was counted, or from `since`, or all that are shown, until today."""
    last = today(component, now=now)
    oldest = last - timedelta(days=SHOWN - 1)
    newest = component.days.order_by("-day").values_list("day", flat=True).first()
    # The last was counted while it went on, and is counted whole now; those before it stay as they are.
    first = oldest if anew or newest is None else max(oldest, newest)
    zone = zone_of(component.page.zone)
    if since is not None:
        first = max(oldest, min(first, since.astimezone(zone).date()))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    edges = [(day, _midnight(day, zone), min(now, _midnight(day + timedelta(days=1), zone))) for day in days]
    stretches = list(stretches_of(component, edges[0][1], now)) if edges else []
    rows = [StatusDay(component=component, day=day, **asdict(seconds(stretches, start, end)))
            for day, start, end in edges if start < end]  # fmt: skip
    StatusDay.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["component", "day"],
        update_fields=["known", "degraded", "partial", "major", "maintenance"],
    )  # fmt: skip
    component.days.filter(day__lt=oldest - timedelta(days=SHOWN)).delete()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)  # so that differences are of real time


def seconds(stretches: Sequence[Stretch], start: datetime, end: datetime) -> Seconds:
    """What the stretches add up to between two moments; of several at a time the worst counts, and maintenance before
    all, since it was announced. Pure."""
    inside = [one for one in stretches if one.start < end and one.end > start]
    edges = sorted({start, end, *(min(max(at, start), end) for one in inside for at in (one.start, one.end))})
    found = dict.fromkeys(("known", "degraded", "partial", "major", "maintenance"), 0.0)
    names = {State.DEGRADED: "degraded", State.PARTIAL: "partial", State.MAJOR: "major"}
    for begin, over in pairwise(edges):
        lasting = [one.state for one in inside if one.start <= begin and one.end >= over]
        length = (over - begin).total_seconds()
        if State.MAINTENANCE in lasting:
            found["maintenance"] += length
        elif lasting:
            found["known"] += length
            if name := names.get(worst(lasting)):
                found[name] += length
    return Seconds(**{name: round(value) for name, value in found.items()})


def stretches_of(component: StatusComponent, start: datetime, end: datetime) -> Iterator[Stretch]:
    """From its sources, and from what people published."""
    project_id = component.page.project_id
    for kind, number in component.sources:
        if kind in SOURCES:
            for one in SOURCES[kind](project_id, int(number), start, end):
                yield Stretch(max(one.start, start), min(one.end, end), one.state)
    yield from _published(component, start, end)


def _monitor(project_id: int, number: int, start: datetime, end: datetime) -> Iterator[Stretch]:
    """Known while it reports and is not paused; down is an outage."""
    for state in MonitorState.objects.filter(monitor_id=number, monitor__project_id=project_id):
        changes = list(
            MonitorTransition.objects.filter(state=state, at__lt=end).order_by("at", "pk").values_list("at", "after")
        )
        before = "new"
        last = start
        for at, after in [*changes, (end, "")]:
            if at > last and before in _OF_MONITOR:
                yield Stretch(last, at, _OF_MONITOR[before])
            last, before = max(at, start), after


def _probe(project_id: int, number: int, start: datetime, end: datetime) -> Iterator[Stretch]:
    """Known while it is looked at; down is an outage."""
    found = ProbeSpan.objects.filter(probe_id=number, probe__project_id=project_id, end__gt=start, start__lt=end)
    for span in found.order_by("start"):
        if span.status in _OF_MONITOR:
            yield Stretch(max(span.start, start), min(span.end, end), _OF_MONITOR[span.status])
    state = ProbeState.objects.filter(probe_id=number, probe__project_id=project_id).first()
    if state and state.status in _OF_MONITOR and state.span_at and state.span_at < end:
        # What goes on is known until its next look is missed.
        yield Stretch(max(state.span_at, start), end, _OF_MONITOR[state.status])


_OF_MONITOR = {"up": State.OPERATIONAL, "late": State.OPERATIONAL, "down": State.MAJOR}


def _rule(project_id: int, number: int, start: datetime, end: datetime) -> Iterator[Stretch]:
    """Known since there is the rule; how bad it is while it fires, its severity says."""
    rule = Rule.objects.filter(pk=number, project_id=project_id).first()
    if rule is None:
        return
    if rule.created_at < end and rule.is_enabled:
        yield Stretch(max(start, rule.created_at), end, State.OPERATIONAL)
    bad = OF_SEVERITY[rule.severity]
    changes = AlertTransition.objects.filter(alert__rule=rule, at__lt=end).order_by("alert", "at", "pk")
    since: datetime | None = None
    of = 0
    for alert, at, after in [*changes.values_list("alert", "at", "after"), (0, end, "ok")]:
        if alert != of and since is not None:
            yield Stretch(since, end, bad)
            since = None
        of = alert
        is_on = after in ("firing", "recovering")
        if is_on and since is None:
            since = at
        elif not is_on and since is not None:
            if at > start:
                yield Stretch(since, at, bad)
            since = None


# A new kind of source adds its line: (project, number, start, end) -> when it was in which state.
SOURCES: dict[str, Reader] = {"monitor": _monitor, "probe": _probe, "rule": _rule}


def _published(component: StatusComponent, start: datetime, end: datetime) -> Iterator[Stretch]:
    notices = StatusNotice.objects.filter(page=component.page, components__has_key=component.public_id)
    for one in notices.exclude(ended_at__lt=start):
        if one.kind == StatusNotice.Kind.MAINTENANCE:
            if one.scheduled_for is None or one.status == StatusNotice.Status.SCHEDULED:
                continue
            yield Stretch(max(start, one.started_at), min(end, one.ended_at or end), State.MAINTENANCE)
        elif one.started_at < end:
            state = State(one.components[component.public_id])
            yield Stretch(max(start, one.started_at), min(end, one.ended_at or end), state)


def present(component: StatusComponent, *, now: datetime) -> State:
    """How it is now, by its sources and by what is published and not over."""
    begin = now - timedelta(seconds=1)
    return _now(stretches_of(component, begin, now))


def _now(lasting: Iterable[Stretch]) -> State:
    states = [one.state for one in lasting if one.end > one.start]
    return State.MAINTENANCE if State.MAINTENANCE in states else worst(states)
