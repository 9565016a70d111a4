"""A board on a wall: screens of two rows that take turns. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.cards import Card

COLUMNS, ROWS, MOST = 3, 2, 4
"""Thirds of a row, rows of a screen, screens of a minute; wall.css has a cadence for each number of screens."""
_THIRDS = {"two": 2, "all": COLUMNS}


def screens(cards: Sequence[Card]) -> list[list[Card]]:
    """The cards of each screen in their order; those that no screen has room for are left out."""
    found: list[list[Card]] = []
    row, taken = ROWS, 0
    for card in cards:
        width = _THIRDS.get(card.width, 1)
        if taken + width > COLUMNS:
            row, taken = row + 1, 0
        if row >= ROWS:
            if len(found) == MOST:
                break
            found.append([])
            row, taken = 0, 0
        found[-1].append(card)
        taken += width
    return found
