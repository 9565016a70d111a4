"""What people do with the pages in a real browser; test_every_page_in_chromium looks at each of them."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from dashboard.tests.browser.conftest import Watched
from dashboard.tests.populated import World
from events.releases import deploys, lifecycle
from events.releases.lifecycle import Change

pytestmark = pytest.mark.browser

FAULTS = (Path(__file__).parent / "faults.js").read_text()


def keep(watched: Watched, name: str) -> None:
    """A screenshot for people, when OBS_SCREENSHOTS names a folder."""
    if folder := os.environ.get("OBS_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        watched.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_pages_are_whole_without_javascript(watch: Any, world: World) -> None:
    watched = watch(java_script_enabled=False)
    slug = world.project.slug
    watched.open(f"/p/{slug}/issues/")
    watched.page.check(f'input[name="issue"][value="{world.issue.pk}"]')
    watched.leave('button[value="resolve"]')
    assert "1 issue resolved." in watched.page.inner_text(".toasts")
    watched.open(f"/p/{slug}/charts/errors/")
    assert watched.page.locator("main table tbody tr").count() >= 0
    watched.leave("#theme-form button")
    assert watched.page.get_attribute("html", "data-theme") == "dark"


def test_the_keyboard_walks_opens_resolves_and_explains(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("tr.chosen").count() == 1
    title = page.inner_text("tr.chosen .title")
    page.keyboard.press("Enter")
    page.wait_for_url("**/issues/*/")
    assert page.inner_text("h1") == title
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("e")
    page.wait_for_selector("text=1 issue resolved.")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(f"**/p/{world.project.slug}/")
    page.keyboard.press("w")
    page.wait_for_url("**from=-7d*")
    page.keyboard.press("Control+k")
    page.keyboard.type("relea")
    page.keyboard.press("Enter")
    page.wait_for_url("**/releases/**")
    assert watched.complaints == []


def test_a_theme_change_recolours_the_charts_at_once(watch: Any, world: World) -> None:
    watched = watch()
    watched.open(f"/p/{world.project.slug}/charts/issue_trend/?issue={world.issue.pk}")
    watched.settle()
    bar = "() => getComputedStyle(document.querySelector('.bars path')).fill"
    assert watched.page.evaluate(bar) == "rgb(79, 70, 229)"
    watched.page.keyboard.press("t")
    watched.page.wait_for_function(f"({bar})() === 'rgb(129, 140, 248)'")
    watched.page.reload()
    assert watched.page.get_attribute("html", "data-theme") == "dark"
    assert watched.complaints == []


def test_a_chart_has_a_table_and_a_picture_to_save(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/charts/issue_trend/?issue={world.issue.pk}")
    watched.settle()
    assert "events" in page.get_attribute('[data-chart] [role="img"]', "aria-label")
    page.click('[data-chart] summary[aria-label^="Actions"]')
    page.click('[data-chart-act="table"]')
    assert page.locator("[data-chart] .table-view tbody tr").count() > 10
    assert page.evaluate("() => document.activeElement.className") == "table-view"
    page.click('[data-chart] summary[aria-label^="Actions"]')
    with page.expect_download() as saved:
        page.click('[data-chart-act="png"]')
    assert saved.value.suggested_filename == "web-issue_trend.png"
    assert watched.complaints == []


def test_a_test_error_turns_setup_green_within_two_seconds(watch: Any, world: World) -> None:
    world.project.first_event_at = None
    world.project.save()
    watched = watch()
    page = watched.page
    page.clock.install()
    page.clock.pause_at(timezone.now() + timedelta(minutes=1))  # on a busy machine two seconds are no measure
    watched.open(f"/p/{world.project.slug}/setup/")
    page.wait_for_selector("text=Waiting for the first event")
    page.wait_for_load_state("networkidle")
    world.project.first_event_at = world.occurrence.at
    world.project.save()
    page.clock.run_for(2000)
    page.wait_for_selector("#waiting.done")
    assert "Events arrive" in page.inner_text("#waiting")
    assert watched.complaints == []


def test_live_shows_a_pill_and_moves_no_row(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    rows = page.locator("[data-row]").all_inner_texts()
    with page.expect_response("**/pulse.json*"):
        page.keyboard.press("l")
    world.issue.last_seen_at = timezone.now()
    world.issue.save()
    page.wait_for_selector("#new-pill")
    assert page.locator("[data-row]").all_inner_texts() == rows
    assert watched.complaints == []


@pytest.mark.parametrize("width", [1440, 360])
def test_the_login_page_is_quiet_and_lets_people_in(watch: Any, world: World, width: int) -> None:
    watched = watch(width, is_signed_in=False)
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    assert page.evaluate(FAULTS) == []
    keep(watched, f"{width}-login")
    page.fill("#id_username", "alice")
    page.fill("#id_password", "alice-password-1")
    page.click("button")
    page.wait_for_url(f"**/p/{world.project.slug}/issues/")
    assert watched.complaints == []


def test_a_deploy_on_a_chart_says_what_it_brought_and_leads_to_it(watch: Any, world: World) -> None:
    release, _ = lifecycle.create(world.project, "shop@9", actor="test", now=timezone.now())
    changes = [Change("a" * 40, author="Ada"), Change("b" * 40, author="Ada")]
    lifecycle.set_commits(release, changes, actor="test", now=timezone.now())
    then = timezone.now() - timedelta(hours=9)  # far from the other deploy, so that there is room for its name
    deploys.put(release, environment="production", actor="test", finished_at=then, now=then)
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/")
    watched.settle()
    note = page.locator(".annotation", has_text="shop@9").first
    note.scroll_into_view_if_needed()
    note.hover()
    page.wait_for_selector(".hovertext:has-text('2 commits by Ada')")
    keep(watched, "deploy-on-a-chart")
    note.click()
    page.wait_for_url("**/releases/shop@9/")
    assert watched.complaints == []
