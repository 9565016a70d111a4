"""Requests as tiles and rows. Pure but for addresses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from analytics.comparisons import Comparison
from analytics.queries.endpoints import Endpoint
from analytics.queries.release_change import ReleaseChange
from analytics.queries.request_rates import RequestRates
from dashboard import words
from dashboard.presenters import measures
from dashboard.state import State
from dashboard.tiles import Tile
from events.models import Project


@dataclass(frozen=True, slots=True)
class Measured:
    """A tile of the row on top, and what may be said of the last release; `release` is empty without two."""

    tile: Tile
    release: str
    release_tone: str


@dataclass(frozen=True, slots=True)
class Row:
    """An endpoint in the table; `width` of its share of the time is out of 100."""

    endpoint: Endpoint
    url: str
    width: float
    delta: str
    tone: str


def tiles(found: RequestRates, changed: ReleaseChange | None, *, state: State) -> list[Measured]:
    """Rate, errors and duration, each against the period before and the release before."""
    failed = found.statuses.get("5xx", (0,) * len(found.starts))
    shares = [bad / count for bad, count in zip(failed, found.counts, strict=True) if count]
    rate = measures.tile(
        "Requests / min", words.compact(found.rate.value), found.rate, url="#charts", points=found.counts, state=state,
        is_neutral=True,
    )  # fmt: skip
    errors = measures.tile(
        "Errors", words.percent(found.failures.value), found.failures, url="#charts", points=shares, state=state
    )
    return [
        Measured(rate, "", ""),
        Measured(errors, *_since(changed, changed.failures if changed else None)),
        _duration("p50", found, changed, state=state),
        _duration("p95", found, changed, state=state),
        Measured(
            Tile("p99", words.duration(found.total.p99), _count(found.count), "", "#charts", _points(found, "p99")),
            "",
            "",
        ),
    ]


def endpoints(project: Project, found: Iterable[Endpoint], *, state: State) -> list[Row]:
    """The rows of the table."""
    rows = []
    for one in found:
        delta, tone = measures.change(one.p95, state=state)
        rows.append(
            Row(one, endpoint_url(project, one.route, state=state), round(100 * one.time_share, 1), delta, tone)
        )
    return rows


def endpoint_url(project: Project, route: str, *, state: State) -> str:
    """The address of one endpoint in this state; empty for requests without a route."""
    if not route:
        return ""
    query = urlencode({"route": route})
    return f"{reverse('dashboard:endpoint', args=[project.slug])}?{query}{f'&{state.query}' if state.query else ''}"


def pair(named: Sequence[str], first: str, second: str) -> tuple[str, str] | None:
    """The two releases to compare: those asked for, else the two with the most requests, the later name first."""
    if first in named and second in named and first != second:
        return first, second
    if len(named) < 2:
        return None
    newer, older = sorted(named[:2], reverse=True)
    return newer, older


def _duration(name: str, found: RequestRates, changed: ReleaseChange | None, *, state: State) -> Measured:
    value, points = getattr(found.total, name), _points(found, name)
    if name == "p95":
        made = measures.tile(name, words.duration(value), found.p95, url="#charts", points=points, state=state)
    else:
        made = Tile(name, words.duration(value), _count(found.count), "", "#charts", points)
    return Measured(made, *_since(changed, getattr(changed, name) if changed else None))


def _points(found: RequestRates, name: str) -> list[float]:
    return [value for one in found.durations if (value := getattr(one, name)) is not None]


def _count(count: int) -> str:
    return f"of {words.compact(count)} request{'' if count == 1 else 's'}"


def _since(changed: ReleaseChange | None, comparison: Comparison | None) -> tuple[str, str]:
    if changed is None or comparison is None or comparison.difference is None:
        return "", ""
    tone = "bad" if comparison.direction > 0 else "good" if comparison.direction < 0 else ""
    return f"{comparison.statement} since {changed.release}", tone
