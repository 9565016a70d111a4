"""The side bar and the line above the page in a real browser: by hand, by key, on a phone, without a script."""

from typing import Any

import pytest
from playwright.sync_api import Page

from dashboard.tests.browser.conftest import Watched
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.populated import World

pytestmark = pytest.mark.browser

# Where the pressing of Tab has led: a name for each place, "main" within the content.
PLACE = """() => { const e = document.activeElement; return e.closest("main") ? "main"
  : (e.getAttribute("aria-label") || e.textContent).replace(/\\s+/g, " ").trim(); }"""
MOST_HIGH = 56
MOST_STOPS = 7  # the way to the content, the side bar, environment, release, period, zone, this page


def stops(page: Page) -> list[str]:
    """Each place that Tab leads to from the top of the page before it comes to the content."""
    found: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        place = page.evaluate(PLACE)
        if place == "main":
            return found
        found.append(place)
    raise AssertionError(f"the content is out of reach: {found}")


def is_docked(page: Page) -> bool:
    return bool(page.evaluate("document.body.classList.contains('docked')"))


@pytest.mark.parametrize("width", [1440, 1024, 768, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_line_is_one_row_at_every_width(watch: Any, world: World, width: int, scheme: str) -> None:
    watched: Watched = watch(width, scheme)
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/?env=production&cmp=prev")
    assert page.evaluate("document.querySelector('.bar').offsetHeight") <= MOST_HIGH
    boxes = [one.bounding_box() for one in page.locator(".bar summary:visible, .bar button:visible").all()]
    assert len({round(box["y"] + box["height"] / 2) for box in boxes if box}) == 1
    assert page.locator("#side").is_visible() == (width >= 1024)
    assert page.evaluate(FAULTS) == []
    keep(watched, f"frame-{width}-{scheme}")
    assert watched.complaints == []


def test_the_bar_goes_and_comes_by_hand_and_by_key(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    assert page.locator(".nav a[aria-current=page]").inner_text() == "Issues"
    watched.leave(".dock button")
    assert not page.locator("#side").is_visible()
    assert page.evaluate("document.querySelector('main').getBoundingClientRect().left") < 30
    before = stops(page)
    assert len(before) <= MOST_STOPS, before
    assert [words for words in before if words.startswith(("Environment", "Release", "Period"))] == before[2:5]
    keep(watched, "frame-away")
    watched.open(f"/p/{world.project.slug}/releases/")
    assert not is_docked(page)
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("[")
    assert is_docked(page)
    assert page.locator("#side").is_visible()
    assert watched.complaints == []


def test_the_content_is_one_step_away(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(PLACE) == "main"


def test_a_group_stays_as_it_was_left(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    page.click('.group[data-group="house"] summary')
    page.wait_for_function("document.cookie.includes('house')")
    watched.open(f"/p/{world.project.slug}/logs/")
    assert not page.locator(".nav a", has_text="Setup").is_visible()
    assert page.locator(".nav a", has_text="Logs").is_visible()
    page.keyboard.press("g")
    watched.leave("body", key="s")  # its key works all the same
    assert page.url.endswith("/settings/")
    assert page.locator(".nav a[aria-current=page]").is_visible()
    assert watched.complaints == []


@pytest.mark.parametrize("has_script", [True, False])
def test_on_a_phone_the_pages_are_a_sheet(watch: Any, world: World, has_script: bool) -> None:
    watched = watch(360, java_script_enabled=has_script)
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    assert not page.locator(".nav").is_visible()
    page.click(".menu")
    assert page.locator(".nav").is_visible()
    links = page.locator(".nav a")
    assert links.first.inner_text() == "Overview"
    assert min(link.bounding_box()["height"] for link in links.all()) >= 36
    keep(watched, f"frame-sheet-{has_script}")
    page.keyboard.press("Escape")
    assert not page.locator(".nav").is_visible()
    page.click(".menu")
    page.click(".shut")
    assert not page.locator(".nav").is_visible()
    page.click(".menu")
    watched.leave(".nav a:has-text('Releases')")
    assert page.url.endswith("/releases/")
    assert not page.locator(".nav").is_visible()
    assert watched.complaints == []


def test_tab_walks_through_the_sheet_and_out_of_it(watch: Any, world: World) -> None:
    watched = watch(360)
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    assert len(stops(page)) <= MOST_STOPS
    page.focus(".menu")
    page.keyboard.press("Enter")
    walked = []
    for _ in range(80):
        page.keyboard.press("Tab")
        walked.append(page.evaluate(PLACE))
        if not page.locator(".nav").is_visible():
            break
    assert walked.index("Overview") < walked.index("Settings") < walked.index("Switch between light and dark")
    assert walked[-1].startswith("Environment")
    assert watched.complaints == []


@pytest.mark.parametrize("name", ["environment", "release", "period", "page-menu"])
def test_what_the_line_opens_fits_on_a_phone(watch: Any, world: World, name: str) -> None:
    watched = watch(360)
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/?env=production")
    page.click(f".bar .{name} > summary")
    sheet = page.locator(f".bar .{name} .sheet")
    box = sheet.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert page.evaluate(FAULTS) == []
    keep(watched, f"frame-360-{name}")
    page.keyboard.press("Escape")
    assert not sheet.is_visible()
    assert watched.complaints == []


def test_live_is_switched_in_the_menu_and_seen_outside(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    assert not page.locator("#presence").is_visible()
    page.click(".page-menu > summary")
    page.click("#live")
    assert page.locator("#presence[data-state=live]").is_visible()
    assert page.get_attribute("#live", "aria-pressed") == "true"
    assert watched.complaints == []


def test_the_pages_are_set_in_their_own_face(watch: Any, world: World) -> None:
    watched = watch()
    watched.open(f"/p/{world.project.slug}/issues/")
    watched.page.evaluate("() => document.fonts.ready.then(() => true)")
    faces = watched.page.evaluate("() => [...document.fonts].map((face) => [face.family, face.status])")
    assert {"Inter", "JetBrains Mono"} <= {name.strip('"') for name, status in faces if status == "loaded"}
    assert watched.complaints == []
