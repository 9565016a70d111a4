"""Requests as tiles and rows. Pure but for addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse

from analytics.questions.logs.log_volume import LogChanges, LogVolume
from analytics.questions.performance.endpoints import Endpoint
from analytics.questions.performance.request_rates import RequestRates
from analytics.questions.releases.release_change import ReleaseChange
from analytics.statistics.comparisons import Comparison
from dashboard.frame import formatting, measures
from dashboard.frame.comparison import Compared
from dashboard.frame.measures import Change, Tile
from dashboard.frame.state import State
from events.models import Project


@dataclass(frozen=True, slots=True)
class Row:
    """An endpoint in the table; `width` of its share of the time is out of 100.

    `changes` are (what, its change in words, the tone): p95, and rate and errors where they changed clearly.
    """

    endpoint: Endpoint
    url: str
    width: float
    changes: list[tuple[str, Change]]


def tiles(found: RequestRates, changed: ReleaseChange | None, *, against: Compared) -> list[Tile]:
    """Rate, errors and duration with their changes, and what the last release's own requests say."""
    failed = found.statuses.get("5xx", (0,) * len(found.starts))
    shares = [bad / count for bad, count in zip(failed, found.counts, strict=True) if count]
    rate = measures.tile(
        "Requests", formatting.rate(found.rate.value), found.rate, url="#charts", points=found.counts,
        against=against, is_neutral=True,
    )  # fmt: skip
    errors = measures.tile(
        "Errors",
        formatting.percent(found.failures.value),
        found.failures,
        url="#charts",
        points=shares,
        against=against,
    )
    return [
        rate,
        _with_release(errors, changed, changed.failures if changed else None),
        *(_duration(name, found, changed, against=against) for name in ("p50", "p95", "p99")),
    ]


def logs(
    volume: LogVolume, changes: LogChanges, *, state: State, against: Compared, where: Mapping[str, str] | None = None
) -> list[Tile]:
    """How often lines, errors and warnings come; each leads to its lines, narrowed as the page is."""
    minutes = state.length / timedelta(minutes=1)
    named: tuple[tuple[str, Comparison, tuple[str, ...], str], ...] = (
        ("Lines", changes.lines, tuple(volume.levels), ""),
        ("Errors", changes.errors, ("error", "fatal"), "level:[error, fatal]"),
        ("Warnings", changes.warnings, ("warning",), "level:warning"),
    )
    return [
        measures.tile(
            name,
            formatting.rate(volume.count(*levels) / minutes),
            comparison,
            url=f"?{urlencode({**(where or {}), 'query': query})}&{state.query}",
            points=[
                sum(at) for at in zip(*(volume.levels[one] for one in levels if one in volume.levels), strict=True)
            ],
            against=against,
            is_neutral=name == "Lines",
        )
        for name, comparison, levels, query in named
    ]


def endpoints(
    project: Project,
    found: Iterable[Endpoint],
    *,
    state: State,
    against: Compared,
    where: Mapping[str, str] | None = None,
) -> list[Row]:
    """The rows of the table."""
    return [
        Row(
            one,
            endpoint_url(project, one.route, state=state, where=where),
            round(100 * one.time_share, 1),
            _changes(one, against=against),
        )
        for one in found
    ]


def endpoint_url(project: Project, route: str, *, state: State, where: Mapping[str, str] | None = None) -> str:
    """The address of one endpoint in this state, of the requests that are `where`; empty for those without a route."""
    if not route:
        return ""
    query = urlencode({**(where or {}), "route": route})
    return f"{reverse('dashboard:endpoint', args=[project.slug])}?{query}{f'&{state.query}' if state.query else ''}"


def pair(named: Sequence[str], first: str, second: str) -> tuple[str, str] | None:
    """The two releases to compare: those asked for, else the two with the most requests, the later name first."""
    if first in named and second in named and first != second:
        return first, second
    if len(named) < 2:
        return None
    newer, older = sorted(named[:2], reverse=True)
    return newer, older


def _changes(one: Endpoint, *, against: Compared) -> list[tuple[str, Change]]:
    said = [("p95", measures.change(one.p95, against=against))]
    if one.failures.direction and one.failures.change is not None:
        said.append(("errors", measures.change(one.failures, against=against)))
    if one.rate.direction and one.rate.change is not None:
        said.append(("requests", measures.change(one.rate, against=against, is_neutral=True)))
    return said


def _duration(name: str, found: RequestRates, changed: ReleaseChange | None, *, against: Compared) -> Tile:
    value, points = formatting.duration(getattr(found.total, name)), _points(found, name)
    made = measures.tile(name, value, getattr(found, name), url="#charts", points=points, against=against)
    return _with_release(made, changed, getattr(changed, name, None))


def _points(found: RequestRates, name: str) -> list[float]:
    return [value for one in found.durations if (value := getattr(one, name)) is not None]


def _with_release(tile: Tile, changed: ReleaseChange | None, comparison: Comparison | None) -> Tile:
    if changed is None or comparison is None or comparison.difference is None:
        return tile
    tone = "bad" if comparison.direction > 0 else "good" if comparison.direction < 0 else ""
    return replace(tile, note=f"{changed.release} against {changed.before}: {comparison.statement}", note_tone=tone)
