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


def test_lines_are_followed_and_older_ones_come_by_themselves(watch: Any, measured: World) -> None:
    watched = watch()
    watched.open(f"{reverse('dashboard:logs', args=[measured.project.slug])}?query=paid")
    page = watched.page
    assert page.locator(".log-list > li").count() == 100
    page.locator(".log-list > li").last.scroll_into_view_if_needed()
    page.wait_for_selector(".log-list > li:nth-child(200)", state="attached")
    names = page.eval_on_selector_all(".log-list > li", "rows => rows.map((row) => row.dataset.line)")
    assert len(set(names)) == len(names)
    for _ in range(102):
        page.keyboard.press("j")
    assert page.get_attribute(".log-list > li.chosen", "data-line") == names[101]
    page.evaluate("scrollTo(0, 0)")
    page.click("#follow")
    line = {**populated.facts(now=timezone.now())["logs"][0], "log_id": "f" * 36, "at": timezone.now()}
    populated.store_rows(
        measured.project, {"logs": [line, {**line, "log_id": "e" * 36, "body": "another"}]}, now=timezone.now()
    )
    page.wait_for_selector(".log-list > li.fresh")
    assert page.locator(".log-list > li.fresh").count() == 1
    assert page.locator(".log-list > li").first.get_attribute("data-line") == "f" * 36
    assert page.locator("#follow-said").text_content() == "1 new line"
    page.keyboard.press("k")
    assert page.get_attribute(".log-list > li.chosen", "data-line") == names[100]
    page.click("#follow")
    assert page.get_attribute("#follow", "aria-pressed") == "false"
    assert watched.complaints == []
