"""Every chart in a browser: what it says under the pointer and on its axes; which parts of the library come."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from dashboard.frame import formatting
from dashboard.pages.charts import CHARTS
from dashboard.tests.browser import axe
from dashboard.tests.browser.conftest import Gallery, Watched, watched_page
from dashboard.tests.measured.test_charts import ASKED, PARAMETERS

pytestmark = pytest.mark.browser

# A unit that comes again at once, or a number with two units.
TWICE = re.compile(
    r"\b(ms|s|min|h|kB|MB|GB|requests|lines|people|sessions|runs|errors|events)\b[\s\u00a0]+\1\b|%\s*%|×\s*×"
)
LEFT_OVER = re.compile(r"%\{|undefined|NaN|null|\[object|e\+\d|\d{4}-\d\d-\d\dT")
VALUES: list[tuple[float | None, str]] = [
    (value, unit)
    for unit in ("count", "ms", "%", "MB", "×", "")
    for value in (None, 0, 0.004, 0.123, 1, 3.3, 9.96, 42, 99.996, 100, 250.2, 999.7, 1204, 61_000, 999_960, 2_500_000)
]  # fmt: skip


@pytest.fixture
def segment_root(kept_worlds: Any) -> Path:
    return kept_worlds.segments


@pytest.fixture(scope="module")
def signed_in(browser: Browser, gallery: Gallery) -> Iterator[BrowserContext]:
    """What fetches scripts and styles once for all tests."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{**gallery.cookie, "url": gallery.base}])
    yield context
    context.close()


@pytest.fixture
def watched(signed_in: BrowserContext, gallery: Gallery) -> Iterator[Watched]:
    watched = watched_page(signed_in, gallery.base)
    yield watched
    watched.page.close()


def settled(watched: Watched, path: str, name: str) -> Page:
    watched.open(path)
    watched.page.wait_for_selector(f"[data-chart={name}]:not([data-state=loading])")
    return watched.page


def heard(page: Page, name: str, across: float, down: float = 0.5) -> str:
    """What stands beside the pointer on a chart, of ours or of plotly's own."""
    area = page.locator(f"[data-chart={name}] :is(.nsewdrag, .sankey)").first.bounding_box()
    assert area is not None
    x, y = area["x"] + area["width"] * across, area["y"] + area["height"] * down
    page.mouse.move(x - 4, y)
    page.mouse.move(x, y)
    page.evaluate("() => new Promise((done) => setTimeout(() => requestAnimationFrame(done), 80))")
    said = "(all) => all.map((one) => one.innerText ?? one.textContent).join(' ')"
    return str(page.locator(f"[data-chart={name}] :is(.hoverbox, .hoverlayer)").evaluate_all(said))


def test_numbers_are_said_as_on_the_server(watched: Watched, gallery: Gallery) -> None:
    page = settled(watched, f"/p/{gallery.plain.project.slug}/charts/errors/", "errors")
    said = page.evaluate("(all) => all.map(([value, unit]) => window.obsCharts.words.measured(value, unit))", VALUES)
    assert said == [formatting.measured(value, unit) for value, unit in VALUES]


AXES: list[tuple[float, float, str, list[str]]] = [
    (0, 1, "count", ["0", "1"]),
    (0, 3, "count", ["0", "1", "2", "3"]),
    (0, 7, "count", ["0", "2", "4", "6"]),
    (0, 14_000, "count", ["0", "5 k", "10 k"]),
    (0, 830, "ms", ["0", "200 ms", "400 ms", "600 ms", "800 ms"]),
    (0, 2100, "ms", ["0", "500 ms", "1 s", "1.5 s", "2 s"]),
    (0, 300_000, "ms", ["0", "1 min", "2 min", "3 min", "4 min", "5 min"]),
    (92.3, 100, "%", ["94 %", "96 %", "98 %", "100 %"]),
    (0, 400, "MB", ["0", "100 MB", "200 MB", "300 MB", "400 MB"]),
    (0, 0.14, "", ["0", "0.05", "0.1"]),
    (-4, 9, "count", ["0", "5"]),
]


