"""What the first page of a project says of its speed."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from analytics.questions.overview.overview import Overview
from dashboard.charts import cards
from dashboard.charts.cards import Card
from dashboard.frame import formatting, measures
from dashboard.frame.comparison import Compared
from dashboard.frame.measures import Tile
from dashboard.frame.state import State
from dashboard.frame.vital_formatting import said
from events.models import Project


@dataclass(frozen=True, slots=True)
class Speed:
    """Tiles and cards; none of what was never measured."""

    tiles: list[Tile]
    cards: list[Card]


# With speed measured, the line on top says this; eight tiles would not fit in a row.
_ELSEWHERE = frozenset({"Open issues"})


def joined(tiles: Sequence[Tile], speed: Speed) -> list[Tile]:
    """The tiles of errors with those of speed."""
    kept = [tile for tile in tiles if not speed.tiles or tile.name not in _ELSEWHERE]
    return [*kept, *speed.tiles]


def of(project: Project, state: State, found: Overview, against: Compared) -> Speed:
    """The p95, throughput and LCP of the period, and their charts."""
    tiles, drawn = [], []
    query = f"?{state.query}" if state.query else ""
    requests = reverse("dashboard:performance", args=[project.slug]) + query
    if found.p95.value is not None:
        tiles += [
            measures.tile(
                "p95 API", formatting.duration(found.p95.value), found.p95.comparison, url=requests,
                points=found.p95.trend,
                against=against,
            ),
            measures.tile(
                "Requests", formatting.rate(found.throughput.value), found.throughput.comparison, url=requests,
                points=found.throughput.trend, against=against, is_neutral=True,
            ),
        ]  # fmt: skip
        drawn += ["latency", "throughput", "slowest_endpoints"]
    if found.lcp.value is not None:
        tiles.append(
            measures.tile(
                "LCP p75", said("LCP", found.lcp.value), found.lcp.comparison,
                url=reverse("dashboard:vitals", args=[project.slug]) + query, points=found.lcp.trend, against=against,
            )
        )  # fmt: skip
        drawn.append("web_vitals")
    return Speed(tiles, [cards.card(project, name, state=state) for name in drawn])
