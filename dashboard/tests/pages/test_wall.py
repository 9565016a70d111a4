"""Which cards stand on which screen of a wall."""

from pathlib import Path
from typing import Any

import pytest
import re2

from dashboard.pages.overview import wall

CSS = (Path(__file__).parents[2] / "static/dashboard/wall.css").read_text()


@pytest.mark.parametrize(
    ("cards", "screens"),
    [(0, [0]), (1, [1]), (2, [2]), (3, [2, 1]), (8, [2, 6]), (9, [2, 6, 1]), (14, [2, 6, 6]), (30, [2, 6, 6])],
)
def test_screens_are_filled_in_order_and_end(cards: int, screens: list[int]) -> None:
    drawn: Any = list(range(cards))
    found = wall.screens(drawn)
    assert [len(one) for one in found] == screens
    flat = [card for screen in found for card in screen]
    assert flat == drawn[: len(flat)]


def test_there_is_a_cadence_for_each_number_of_screens() -> None:
    assert re2.findall(r"@keyframes turn-(\d)", CSS) == [str(number) for number in range(2, wall.MOST + 1)]