def test_axes_have_few_labels_and_whole_ones_for_counts(watched: Watched, gallery: Gallery) -> None:
    page = settled(watched, f"/p/{gallery.plain.project.slug}/charts/errors/", "errors")
    for low, high, unit, labels in AXES:
        found = page.evaluate("([low, high, unit]) => window.obsCharts.words.ticks(low, high, unit)", [low, high, unit])
        assert found["ticktext"] == labels, (low, high, unit)


def test_an_area_ends_where_nothing_was_measured(watched: Watched, gallery: Gallery) -> None:
    page = settled(watched, f"/p/{gallery.plain.project.slug}/charts/errors/", "errors")
    drawn = """(y) => window.obsCharts.dress({
        unit: "ms", data: [{type: "scatter", x: [1, 2, 3, 4], y, line: {dash: "solid"}}],
        layout: {xaxis: {}, yaxis: {}},
    }, {width: 400}).data[0].fill"""
    assert page.evaluate(drawn, [None, 4, 5, None]) == "tozeroy"
    assert page.evaluate(drawn, [3, None, 5, 4]) is None


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_says_a_unit_once_and_can_be_heard(watched: Watched, gallery: Gallery, name: str) -> None:
    asked = {**({"query": PARAMETERS["query"]} if name.startswith("query_") else {}), **ASKED.get(name, {})}
    if name == "issue_trend":
        asked = {"issue": str(gallery.measured.issue.pk)}
    query = "&".join(f"{key}={value}" for key, value in asked.items()).replace("\n", "%0A")
    page = settled(watched, f"/p/{gallery.measured.project.slug}/charts/{name}/?from=-24h&cmp=prev&{query}", name)
    assert page.get_attribute(f"[data-chart={name}]", "data-state") == "ready"
    found = [text for across in (0.02, 0.3, 0.55, 0.8, 0.98) if (text := heard(page, name, across).strip())]
    assert found
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert axe.violations(page) == [], theme
    page.emulate_media(color_scheme="light")
    for text in (*found, page.inner_text(f"[data-chart={name}] .card-head"), page.inner_text("main p >> nth=1")):
        assert not TWICE.search(text), text
        assert not LEFT_OVER.search(text), text
    assert watched.complaints == []


def test_the_library_comes_once_and_its_parts_when_they_are_drawn(watched: Watched, gallery: Gallery) -> None:
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    slug = gallery.measured.project.slug
    settled(watched, f"/p/{slug}/charts/errors/", "errors")
    assert [name for name in asked if name.startswith("plotly-") and name.endswith(".js")] == [
        "plotly-obs-4.1.1.min.js"
    ]
    asked.clear()
    watched.open(f"/p/{slug}/performance/")
    watched.settle()
    scripts = sorted(name for name in asked if name.startswith("plotly-") and name.endswith(".js"))
    assert set(scripts) == {"plotly-box-4.1.1.min.js", "plotly-heatmap-4.1.1.min.js", "plotly-obs-4.1.1.min.js"}
    assert watched.page.evaluate("() => document.querySelectorAll('script[src*=plotly]').length") == 3
    assert watched.complaints == []


def test_the_way_to_a_bucket_that_is_not_over_is_dotted_and_said(watched: Watched, gallery: Gallery) -> None:
    path = f"/p/{gallery.measured.project.slug}/insights/?event=*&from=-12h&unit=hour"
    page = settled(watched, path, "trend")
    drawn = """() => document.querySelector("[data-chart=trend] [data-part=plot]").data.map(
      ({ y, line, meta }) => [line.dash, meta.tail ?? -1, y.findLastIndex((one) => one !== null) === y.length - 1])"""
    page.wait_for_selector("[data-chart=trend][data-state=ready]")
    assert page.evaluate(drawn) == [["solid", -1, False], ["2px,4px", 0, True]]
    assert page.locator("[data-chart=trend] .key button").count() == 0
    said = heard(page, "trend", 0.995)
    assert "not over yet" in said
    assert re.search(r"\d", said.partition("not over yet")[2]), said
    assert "not over yet" not in heard(page, "trend", 0.5)
    assert watched.complaints == []
