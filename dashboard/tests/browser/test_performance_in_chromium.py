"""The pages of performance in a real browser: no complaint, no overflow, usable by keyboard and by ear."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.tests import populated_performance as populated
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.pages.test_performance_pages import addresses
from dashboard.tests.populated import World

pytestmark = pytest.mark.browser


@pytest.fixture
def measured(world: World) -> World:
    populated.store(world.project, now=timezone.now())
    return world


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_every_page_is_quiet_fits_and_can_be_heard(watch: Any, measured: World, width: int, theme: str) -> None:
    watched = watch(width, theme)
    paths = [reverse("dashboard:overview", args=[measured.project.slug]), *addresses(measured.project)]
    for index, path in enumerate(paths):
        watched.open(path)
        watched.settle()
        keep(watched, f"p-{width}-{theme}-{index:02}-{path.strip('/').split('?')[0].replace('/', '-')[:60]}")
        assert watched.page.evaluate(FAULTS) == [], path
        assert watched.complaints == [], path


def test_spans_open_by_the_keyboard(watch: Any, measured: World) -> None:
    watched = watch()
    watched.open(reverse("dashboard:trace", args=[measured.project.slug, populated.TRACE]))
    first = watched.page.locator(".fall summary").first
    first.focus()
    watched.page.keyboard.press("Enter")
    assert watched.page.locator(".fall details[open]").count() == 1
    assert watched.complaints == []


def test_countries_are_named_in_words(watch: Any, measured: World) -> None:
    watched = watch()
    watched.open(reverse("dashboard:vitals", args=[measured.project.slug]))
    cell = watched.page.locator("[data-country]").first
    assert (cell.text_content(), cell.get_attribute("title")) == ("Germany", "DE")
    assert watched.complaints == []


def test_live_tells_of_new_lines(watch: Any, measured: World) -> None:
    watched = watch()
    watched.open(reverse("dashboard:logs", args=[measured.project.slug]))
    with watched.page.expect_response("**/logs/pulse.json*"):
        watched.page.keyboard.press("l")
    line = {**populated.facts(now=timezone.now())["logs"][0], "log_id": "f" * 36, "at": timezone.now()}
    populated.store_rows(measured.project, {"logs": [line]}, now=timezone.now())
    watched.page.wait_for_selector("#new-pill", timeout=8000)
    assert watched.complaints == []
