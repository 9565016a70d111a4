"""Web analytics in words: tiles with their change, lists with their bars. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.http import QueryDict

from analytics.privacy.small_groups import FOLDED
from analytics.questions.product.web import Counted, Line, Web
from analytics.statistics import comparisons
from analytics.statistics.comparisons import Comparison
from dashboard.charts import world_map
from dashboard.charts.world_map import WorldMap
from dashboard.frame import filters, formatting, measures
from dashboard.frame.comparison import Compared
from dashboard.frame.measures import Tile

# The cards of lists: their names, and what each may be cut by, the first by itself.
CARDS: dict[str, tuple[str, ...]] = {
    "Sources": ("source", "channel", "referrer", "utm_campaign", "utm_medium", "utm_source", "utm_term", "utm_content"),
    "Pages": ("page", "entry", "exit", "site", "release"),
    "Places and devices": ("country", "browser", "device"),
    "Events": ("event",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list; `share` is its part of all visitors, in percent of a bar; `words` are its value as a
    person says it. Small groups lead nowhere."""

    value: str
    words: str
    visitors: int
    visits: int
    views: int
    share: float
    url: str


@dataclass(frozen=True, slots=True)
class ListCard:
    """A card with its tabs: (title, address, whether it is the one that is shown); `by` is the dimension shown."""

    title: str
    by: str
    column: str
    tabs: tuple[tuple[str, str, bool], ...]
    rows: tuple[Row, ...]


def tabs(asked: Mapping[str, str]) -> dict[str, str]:
    """The dimension that each card shows."""
    return {
        title: asked.get(parameter(title), "") if asked.get(parameter(title)) in names else names[0]
        for title, names in CARDS.items()
    }


def parameter(title: str) -> str:
    """The name of a card's tab in the address."""
    return f"by_{title.split()[0].lower()}"


def cards(found: Web, shown: Mapping[str, str], *, query: QueryDict) -> list[ListCard]:
    """The lists; a row leads to the page with it chosen, a tab to the page with that tab open."""
    return [
        ListCard(
            title,
            shown[title],
            filters.TITLES[shown[title]],
            tuple(
                (filters.TITLES[name], filters.address(query, parameter(title), name), name == shown[title])
                for name in names
            ),
            tuple(
                _row(line, shown[title], of=found.total.visitors, query=query)
                for line in found.lists.get(shown[title], ())
            ),
        )
        for title, names in CARDS.items()
    ]


def world(found: Web, *, query: QueryDict) -> WorldMap | None:
    """The map of visitors by country, where countries are asked for; small groups are on no map."""
    counts = {line.value: line.visitors for line in found.lists.get("country", ()) if line.value != FOLDED}
    return world_map.drawn(counts, noun="visitors", url=lambda code: filters.address(query, "country", code))


def people_url(trends: str, state: str) -> str:
    """The trend of people in the same period: those whose names were merged count once there."""
    return f"{trends}?{state}{'&' if state else ''}event=$pageview&measure=people"


def _row(line: Line, by: str, *, of: int, query: QueryDict) -> Row:
    share = 100 * line.visitors / of if of else 0.0
    url = "" if line.value == FOLDED else filters.address(query, by, line.value)
    words = world_map.name_of(line.value) if by == "country" else line.value
    return Row(line.value, words, line.visitors, line.visits, line.views, share, url)


def tiles(now: Counted, before: Counted, *, against: Compared, url: str, visitors: str) -> list[Tile]:
    """The six numbers; `visitors` is what the first one is called."""
    days, days_before = (span.length / timedelta(days=1) for span in (against.baseline.after, against.baseline.before))

    def counted(name: str, value: int, old: int) -> Tile:
        compared = comparisons.rates(value, days, old, days_before) if value or old else None
        return measures.tile(name, formatting.compact(value), compared, url=url, against=against, less_is_better=False)

    bounces = comparisons.shares(now.bounces, now.viewing, before.bounces, before.viewing)
    return [
        counted(visitors, now.visitors, before.visitors),
        counted("Visits", now.visits, before.visits),
        counted("Page views", now.views, before.views),
        _plain("Views per visit", url, f"{now.views_per_visit:.1f}" if now.views_per_visit is not None else "–"),
        measures.tile(
            "Bounce rate", formatting.percent(now.bounce_rate, digits=0), _known(bounces), url=url, against=against
        ),
        _plain("Visit duration", url, lasted(now.median_seconds), f"median; mean {lasted(now.mean_seconds)}"),
    ]  # fmt: skip


def lasted(seconds: float | None) -> str:
    return formatting.duration(seconds * 1000) if seconds is not None else "–"


def _plain(name: str, url: str, value: str, note: str = "") -> Tile:
    return Tile(name, value, note, "", url)


def _known(compared: Comparison) -> Comparison | None:
    return compared if compared.value is not None else None
