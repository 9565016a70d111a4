"""A page with and without the browser script on an emulated line: load, main thread, bytes, layout shift."""

import http.server
import os
import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench.impact.server_side import ROOT, receiver

# 10 Mbps both ways, 40 ms there and back.
LINE = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
SCRIPT = max((ROOT / "events/static/clients").glob("obs-*.js"))
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ROWS = "".join(f"<tr><td>{n}</td><td>Thing {n}</td><td>{n * 7 % 100}.00</td></tr>" for n in range(400))
# What a page of an application does: draws a table, then sorts it.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Things</title>
<link rel="icon" href="data:,">{}</head><body>
<h1>Things</h1><img src="/hero.bin.svg" width="600" height="200" alt=""><button id="sort">Sort</button>
<table><tbody>{}</tbody></table><script>
document.getElementById("sort").onclick = () => {{
  const body = document.querySelector("tbody");
  [...body.rows].sort((a, b) => a.cells[2].textContent - b.cells[2].textContent).forEach((row) => body.append(row));
}};
window.cls = window.long = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.cls += entry.value)))
  .observe({{ type: "layout-shift", buffered: true }});
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.long += entry.duration)))
  .observe({{ type: "longtask", buffered: true }});
</script></body></html>"""
HERO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 6 2"><!--' + os.urandom(60_000).hex().encode() + b"-->"
HERO += b'<path fill="navy" d="M0 0h6v2H0z"/></svg>'


@dataclass(frozen=True)
class Load:
    """Milliseconds, bytes, and the score of the shift."""

    load: float
    fcp: float
    thread: float
    long: float
    bytes: float
    shift: float


@contextmanager
def site(dsn: str) -> Iterator[str]:
    """A page with the script (`/with`) and one without (`/without`), beside the script in its gzip form."""
    tag = f'<script async src="/obs.js" data-dsn="{dsn}" data-release="sample@1"></script>'
    files = {
        "/with": (PAGE.format(tag, ROWS).encode(), "text/html", ""),
        "/without": (PAGE.format("", ROWS).encode(), "text/html", ""),
        "/hero.bin.svg": (HERO, "image/svg+xml", ""),
        "/obs.js": (SCRIPT.with_name(f"{SCRIPT.name}.gz").read_bytes(), "text/javascript", "gzip"),
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            body, kind, encoding = files[self.path]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if encoding:
                self.send_header("Content-Encoding", encoding)
            self.end_headers()
            self.wfile.write(body)

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A browser that hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def load(browser: Browser, url: str) -> Load:
    """One cold load of the page, a click in it, and three seconds of its life, in which the script sends."""
    context = browser.new_context()
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    received: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", LINE)
    devtools.send("Performance.enable")
    page.goto(url, wait_until="load")
    page.click("#sort")
    page.wait_for_timeout(3000)
    metrics = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
    seen = page.evaluate("""() => ({
      load: performance.getEntriesByType("navigation")[0].loadEventEnd,
      fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
      long: window.long, shift: window.cls })""")
    context.close()
    return Load(thread=metrics["TaskDuration"] * 1000, bytes=sum(received), **seen)


def run(*, rounds: int, modes: tuple[str, ...]) -> list[str]:
    """The lines of the table; medians of rounds in which the two pages take turns."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    lines = ["Page on a line of 10 Mbps and 40 ms, medians; what the script adds to the page without it (first row)"]
    lines.append(
        f"{'server':8}{'script':9}{'load ms':>10}{'FCP ms':>9}{'thread ms':>11}{'long ms':>9}{'bytes':>9}{'shift':>8}"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for mode in modes:
            loads: dict[str, list[Load]] = {"without": [], "with": []}
            with receiver(mode) as dsn, site(dsn) as url:
                for _ in range(rounds):
                    for name, found in loads.items():
                        found.append(load(browser, f"{url}/{name}"))
            bare, ours = _median(loads["without"]), _median(loads["with"])
            lines.append(_row(mode, "without", bare, sign=""))
            added = Load(*(getattr(ours, name) - getattr(bare, name) for name in Load.__dataclass_fields__))
            lines.append(_row(mode, "adds", added, sign="+"))
            verdict = "under" if ours.load < 1500 else "OVER"
            lines.append(f"{mode:8}loaded in {ours.load:.0f} ms with the script, {verdict} the budget of 1500 ms")
        browser.close()
    return lines


def _median(loads: list[Load]) -> Load:
    return Load(*(statistics.median(getattr(one, name) for one in loads) for name in Load.__dataclass_fields__))


def _row(mode: str, name: str, row: Load, *, sign: str) -> str:
    values = f"{row.load:{sign}10.0f}{row.fcp:{sign}9.0f}{row.thread:{sign}11.1f}{row.long:{sign}9.0f}"
    return f"{mode:8}{name:9}{values}{row.bytes:{sign}9.0f}{row.shift:{sign}8.4f}"
