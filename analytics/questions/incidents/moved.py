"""What moved at the same time: which errors, endpoints, queries and hosts are worse than in the hours before.

Everything is a share or a rate of rare events in the time asked about, against the hours before it, so that all can be
judged alike. Counts that are wild by themselves are taken for as much less as they are wilder than chance; of what is
believed at most one in twenty is chance, however much was looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.periods import Period
from analytics.rollups import reading
from analytics.rollups.cells import OTHER, Cells, Labels, Measure
from analytics.rollups.histograms import bucket, edge
from analytics.statistics import ratios
from analytics.statistics.ratios import Ratio
from events.models import GroupHour, Issue

BEFORE = timedelta(hours=6)
SLICE = timedelta(minutes=30)
DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
LEAST = timedelta(minutes=10)
# Fewer events than these on both sides together say nothing of anything; less than this ratio is not worth a line.
FEW, SMALL = 10, 1.5
MOST = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that may have moved: hits among tries (or in a length of time), then and in each slice before."""

    kind: str
    name: str
    hits: float
    tries: float
    hits_before: tuple[float, ...]
    tries_before: tuple[float, ...]
    unit: str = ""
    issue_id: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """One that did, and by how much."""

    kind: str
    name: str
    ratio: Ratio
    words: str
    issue_id: int | None = None


def moved(project_id: int, *, start: datetime, end: datetime, now: datetime, environment: str = "") -> list[Moved]:
    """Ranked, the surest first."""
    end = max(end, start + LEAST)
    return ranked([
        *_requests(project_id, start, end, now, environment),
        *_queries(project_id, start, end, now, environment),
        *_hosts(project_id, start, end, now, environment),
        *_errors(project_id, start, end, environment),
    ])  # fmt: skip


def ranked(candidates: Iterable[Candidate], *, rate: float = ratios.ALPHA) -> list[Moved]:
    """Those that moved for the worse, by the lower end of their interval. Pure."""
    judged = [(one, p) for one in candidates if (p := _surprise(one)) is not None]
    kept = ratios.believed([p for _, p in judged], rate=rate)
    found = [(one, _ratio(one)) for (one, _), is_kept in zip(judged, kept, strict=True) if is_kept]
    worse = [
        Moved(one.kind, one.name, of, _words(one, of), one.issue_id)
        for one, of in found
        if of is not None and of.low > 1 and (of.value is None or of.value >= SMALL)
    ]
    return sorted(worse, key=lambda one: (-one.ratio.low, one.kind, one.name))[:MOST]


def _surprise(one: Candidate) -> float | None:
    if one.hits + sum(one.hits_before) < FEW:
        return None
    wild, (hits, before) = _tamed(one)
    p = ratios.surprise(hits, one.tries, before, sum(one.tries_before))
    return p if p is None or wild == 1 else ratios.estimated(p, len(one.hits_before))


def _ratio(one: Candidate) -> Ratio | None:
    hits, before = _tamed(one)[1]
    return ratios.ratio(hits, one.tries, before, sum(one.tries_before))


def _tamed(one: Candidate) -> tuple[float, tuple[float, float]]:
    """How wild it is by itself, and its counts for as much less."""
    wild = ratios.dispersion(one.hits_before, one.tries_before)
    return wild, (one.hits / wild, sum(one.hits_before) / wild)


def _words(one: Candidate, found: Ratio) -> str:
    before, tries = sum(one.hits_before), sum(one.tries_before)
    if one.unit:
        seen = f"{one.hits / one.tries:,.3g} {one.unit}, {before / tries:,.3g} before"
    else:
        seen = f"{one.hits:,.0f} of {one.tries:,.0f}, {before:,.0f} of {tries:,.0f} before"
    return f"{found.words}: {seen}"


def _requests(project_id: int, start: datetime, end: datetime, now: datetime, environment: str) -> Iterator[Candidate]:
    """Endpoints that fail more often, and that are slow more often."""
    then, before, slices = _both(project_id, "requests", start, end, now)
    where = reading.only(environment=environment)
    failed = {**where, "status": ("5xx",)}
    whole, bad = _now(then, "route", where=where), _now(then, "route", where=failed)
    whole_before = _sliced(before, "route", where=where)
    bad_before = _sliced(before, "route", where=failed)
    for labels, measure in whole.items():
        tries = _along(whole_before.get(labels, {}), slices)
        hits = _along(bad_before.get(labels, {}), slices)
        now_bad = bad[labels].count if labels in bad else 0
        yield Candidate("endpoint fails", labels[0], now_bad, measure.count, hits, tries)
        yield from _slow("endpoint is slow", labels[0], measure, whole_before.get(labels, {}), slices)


