"""The palette in a real browser: by keyboard, what it finds, what it does, and what it says when it finds nothing."""

from typing import Any

import pytest

from dashboard.tests.browser.conftest import Watched
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.populated import World

pytestmark = pytest.mark.browser

CHOSEN = "#palette-list [aria-selected=true] .grow"


def opened(watch: Any, world: World, path: str = "", **options: Any) -> Watched:
    watched: Watched = watch(**options)
    watched.open(f"/p/{world.project.slug}/{path}")
    watched.page.keyboard.press("Control+k")
    return watched


def type_and_wait(watched: Watched, words: str) -> None:
    """Type, and wait for the answer to all of it."""
    wanted = f"q={words.replace(' ', '+')}&"
    with watched.page.expect_response(lambda answer: wanted in (answer.request.post_data or "")) as answer:
        watched.page.keyboard.type(words)
    assert answer.value.status == 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_finds_views_and_issues_and_opens_them_by_key(watch: Any, world: World, scheme: str) -> None:
    watched: Watched = watch(1440, scheme)
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/?env=production")
    page.click('summary[aria-label="Views and links"]')
    page.fill('.sheet input[name="name"]', "Checkout")
    keep(watched, "views-menu")
    watched.leave("text=Save the view")
    page.wait_for_selector("text=is saved.")
    page.keyboard.press("Control+k")
    type_and_wait(watched, "unsupported")
    page.wait_for_selector("#palette-list [data-found]")
    keep(watched, f"palette-{scheme}")
    assert page.evaluate(FAULTS) == []
    watched.leave("#palette-input", key="Enter")
    page.wait_for_url(f"**/issues/{world.issue.pk}/")
    page.keyboard.press("Control+k")
    page.keyboard.type("view checkout")
    watched.leave("#palette-input", key="Enter")
    page.wait_for_url("**/issues/?env=production")
    assert watched.complaints == []


def test_pages_are_found_by_other_words_and_the_best_comes_first(watch: Any, world: World) -> None:
    watched = opened(watch, world, "logs/")
    page = watched.page
    page.keyboard.type("hosts")
    assert page.inner_text(CHOSEN) == "Resources"
    page.fill("#palette-input", "se")
    assert page.inner_text(CHOSEN).startswith("Se")
    assert page.get_attribute("#palette-input", "aria-activedescendant") == page.get_attribute(
        "#palette-list [aria-selected=true]", "id"
    )
    before = page.inner_text(CHOSEN)
    page.keyboard.press("ArrowDown")
    assert page.inner_text(CHOSEN) != before
    page.keyboard.press("ArrowUp")
    assert page.inner_text(CHOSEN) == before
    page.keyboard.press("Escape")
    assert not page.locator("#palette").is_visible()
    assert watched.complaints == []


def test_it_says_when_it_finds_nothing(watch: Any, world: World) -> None:
    watched = opened(watch, world)
    page = watched.page
    type_and_wait(watched, "zzqqxx")
    page.wait_for_selector("text=Nothing found for “zzqqxx”.")
    assert page.locator("#palette-list li:visible").count() == 0
    keep(watched, "palette-nothing")
    page.keyboard.press("Enter")
    assert page.locator("#palette").is_visible()
    assert watched.complaints == []


def test_it_says_when_the_project_could_not_be_searched(watch: Any, world: World) -> None:
    watched = opened(watch, world)
    page = watched.page
    page.route("**/palette.json", lambda route: route.fulfill(status=503, body="{}"))
    page.keyboard.type("setup")
    page.wait_for_selector("text=could not be searched")
    watched.leave("#palette-input", key="Enter")
    assert page.url.endswith("/setup/")
    assert [one for one in watched.complaints if "503" not in one] == []


def test_actions_of_the_page_are_done_from_it(watch: Any, world: World) -> None:
    watched = opened(watch, world, f"issues/{world.issue.pk}/")
    page = watched.page
    page.keyboard.type("resolve")
    assert page.inner_text(CHOSEN) == "Resolve"
    watched.leave("#palette-input", key="Enter")
    page.wait_for_selector("text=1 issue resolved.")
    page.keyboard.press("Control+k")
    page.keyboard.type("light or")
    page.keyboard.press("Enter")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert not page.locator("#palette").is_visible()
    watched.open(f"/p/{world.project.slug}/logs/")
    page.keyboard.press("Control+k")
    page.keyboard.type("resolve")
    assert page.locator("#palette-list li:visible .grow").all_inner_texts() == []
    assert watched.complaints == []


def test_it_opens_from_the_sheet_of_a_phone_and_fits(watch: Any, world: World) -> None:
    watched: Watched = watch(360)
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    page.click(".menu")
    page.click("#palette-button")
    assert page.locator("#palette").is_visible()
    assert not page.locator(".nav").is_visible()
    page.keyboard.type("channel")
    assert page.inner_text(CHOSEN) == "Channels"
    assert page.evaluate(FAULTS) == []
    keep(watched, "palette-360")
    watched.leave("#palette-input", key="Enter")
    assert page.url.endswith("/alerts/channels/")
    assert watched.complaints == []
