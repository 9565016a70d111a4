"""What people do with charts in a browser: read them, isolate a series, zoom and come back, fill an empty one."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from dashboard.tests.browser.test_charts_in_chromium import heard, settled
from dashboard.tests.browser.test_in_chromium import keep
from dashboard.tests.populated import World
from events.models import Project

pytestmark = pytest.mark.browser


def test_a_stack_has_a_total_and_the_period_before_beside_it(watch: Any, world: World) -> None:
    watched = watch()
    page = settled(watched, f"/p/{world.project.slug}/charts/errors/?from=-12h&cmp=prev", "errors")
    text = heard(page, "errors", 0.5)
    assert "previous 12 h" in text
    total = re.search(r"total\s+([\d,]+)\s+([\d,]+) ([+−±][\d]+ %)", text)
    assert total, text
    parts = re.findall(r"(?:error|warning|fatal|info)\s+(\d+)", text)
    assert sum(map(int, parts)) == int(total[1])
    keep(watched, "chart-hover")
    assert watched.complaints == []


def test_a_click_on_the_legend_isolates_and_shift_leaves_out(watch: Any, world: World) -> None:
    watched = watch()
    page = settled(watched, f"/p/{world.project.slug}/charts/errors/?from=-12h&cmp=prev", "errors")
    buttons = page.locator("[data-chart=errors] .key button")
    names = buttons.all_inner_texts()
    shown = """() => document.querySelector("[data-part=plot]").data.filter((one) => one.visible !== false).length"""
    assert names[-1] == "previous 12 h"
    assert page.locator("[data-chart=errors] .key button:last-child path[stroke-dasharray]").count() == 1
    buttons.nth(0).focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"({shown})() === 1")
    assert buttons.nth(0).get_attribute("aria-pressed") == "true"
    assert buttons.nth(1).get_attribute("aria-pressed") == "false"
    buttons.nth(0).click()
    page.wait_for_function(f"({shown})() === {len(names)}")
    buttons.nth(1).click(modifiers=["Shift"])
    page.wait_for_function(f"({shown})() === {len(names) - 1}")
    assert watched.complaints == []


def drag(page: Page, name: str) -> None:
    area = page.locator(f"[data-chart={name}] .nsewdrag").bounding_box()
    assert area is not None
    y = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] * 0.4, y)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.6, y, steps=6)
    page.mouse.up()


def test_a_drag_zooms_the_page_without_leaving_it_and_z_returns(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    base = f"/p/{world.project.slug}/"
    watched.open(f"{base}issues/")
    watched.open(base)
    watched.settle()
    before = page.inner_text("[data-chart=errors] [data-part=unit]")
    page.evaluate("() => { window.stays = document.querySelector('[data-chart=errors] [data-part=plot]'); }")
    with page.expect_response(f"**{base}?from=*"), page.expect_response("**/charts/crash_free.json?from=*"):
        drag(page, "errors")
    page.wait_for_selector("main:not([aria-busy])")
    page.wait_for_function(
        "(was) => document.querySelector('[data-chart=errors] [data-part=unit]').textContent !== was", arg=before
    )
    assert "to=" in page.url
    assert page.evaluate("() => window.stays === document.querySelector('[data-chart=errors] [data-part=plot]')")
    assert " – " in page.inner_text("summary:has-text('Period:')")
    assert "from=" in (page.get_attribute('.nav a[data-go="i"]', "href") or "")
    heard(page, "errors", 0.5)
    page.wait_for_selector("[data-chart=crash_free] .crosshair", state="attached")
    page.keyboard.press("z")
    page.wait_for_function("() => !location.search.includes('to=')")
    page.wait_for_function(
        "(was) => document.querySelector('[data-chart=errors] [data-part=unit]').textContent === was", arg=before
    )
    assert "Last 24 h" in page.inner_text("summary:has-text('Period:')")
    page.keyboard.press("z")  # there is nothing to zoom out of: the page before is not opened
    assert page.evaluate("() => Boolean(window.stays) && !location.pathname.endsWith('/issues/')")
    assert watched.complaints == []


def test_z_leads_out_of_a_period_that_the_page_was_opened_with(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    settled(watched, f"/p/{world.project.slug}/?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", "errors")
    page.keyboard.press("z")
    page.wait_for_function("() => !location.search.includes('to=')")
    page.wait_for_selector("summary:has-text('Last 24 h')")
    page.go_back()
    page.wait_for_selector("summary:has-text('01 Jan')")
    assert watched.complaints == []


def test_an_empty_chart_keeps_its_axes_and_carries_the_line_that_fills_it(
    watch: Any, world: World, project: Project
) -> None:
    watched = watch()
    page = settled(watched, f"/p/{world.project.slug}/charts/throughput/", "throughput")
    assert page.get_attribute("[data-chart=throughput]", "data-state") == "empty"
    assert page.locator("[data-chart=throughput] .xaxislayer-above .xtick").count() > 2
    assert "No requests in this period." in page.inner_text("[data-chart=throughput] [data-part=words]")
    line = page.inner_text("[data-chart=throughput] [data-part=fill]")
    assert re.fullmatch(r'sentry_sdk.init\(dsn="https?://\w+@[^"]+", traces_sample_rate=1.0\)', line)
    keep(watched, "chart-empty")
    assert watched.complaints == []
