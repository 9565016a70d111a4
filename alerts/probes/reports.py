"""What is known of probes over time: stretches, shares of time, and the percentiles of their answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.models import Maintenance, Probe, ProbeSpan, ProbeState
from alerts.probes import rounds, telling, uptime
from alerts.probes.uptime import Interval, Stretch, Uptime
from alerts.routing import matchers, windows
from analytics.periods import Period
from analytics.rollups import reading
from analytics.rollups.cells import NOTHING, Measure

DAY = timedelta(days=1)
LONGEST = 90 * DAY


@dataclass(frozen=True, slots=True)
class Line:
    """A period: how long it was up, and how its looks answered."""

    words: str
    uptime: Uptime
    looks: int
    answers: Measure


def stretches(states: Sequence[ProbeState], *, since: datetime, now: datetime) -> dict[int, list[Stretch]]:
    """By the probe's id: stretches of time in which it was up or down, the oldest first, with the one that lasts."""
    found: dict[int, list[Stretch]] = defaultdict(list)
    spans = ProbeSpan.objects.filter(probe__in=[state.probe_id for state in states], end__gt=since)
    for span in spans.order_by("start", "pk"):
        found[span.probe_id].append(Stretch(span.status == ProbeState.Status.UP, span.start, span.end))
    for state in states:
        end = _lasts_until(state, now=now)
        if end is not None and state.span_at is not None and end > state.span_at:
            found[state.probe_id].append(Stretch(state.status == ProbeState.Status.UP, state.span_at, end))
    return found


def planned(states: Sequence[ProbeState], *, since: datetime, now: datetime) -> dict[int, list[Interval]]:
    """By the probe's id: the planned maintenance that holds its news back, which is no part of its uptime."""
    found: dict[int, list[Interval]] = defaultdict(list)
    begun = Maintenance.objects.filter(project__in={state.probe.project_id for state in states}, starts_at__lt=now)
    for one in begun:
        times = [(window.starts_at, window.ends_at) for window in windows.windows(one, start=since, end=now)]
        asked = matchers.read(one.matchers)
        for state in states:
            if state.probe.project_id == one.project_id and matchers.match(asked, telling.labels_of(state)):
                found[state.probe_id] += times
    return found


def share(
    stretches: Sequence[Stretch], length: timedelta, *, now: datetime, excluded: Sequence[Interval] = ()
) -> Uptime:
    """Of the time up to now, without what is excluded."""
    return uptime.uptime(stretches, start=now - length, end=now, excluded=excluded)


def lines(probe: Probe, known: Sequence[Stretch], *, now: datetime, excluded: Sequence[Interval] = ()) -> list[Line]:
    """The last day, week, month and quarter of one probe; looks as the rollups have them, a minute behind."""
    periods = (("24 hours", DAY), ("7 days", 7 * DAY), ("30 days", 30 * DAY), ("90 days", LONGEST))
    return [
        Line(words, share(known, length, now=now, excluded=excluded), *counted(probe, length, now=now))
        for words, length in periods
    ]


def counted(probe: Probe, length: timedelta, *, now: datetime) -> tuple[int, Measure]:
    """How many looks there were in the time up to now, and how long those took that were well."""
    cells = reading.read(probe.project_id, "probes", period=Period(now - length, now), now=now)
    of_probe = cells.by("status", where={"probe": (probe.slug,)}).groups()
    return sum(measure.count for measure in of_probe.values()), of_probe.get(("up",), NOTHING)


def answers_along(probe: Probe, length: timedelta, step: timedelta, *, now: datetime) -> list[list[Any]]:
    """[moment, p95 in milliseconds or None] for each step of the time up to now."""
    minutes = step // timedelta(minutes=1)
    period = Period(now - length, now)
    cells = reading.read(probe.project_id, "probes", period=period, now=now, step=step)
    measured = cells.by(where={"probe": (probe.slug,), "status": ("up",)}, step=minutes).measures()
    found = {reading.moment_of(minute): measure for (minute, _), measure in measured.items()}
    starts = sorted(found)
    if not starts:
        return []
    at = starts[0]
    points: list[list[Any]] = []
    while at <= starts[-1]:
        points.append([at.isoformat(), found[at].quantile(0.95) if at in found else None])
        at += step
    return points


def _lasts_until(state: ProbeState, *, now: datetime) -> datetime | None:
    """Until when the last look speaks: for now, unless the next one is long overdue."""
    if state.status not in (ProbeState.Status.UP, ProbeState.Status.DOWN) or state.last_at is None:
        return None
    plan = rounds.plan_of(state.probe)
    return now if now - state.last_at <= plan.longest_gap else min(now, state.last_at + plan.interval)
