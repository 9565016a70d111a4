"""The overview on a wall: screens that fit and take turns."""

from collections.abc import Sequence

from dashboard.charts.cards import Card

FIRST = 2
"""So many cards stand below the tiles on the first screen."""
FULL = 6
"""So many fill a screen."""
MOST = 4
"""So many screens take turns in a minute, the last one with the issues; wall.css has a cadence for each number."""


def screens(cards: Sequence[Card]) -> list[list[Card]]:
    """The cards of each screen, the first beside the tiles; cards that no screen has room for are left out."""
    first, rest = list(cards[:FIRST]), cards[FIRST:]
    others = [list(rest[at : at + FULL]) for at in range(0, len(rest), FULL)]
    return [first, *others[: MOST - 2]]