def _queries(project_id: int, start: datetime, end: datetime, now: datetime, environment: str) -> Iterator[Candidate]:
    then, before, slices = _both(project_id, "queries", start, end, now)
    where = reading.only(environment=environment)
    earlier = _sliced(before, "fingerprint", where=where)
    for labels, measure in _now(then, "fingerprint", where=where).items():
        yield from _slow("query is slow", labels[0], measure, earlier.get(labels, {}), slices)


def _hosts(project_id: int, start: datetime, end: datetime, now: datetime, environment: str) -> Iterator[Candidate]:
    """Readings of a host's resource that are as high as few were before."""
    then, before, slices = _both(project_id, "metrics", start, end, now)
    where = reading.only(environment=environment)
    names = ("name", "host", "part")
    earlier = _sliced(before, *names, where=where)
    for labels, measure in _now(then, *names, where=where).items():
        if labels[1] and labels[0].startswith(("system.", "process.", "container.")):
            name = " ".join(filter(None, (labels[1], labels[0], labels[2])))
            yield from _slow("host is busy", name, measure, earlier.get(labels, {}), slices)


def _errors(project_id: int, start: datetime, end: datetime, environment: str) -> Iterator[Candidate]:
    """Issues whose errors come more often; they are counted by the hour."""
    first, last = start.replace(minute=0, second=0, microsecond=0), end
    counted = GroupHour.objects.filter(group__project_id=project_id, hour__gte=first - DAY, hour__lt=last)
    if environment:
        counted = counted.filter(environment=environment)
    by_issue: dict[int, dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for issue, hour, count in counted.values_list("group__issue_id", "hour", "count"):
        by_issue[issue][hour] += count
    titles = dict(Issue.objects.filter(pk__in=by_issue).values_list("pk", "title"))
    hours = [first - DAY + n * HOUR for n in range(24)]
    length = max((last - first) / HOUR, 1 / 6)
    for issue, counts in by_issue.items():
        hits = sum(count for hour, count in counts.items() if hour >= first)
        earlier = tuple(float(counts.get(hour, 0)) for hour in hours)
        yield Candidate(
            "error", titles.get(issue, f"Issue {issue}"), hits, length, earlier, (1.0,) * 24, "an hour", issue
        )


_Slices = dict[int, Measure]


def _both(
    project_id: int, rollup: str, start: datetime, end: datetime, now: datetime
) -> tuple[Cells, Cells, Sequence[int]]:
    """The cells of the time asked about, those before it, and the minutes in which its slices begin."""
    minutes = SLICE // timedelta(minutes=1)
    edge = reading.moment_of(reading.minute_of(start) // minutes * minutes)
    then = reading.read(project_id, rollup, period=Period(start, end), now=now)
    before = reading.read(project_id, rollup, period=Period(edge - BEFORE, edge), now=now, step=SLICE)
    first = reading.minute_of(edge - BEFORE)
    return then, before, range(first, reading.minute_of(edge), minutes)


def _now(cells: Cells, *names: str, where: dict[str, tuple[str, ...]]) -> dict[Labels, Measure]:
    return {
        labels: measure for labels, measure in cells.by(*names, where=where).groups().items() if OTHER not in labels
    }


def _sliced(cells: Cells, *names: str, where: dict[str, tuple[str, ...]]) -> dict[Labels, _Slices]:
    found: dict[Labels, _Slices] = defaultdict(dict)
    for (at, labels), measure in cells.by(*names, step=SLICE // timedelta(minutes=1), where=where).measures().items():
        found[labels][at] = measure
    return found


def _along(found: _Slices, slices: Sequence[int]) -> tuple[float, ...]:
    return tuple(float(found[at].count) if at in found else 0.0 for at in slices)


def _slow(kind: str, name: str, measure: Measure, earlier: _Slices, slices: Sequence[int]) -> Iterator[Candidate]:
    """Values as high as one in twenty was before."""
    counts = [one for one in earlier.values() if one.count]
    if not counts:
        return
    whole = counts[0].histogram
    for one in counts[1:]:
        whole = whole.merge(one.histogram)
    high = whole.quantile(0.95)
    if high is None or high <= 0:
        return
    limit = edge(bucket(high))
    above = {at: one.count - one.histogram.count_below(limit) for at, one in earlier.items()}
    hits = tuple(max(0.0, above.get(at, 0.0)) for at in slices)
    now = max(0.0, measure.count - measure.histogram.count_below(limit))
    yield Candidate(kind, name, now, measure.count, hits, _along(earlier, slices))
