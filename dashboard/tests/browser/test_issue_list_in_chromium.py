"""The issue list by keyboard: completion, selecting, changes in place, undone."""

from typing import Any

import pytest

from dashboard.tests.browser.conftest import Watched
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.populated import World
from events.models import Issue

pytestmark = pytest.mark.browser


def opened(watch: Any, world: World, width: int = 1440, theme: str = "light") -> Watched:
    watched: Watched = watch(width, theme)
    watched.open(f"/p/{world.project.slug}/issues/")
    return watched


def test_the_search_box_completes_by_keyboard(watch: Any, world: World) -> None:
    watched = opened(watch, world)
    page = watched.page
    page.fill("#query", "")
    page.press("#query", "/")
    page.fill("#query", "")
    page.type("#query", "leve")
    page.wait_for_selector("#completion li >> text=level:")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#query", "aria-activedescendant") == "completion-0"
    page.keyboard.press("Enter")
    page.wait_for_selector("#completion li >> text=fatal")
    assert page.evaluate(FAULTS) == []
    keep(watched, "issue-completion")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.input_value("#query") == "level:fatal "
    page.type("#query", "is")
    page.wait_for_selector("#completion li")
    page.keyboard.press("Escape")
    assert page.is_hidden("#completion")
    page.fill("#query", "level:fatal")
    watched.leave("#query", "Enter")
    assert set(page.locator("[data-row] .level").all_inner_texts()) == {"fatal"}
    assert watched.complaints == []


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (360, "dark")])
def test_space_selects_e_resolves_in_place_and_undo_takes_it_back(
    watch: Any, world: World, width: int, theme: str
) -> None:
    watched = opened(watch, world, width, theme)
    page = watched.page
    before = page.locator("[data-row]").count()
    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("Space")
    assert page.inner_text("[data-selected]") == "3 selected"
    assert page.evaluate("document.querySelector('[data-check-all]').indeterminate")
    page.keyboard.press("e")
    page.wait_for_selector(".toast:has-text('3 issues resolved.')")
    assert page.locator("[data-row]").count() == before
    assert page.locator("tr.done .badge:has-text('resolved')").count() == 3
    assert page.inner_text("[data-selected]") == ""
    assert Issue.objects.filter(status="resolved").count() == 3
    assert page.evaluate(FAULTS) == []
    keep(watched, f"issue-list-{width}-{theme}")
    page.click(".toast button")
    page.wait_for_selector(".toast:has-text('3 issues as before.')")
    assert page.locator("tr.done").count() == 0
    assert not Issue.objects.filter(status="resolved").exists()
    assert watched.complaints == []


def test_two_tabs_resolve_the_same_once(watch: Any, world: World) -> None:
    one, other = opened(watch, world), opened(watch, world)
    for watched, said in ((one, "1 issue resolved."), (other, "was resolved already")):
        watched.page.keyboard.press("j")
        watched.page.keyboard.press("e")
        watched.page.wait_for_selector(f".toast:has-text('{said}')")
    assert Issue.objects.filter(status="resolved").count() == 1


def test_the_way_to_undo_goes_after_ten_seconds(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    page.clock.install(time=1_800_000_000)
    watched.open(f"/p/{world.project.slug}/issues/")
    page.clock.pause_at(1_800_000_600)  # from here on only this test moves it
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_selector(".toast button")
    page.clock.run_for(9000)
    assert page.is_visible(".toast button")
    page.clock.run_for(2000)
    page.wait_for_selector(".toast button", state="detached")
