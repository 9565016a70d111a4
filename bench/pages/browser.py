"""A page as a person at the end of a slow line sees it: when it is painted and drawn, whether it jumps, its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext

# 10 Mbps and 40 ms, as a phone or a home far away has.
LINE = {"offline": False, "latency": 40, "downloadThroughput": 10_000_000 / 8, "uploadThroughput": 10_000_000 / 8}
SIZE = {"width": 1440, "height": 900}
_WATCH = """(() => {
  const seen = window.seenByBench = { shift: 0, drawn: 0 };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => { seen.drawn = performance.now(); })))
    .observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });
})()"""
# A card out of view is asked for when somebody comes to it.
_DRAWN = """() => document.readyState === "complete" && [...document.querySelectorAll("[data-chart]")].every((card) =>
  card.dataset.state !== "loading" || (!card.dataset.asked && (!card.checkVisibility()
    || card.getBoundingClientRect().top > innerHeight)))"""
_FOUND = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
  done({
    paint, drawn: Math.max(paint, page.loadEventEnd, window.seenByBench.drawn), shift: window.seenByBench.shift,
    failed: document.querySelectorAll("[data-chart][data-state=error]").length,
    cards: [...document.querySelectorAll("[data-chart]")].filter((card) => !card.querySelector("[data-part=figure]"))
      .map((card) => card.dataset.src),
  });
})))"""


@dataclass
class Look:
    """Milliseconds from the click on; bytes as they came, heads included; the addresses of the page's cards.

    `spent` is the processor time of the page's own thread, ms: on a machine that others use it tells more than times.
    """

    paint: float
    drawn: float
    shift: float
    failed: int
    size: int
    requests: int
    spent: float
    cards: list[str] = field(default_factory=list)


def looks(browser: Browser, url: str, cookie: Mapping[str, Any], *, warm: int) -> list[Look]:
    """The page in a browser that knows nothing of the site, and again `warm` times with what it kept."""
    context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
    try:
        site = urlsplit(url)
        context.add_cookies([{**cookie, "url": f"{site.scheme}://{site.netloc}"}])
        return [_look(context, url) for _ in range(1 + warm)]
    finally:
        context.close()


def _look(context: BrowserContext, url: str) -> Look:
    page = context.new_page()
    page.add_init_script(_WATCH)
    link = context.new_cdp_session(page)
    sizes: list[float] = []
    link.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    link.send("Network.enable")
    link.send("Network.emulateNetworkConditions", LINE)
    link.send("Performance.enable", {"timeDomain": "threadTicks"})
    try:
        page.goto(url, wait_until="load", timeout=60_000)
        page.wait_for_function(_DRAWN, timeout=60_000)
        found = page.evaluate(_FOUND)
        came = [size for size in sizes if size]
        metrics = {one["name"]: one["value"] for one in link.send("Performance.getMetrics")["metrics"]}
        return Look(**found, size=round(sum(came)), requests=len(came), spent=metrics["TaskDuration"] * 1000)
    finally:
        page.close()
