"""What people do with the pages of performance in a real browser."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.tests import populated_performance as populated
from dashboard.tests.populated import World

pytestmark = pytest.mark.browser


@pytest.fixture
def measured(world: World) -> World:
    populated.store(world.project, now=timezone.now())
    return world


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
    watched.page.wait_for_selector("#new-pill")
    assert watched.complaints == []
