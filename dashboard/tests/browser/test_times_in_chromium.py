"""Moments on charts: in the reader's zone, with UTC beside them, and on round hours of the reader's clock."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from dashboard.tests.browser.conftest import Gallery, watched_page

pytestmark = pytest.mark.browser


@pytest.fixture
def segment_root(kept_worlds: Any) -> Path:
    return kept_worlds.segments


@pytest.fixture
def read(browser: Browser, gallery: Gallery) -> Any:
    """Opens a page as somebody whose zone and languages are these."""
    contexts = []

    def opened(zone: str, path: str, language: str = "de") -> Page:
        context = browser.new_context(
            viewport={"width": 1440, "height": 900},
            reduced_motion="reduce",
            extra_http_headers={"Accept-Language": language},
        )
        contexts.append(context)
        context.add_cookies([
            {**gallery.cookie, "url": gallery.base}, {"name": "obs-zone", "value": f"!{zone}", "url": gallery.base},
        ])  # fmt: skip
        watched = watched_page(context, gallery.base)
        watched.open(path)
        return watched.page

    yield opened
    for context in contexts:
        context.close()


SPANS = [
    ("UTC", "2026-11-28T03:00:00Z", "2026-11-28T03:15:00Z", ["Sat 28 Nov 03:00 – 03:15 UTC"]),
    ("Europe/Vienna", "2026-11-28T03:00:00Z", "2026-11-28T03:15:00Z",
     ["Sat 28 Nov 04:00 – 04:15 CET", "Sat 28 Nov 03:00 – 03:15 UTC"]),
    ("America/New_York", "2026-11-28T03:00:00Z", "2026-11-28T03:15:00Z",
     ["Fri 27 Nov 22:00 – 22:15 EST", "Sat 28 Nov 03:00 – 03:15 UTC"]),
    ("Europe/Vienna", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z", ["Sat 28 Nov UTC"]),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "start", "end", "said"), SPANS)
def test_a_bucket_is_said_in_the_readers_zone_with_utc_beside_it(
    read: Any, gallery: Gallery, zone: str, start: str, end: str, said: list[str]
) -> None:
    page = read(zone, f"/p/{gallery.measured.project.slug}/charts/errors/")
    assert page.evaluate("(ends) => window.obsCharts.words.span(...ends)", [start, end]) == said


AXES = [
    # (zone, language, from, to, labels): hours, across the end of summer time, and weeks from the reader's first day.
    ("Asia/Kolkata", "de", "2026-11-28T00:00:00Z", "2026-11-28T12:00:00Z", False,
     ["06:00<br>28 Nov", "09:00", "12:00", "15:00"]),
    ("Europe/Vienna", "de", "2026-10-24T18:00:00Z", "2026-10-25T12:00:00Z", False,
     ["00:00<br>25 Oct", "06:00", "12:00"]),
    ("Europe/Vienna", "de", "2026-11-01T00:00:00Z", "2026-11-29T00:00:00Z", True,
     ["2 Nov", "9 Nov", "16 Nov", "23 Nov"]),
    ("Europe/Vienna", "en-US", "2026-11-01T00:00:00Z", "2026-11-28T23:00:00Z", True,
     ["1 Nov", "8 Nov", "15 Nov", "22 Nov"]),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "language", "start", "end", "is_days", "labels"), AXES)
def test_an_axis_has_round_times_of_the_readers_clock(
    read: Any, gallery: Gallery, zone: str, language: str, start: str, end: str, is_days: bool, labels: list[str]
) -> None:
    page = read(zone, f"/p/{gallery.measured.project.slug}/charts/errors/", language)
    found = page.evaluate(
        "([from, to, isDays]) => window.obsCharts.words.times(Date.parse(from), Date.parse(to), { most: 5, isDays })",
        [start, end, is_days],
    )
    assert found["ticktext"] == labels


def test_the_box_under_the_pointer_and_the_age_of_a_chart_are_in_the_readers_zone(read: Any, gallery: Gallery) -> None:
    page = read("Asia/Tokyo", f"/p/{gallery.measured.project.slug}/charts/errors/?from=-24h")
    page.wait_for_selector("[data-chart=errors][data-state=ready]")
    area = page.locator("[data-chart=errors] .nsewdrag").first.bounding_box()
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    page.wait_for_selector(".hoverbox caption small")
    caption = page.locator(".hoverbox caption").inner_text()
    own, utc = caption.splitlines()
    assert own.endswith("GMT+9")
    assert utc.endswith("UTC")
    assert page.locator("[data-part=note]").inner_text().endswith("GMT+9")


def test_a_period_is_typed_in_the_readers_zone_and_stands_in_the_address_in_utc(read: Any, gallery: Gallery) -> None:
    page = read("Asia/Tokyo", f"/p/{gallery.measured.project.slug}/issues/")
    page.locator(".period > summary").click()
    assert "Asia/Tokyo" in page.locator(".period form").inner_text()
    page.fill(".period input[name=from]", "2026-11-28T09:00")
    page.fill(".period input[name=to]", "2026-11-28T21:30")
    with page.expect_navigation():
        page.click(".period form button")
    assert "from=2026-11-28T00%3A00%3A00Z&to=2026-11-28T12%3A30%3A00Z" in page.url
    assert page.locator(".period .said").inner_text() == "28 Nov 09:00 – 28 Nov 21:30 JST"
