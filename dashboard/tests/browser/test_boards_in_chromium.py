"""A board is arranged by keyboard and by pointer, without a reload; on a phone too."""

from typing import Any

import pytest
from playwright.sync_api import Page

from dashboard.models import Board
from dashboard.tests.browser.conftest import Watched
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.populated import World

pytestmark = pytest.mark.browser

SHOWN = "() => [...document.querySelectorAll('[data-card]')].map((one) => Number(one.dataset.card))"


def opened(watch: Any, world: World, width: int = 1440, theme: str = "light") -> tuple[Watched, Board]:
    board = world.project.boards.get()
    watched: Watched = watch(width, theme)
    watched.open(f"/p/{world.project.slug}/boards/{board.pk}/?edit=1")
    watched.page.wait_for_selector("[data-handle]:not([hidden])")
    return watched, board


def stored(page: Page, act: Any) -> None:
    """Does something, and waits until the server has stored it."""
    with page.expect_response(lambda answer: answer.url.endswith("/arrange/")) as answer:
        act()
    assert answer.value.status == 200


def cards(board: Board) -> list[tuple[int, str, str]]:
    return list(board.cards.values_list("pk", "width", "height"))


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (360, "dark")])
def test_the_arrow_keys_move_and_size_a_chart(watch: Any, world: World, width: int, theme: str) -> None:
    watched, board = opened(watch, world, width, theme)
    page, (first, second, third) = watched.page, [card[0] for card in cards(board)]
    handle = page.locator(f"[data-card='{first}'] [data-handle]")
    handle.focus()
    stored(page, lambda: page.keyboard.press("ArrowRight"))
    assert page.evaluate(SHOWN) == [card[0] for card in cards(board)] == [second, first, third]
    assert handle.evaluate("(one) => one === document.activeElement")
    stored(page, lambda: page.keyboard.press("Shift+ArrowRight"))
    stored(page, lambda: page.keyboard.press("Shift+ArrowDown"))
    assert cards(board)[1] == (first, "all", "tall")
    assert "place 2 of 3, the whole row, high" in page.inner_text("[data-arranged]")
    assert page.locator(f"[data-card='{first}'] [name=height]").input_value() == "tall"
    page.keyboard.press("Shift+ArrowDown")
    assert page.evaluate(FAULTS) == []
    keep(watched, f"board-arranged-{width}")
    assert watched.complaints == []


def test_a_pointer_drags_sizes_and_takes_back(watch: Any, world: World) -> None:
    watched, board = opened(watch, world)
    page, (first, second, third) = watched.page, [card[0] for card in cards(board)]

    def grip(number: int, part: str = "[data-handle]") -> None:
        box = page.locator(f"[data-card='{number}'] {part}").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()

    def over(number: int, share: float) -> None:
        box = page.locator(f"[data-card='{number}'] figure").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + 30, steps=4)

    grip(first)
    over(second, 0.9)
    stored(page, page.mouse.up)
    assert [card[0] for card in cards(board)] == [second, first, third]
    grip(first)
    over(second, 0.1)
    assert page.evaluate(SHOWN) == [first, second, third]
    page.keyboard.press("Escape")
    page.mouse.up()
    assert page.evaluate(SHOWN) == [second, first, third] == [card[0] for card in cards(board)]
    before = {card[0]: card[1:] for card in cards(board)}
    box = page.locator(f"[data-card='{second}'] [data-corner]").bounding_box()
    assert box
    grip(second, "[data-corner]")
    page.mouse.move(box["x"] + 480, box["y"] + 130, steps=4)
    stored(page, page.mouse.up)
    assert before[second] == ("one", "")
    assert next(card for card in cards(board) if card[0] == second)[1:] == ("two", "tall")
    assert watched.complaints == []


def test_who_arranges_what_another_changed_is_told(watch: Any, world: World) -> None:
    watched, board = opened(watch, world)
    page, first = watched.page, cards(board)[0][0]
    board.cards.last().delete()  # type: ignore[union-attr]
    page.locator(f"[data-card='{first}'] [data-handle]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-arranged].bad")
    assert "Somebody else has changed this board" in page.inner_text("[data-arranged]")
    assert all("409" in complaint for complaint in watched.complaints)


def test_a_board_on_a_wall_fits_the_screen(watch: Any, world: World) -> None:
    board = world.project.boards.get()
    watched: Watched = watch()
    watched.open(f"/p/{world.project.slug}/boards/{board.pk}/?wall=1")
    page = watched.page
    page.wait_for_function("() => !document.querySelector('[data-chart][data-state=loading]')")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.locator(".screen figure").first.is_visible()
    keep(watched, "board-wall")
    assert watched.complaints == []
