"""What the frame does in a real browser: evidence, crosshair, staleness; a page does not jump."""

import json
from typing import Any

import pytest
from django.utils import timezone

from dashboard.pages.share import links
from dashboard.tests import populated_performance
from dashboard.tests.browser.conftest import Watched
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.populated import World

pytestmark = pytest.mark.browser

# The middle of the highest drawn bar of the chart `name`, in the window, and the series it belongs to.
BAR = """(name) => {
  const card = document.querySelector(`[data-chart=${name}]`);
  let best = null;
  card.querySelectorAll(".barlayer .trace").forEach((trace, index) => trace.querySelectorAll("path").forEach((bar) => {
    const box = bar.getBoundingClientRect();
    const { height, width } = box;
    if (!best || height > best.height) best = { x: box.x + width / 2, y: box.y + height / 2, height, series: index };
  }));
  const names = document.querySelector(`[data-chart=${name}] [data-part=plot]`).data.map((trace) => trace.name);
  return { ...best, series: names[best.series] };
}"""
CENTRE = """(name) => { const box = document.querySelector(`[data-chart=${name}] .nsewdrag`).getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }; }"""
SHIFTS = """() => { window.shifted = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true }); }"""


def test_a_click_on_a_bar_leads_to_its_events(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/?env=production")
    watched.settle()
    bar = page.evaluate(BAR, "errors")
    page.mouse.move(bar["x"], bar["y"])
    page.mouse.click(bar["x"], bar["y"])
    page.wait_for_url("**/events/?env=production&from=*")
    assert f"level={bar['series']}" in page.url
    assert page.locator("[data-row]").count() > 0
    assert set(page.locator("[data-row] .level").all_inner_texts()) == {bar["series"]}
    assert page.evaluate(FAULTS) == []
    keep(watched, "evidence-events")
    assert watched.complaints == []


def test_the_table_view_of_a_card_has_the_same_links(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/charts/issue_trend/?issue={world.issue.pk}")
    watched.settle()
    page.click('[data-chart] summary[aria-label^="Actions"]')
    page.click('[data-chart-act="table"]')
    link = page.locator("[data-chart] .table-view tbody tr td:nth-child(2) a").first
    assert f"/events/?issue={world.issue.pk}&from=" in (link.get_attribute("href") or "")
    link.click()
    page.wait_for_url("**/events/**")
    assert watched.complaints == []


def test_cells_and_named_bars_are_links_too(watch: Any, world: World) -> None:
    populated_performance.store(world.project, now=timezone.now())
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/performance/")
    watched.settle()
    page.locator("[data-chart=latency_heatmap]").scroll_into_view_if_needed()
    at = page.evaluate(CENTRE, "latency_heatmap")
    page.mouse.move(at["x"] - 2, at["y"])
    page.mouse.click(at["x"], at["y"])
    page.wait_for_url("**/performance/?from=*")
    watched.open(f"/p/{world.project.slug}/")
    watched.settle()
    page.locator("[data-chart=slowest_endpoints]").scroll_into_view_if_needed()
    bar = page.evaluate(BAR, "slowest_endpoints")
    page.mouse.move(bar["x"] - 2, bar["y"])
    page.mouse.click(bar["x"], bar["y"])
    page.wait_for_url("**/performance/endpoint/?route=*")
    assert watched.complaints == []


def test_a_chart_that_failed_can_be_asked_again(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    page.route("**/charts/errors.json*", lambda route: route.fulfill(status=503, body="{}"), times=1)
    watched.open(f"/p/{world.project.slug}/")
    page.wait_for_selector("[data-chart=errors][data-state=error]")
    assert page.inner_text("[data-chart=errors] [data-part=words]") == "This chart could not be drawn."
    page.click('[data-chart=errors] [data-chart-act="again"]')
    page.wait_for_selector("[data-chart=errors][data-state=ready]")
    assert page.locator("[data-chart-act=again]:visible").count() == 0
    assert [one for one in watched.complaints if "503" not in one] == []


def test_hovering_one_chart_marks_the_moment_on_the_others(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/")
    watched.settle()
    at = page.evaluate(CENTRE, "errors")
    page.mouse.move(at["x"] - 20, at["y"])
    page.mouse.move(at["x"], at["y"])
    page.wait_for_selector("[data-chart=crash_free] .crosshair", state="attached")
    assert page.locator("[data-chart=errors] .crosshair").count() == 1
    keep(watched, "crosshair")
    page.mouse.move(5, 5)
    page.wait_for_selector(".crosshair", state="detached")
    assert watched.complaints == []


def test_a_picture_older_than_two_minutes_says_so_while_live(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    page.clock.install()
    watched.open(f"/p/{world.project.slug}/")
    watched.settle()
    note = page.locator("[data-chart=errors] [data-part=note]")
    page.clock.run_for(130_000)
    assert "stale" not in note.inner_text()
    page.keyboard.press("l")
    page.clock.run_for(6_000)
    assert note.inner_text().endswith("stale")
    assert "warn" in (note.get_attribute("class") or "")
    page.keyboard.press("l")
    page.clock.run_for(6_000)
    assert "stale" not in note.inner_text()


@pytest.mark.parametrize("width", [1440, 360])
def test_a_shared_page_is_quiet_and_fits(watch: Any, world: World, alice: Any, width: int) -> None:
    slug = world.project.slug
    _, path = links.create(world.project, actor=alice, name="x", url=f"/p/{slug}/", days=7, now=timezone.now())
    watched = watch(width, is_signed_in=False)
    for index, page in enumerate(("", "issues/", "charts/errors/")):
        watched.open(path + page)
        watched.settle()
        assert watched.page.evaluate(FAULTS) == [], page
        keep(watched, f"share-{width}-{index}")
    watched.open(path)
    watched.settle()
    bar = watched.page.evaluate(BAR, "errors")
    watched.page.mouse.click(bar["x"], bar["y"])
    assert watched.page.url.endswith(path)
    assert watched.complaints == []


@pytest.mark.parametrize("path", ["", "issues/", "?wall=1"])
@pytest.mark.parametrize("width", [1440, 360])
def test_no_page_jumps_while_it_loads(watch: Any, world: World, path: str, width: int) -> None:
    watched: Watched = watch(width)
    page = watched.page
    page.add_init_script(f"({SHIFTS})()")
    link = page.context.new_cdp_session(page)
    link.send("Network.enable")
    line = {"offline": False, "latency": 40, "downloadThroughput": 10_000_000 / 8, "uploadThroughput": 10_000_000 / 8}
    link.send("Network.emulateNetworkConditions", line)
    watched.open(f"/p/{world.project.slug}/{path}")
    watched.settle()
    measured = page.evaluate(
        "() => ({ shift: window.shifted, now: Math.round(performance.now()),"
        " paint: Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime || 0) })"
    )
    print(json.dumps({"page": path or "overview", "width": width, **measured}))
    assert measured["shift"] < 0.02
