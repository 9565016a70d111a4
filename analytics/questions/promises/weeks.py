"""Failures, page loads, uptime and the use of features by week: what a scorecard holds against its goals.

A week begins at midnight, UTC, on Monday or the day asked for. The last one may not be over; what is compared are the
two before its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics import rollups
from analytics.periods import Period
from analytics.questions.product.features import Feature
from analytics.rollups.cells import Measure
from analytics.statistics import comparisons
from analytics.statistics.comparisons import Comparison
from events.models import Project

WEEK = timedelta(weeks=1)
_MINUTES = WEEK // timedelta(minutes=1)
# Of a week of minutes nothing is left after a fortnight; the goal of page loads is about three of four visits.
PAGE_LOAD_SHARE = 0.75
_NOT_WELL = ("error", "missed", "timeout", "unknown")


@dataclass(frozen=True, slots=True)
class Week:
    """What was measured in the week that began at `start`: shares are of one, lengths of time in milliseconds.
    `low` and `high` are the ends of its 95 % interval, where there is one."""

    start: datetime
    value: float | None = None
    samples: int = 0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """Weeks in order, and how the last differs from the one before."""

    weeks: tuple[Week, ...]
    comparison: Comparison

    @property
    def last(self) -> Week:
        return self.weeks[-1]


@dataclass(frozen=True, slots=True)
class Courses:
    """What the rollups know. Uptime is of probes where any looked, else of check-ins: `uptime_of` says which."""

    failures: Course
    page_load: Course
    uptime: Course
    uptime_of: str


def starts(last: datetime, *, count: int) -> tuple[datetime, ...]:
    """The beginnings of `count` weeks, of which the last begins at `last`."""
    return tuple(last - WEEK * back for back in range(count - 1, -1, -1))


def measured(project: Project, *, weeks: Sequence[datetime], now: datetime) -> Courses:
    """Failed requests, LCP of three of four visits, and uptime, of the weeks that begin so."""
    names = ("traffic", "page_vitals", "probes", "check_ins")
    period = Period(weeks[0], weeks[-1] + WEEK)
    found, begin = rollups.read_many(project.pk, names, period=period, step=WEEK, now=now), rollups.minute_of(weeks[0])

    def along(name: str, where: Mapping[str, tuple[str, ...]], *, is_counting: bool = True) -> list[Measure]:
        return rollups.along(weeks, found[name].by(step=_MINUTES, where=where, is_counting=is_counting, begin=begin))

    looks = along("probes", {})
    uptime_of = "probes" if any(one.count for one in looks) else "check_ins"
    whole = looks if uptime_of == "probes" else along("check_ins", {})
    bad = along(uptime_of, {"status": ("down",) if uptime_of == "probes" else _NOT_WELL})
    good = [of.count - hit.count for of, hit in zip(whole, bad, strict=True)]
    return Courses(
        failures=shares(weeks, _counts(along("traffic", {"status": ("5xx",)})), _counts(along("traffic", {}))),
        page_load=_quantiles(weeks, along("page_vitals", {"metric": ("LCP",)}, is_counting=False)),
        uptime=shares(weeks, good, _counts(whole)),
        uptime_of=uptime_of,
    )


def adopted(weeks: Sequence[datetime], found: Feature) -> Course:
    """The share of each week's active people who used a feature, of what was answered by weeks."""
    by_start = {bucket.start: bucket for bucket in found.buckets}
    buckets = [by_start.get(start) for start in weeks]
    return shares(weeks, [one.users if one else 0 for one in buckets], [one.active if one else 0 for one in buckets])


def shares(weeks: Sequence[datetime], hits: Sequence[int], of: Sequence[int]) -> Course:
    """Shares by week: pure."""
    found = []
    for start, part, whole in zip(weeks, hits, of, strict=True):
        low, high = comparisons.wilson(part, whole) if whole else (None, None)
        found.append(Week(start, part / whole if whole else None, whole, low, high))
    comparison = _last_two(len(weeks), lambda a, b: comparisons.shares(hits[a], of[a], hits[b], of[b]))
    return Course(tuple(found), comparison)


def _quantiles(weeks: Sequence[datetime], found: Sequence[Measure]) -> Course:
    measured = []
    for start, one in zip(weeks, found, strict=True):
        ends = comparisons.quantile_interval(one.histogram, PAGE_LOAD_SHARE) if one.histogram.count else (None, None)
        measured.append(Week(start, one.quantile(PAGE_LOAD_SHARE), one.count, *ends))
    comparison = _last_two(
        len(weeks),
        lambda a, b: comparisons.quantiles(found[a].histogram, found[b].histogram, PAGE_LOAD_SHARE),
    )
    return Course(tuple(measured), comparison)


def _last_two(count: int, compare: Callable[[int, int], Comparison]) -> Comparison:
    """The last against the one before."""
    return compare(count - 1, count - 2) if count > 1 else Comparison(None, None, None, None, 0, 0)


def _counts(found: Sequence[Measure]) -> list[int]:
    return [one.count for one in found]
