"""The overview on a wall: large, bare, each screen fits and they take turns, and it looks again by itself."""

from typing import Any

import pytest
from django.utils import timezone

from dashboard.pages.share import links
from dashboard.tests import populated_performance
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.populated import World

pytestmark = pytest.mark.browser

# All screens at a second of their minute.
AT = "(second) => document.getAnimations().forEach((one) => { one.pause(); one.currentTime = second * 1000; })"
SHOWN = """() => [...document.querySelectorAll(".screen")]
  .filter((one) => getComputedStyle(one).visibility === "visible").map((one) => one.getAttribute("aria-label"))"""
# Cards of the screen that is shown which are cut off, or too small to be read.
CUT = """() => [...document.querySelectorAll(".screen .card, .screen .tile")].filter((one) => {
  const box = one.getBoundingClientRect();
  const isCut = box.bottom > innerHeight + 1 || box.right > innerWidth + 1 || box.height < 80;
  return getComputedStyle(one).visibility === "visible" && isCut;
}).map((one) => one.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("width", [1920, 360])
def test_a_wall_is_large_bare_and_refreshes_itself(watch: Any, world: World, width: int) -> None:
    watched = watch(width, "dark")
    page = watched.page
    page.clock.install()
    watched.open(f"/p/{world.project.slug}/?wall=1")
    watched.settle()
    assert page.locator("header.bar").count() == 0
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.tile .value')).fontSize)") >= min(
        48, width / 13
    )
    assert page.evaluate(FAULTS) == []
    keep(watched, f"wall-{width}")
    with page.expect_navigation():
        page.clock.run_for(61_000)
    assert "wall=1" in page.url
    assert watched.complaints == []


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720)])
def test_each_screen_fits_and_has_its_turn(watch: Any, world: World, width: int, height: int) -> None:
    populated_performance.store(world.project, now=timezone.now())
    watched = watch(width, "dark")
    page = watched.page
    page.set_viewport_size({"width": width, "height": height})
    watched.open(f"/p/{world.project.slug}/?wall=1")
    watched.settle()
    turns = []
    for second in (1, 19, 21, 39, 41, 59):
        page.evaluate(AT, second)
        turns.append(page.evaluate(SHOWN))
        assert page.evaluate(CUT) == [], second
        keep(watched, f"wall-{width}-{second}")
    assert turns == [["Screen 1"], ["Screen 1"], ["Screen 2"], ["Screen 2"], ["Issues"], ["Issues"]]
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate(FAULTS) == []
    assert watched.complaints == []


def test_a_shared_wall_turns_without_a_script(watch: Any, world: World, alice: Any) -> None:
    slug = world.project.slug
    _, path = links.create(world.project, actor=alice, name="x", url=f"/p/{slug}/", days=7, now=timezone.now())
    watched = watch(1920, is_signed_in=False, java_script_enabled=False)
    page = watched.page
    watched.open(f"{path}?wall=1")
    assert page.locator(".tile").first.is_visible()
    names = "() => [...document.querySelectorAll('.screen')].map((one) => getComputedStyle(one).animationName)"
    assert page.evaluate(names) == ["turn-2", "turn-2"]
    keep(watched, "wall-shared")
