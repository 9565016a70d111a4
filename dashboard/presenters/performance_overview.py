"""What the first page of a project says of its speed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from analytics.engine import EngineError
from analytics.periods import Period
from analytics.queries import overview
from dashboard import cards, words
from dashboard.cards import Card
from dashboard.presenters import measures
from dashboard.presenters.vital_words import said
from dashboard.state import State
from dashboard.tiles import Tile
from events.models import Project


@dataclass(frozen=True, slots=True)
class Speed:
    """Tiles and cards; none of what was never measured."""

    tiles: list[Tile]
    cards: list[Card]


# With speed measured, the errors' own page and the line on top say these; seven tiles fit in a row.
_ELSEWHERE = frozenset({"Errors", "Open issues"})


def joined(tiles: Sequence[Tile], speed: Speed) -> list[Tile]:
    """The tiles of errors with those of speed."""
    kept = [tile for tile in tiles if not speed.tiles or tile.name not in _ELSEWHERE]
    return [*kept, *speed.tiles]


def of(project: Project, state: State, *, now: datetime) -> Speed:
    """The p95, throughput and LCP of the period, and their charts."""
    try:
        found = overview.overview(
            project, period=Period(state.start, state.end), now=now, environment=state.environment
        )
    except EngineError:
        return Speed([], [])
    tiles, drawn = [], []
    query = f"?{state.query}" if state.query else ""
    requests = reverse("dashboard:performance", args=[project.slug]) + query
    if found.p95.value is not None:
        tiles += [
            measures.tile(
                "p95 API", words.duration(found.p95.value), found.p95.comparison, url=requests, points=found.p95.trend,
                state=state,
            ),
            measures.tile(
                "Requests / min", words.compact(found.throughput.value), found.throughput.comparison, url=requests,
                points=found.throughput.trend, state=state, is_neutral=True,
            ),
        ]  # fmt: skip
        drawn += ["latency", "throughput", "slowest_endpoints"]
    if found.lcp.value is not None:
        tiles.append(
            measures.tile(
                "LCP p75", said("LCP", found.lcp.value), found.lcp.comparison,
                url=reverse("dashboard:vitals", args=[project.slug]) + query, points=found.lcp.trend, state=state,
            )
        )  # fmt: skip
        drawn.append("web_vitals")
    return Speed(tiles, [cards.card(project, name, state=state) for name in drawn])
