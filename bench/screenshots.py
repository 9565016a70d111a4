"""Takes the pictures of docs/images anew, of the demo on a server that runs: `make pictures` starts one.

    python -m bench.screenshots var/pictures/up.json [--to docs/images]
    python -m bench.screenshots var/up.json --look /tmp/looks

The ten main pages, as a person sees them; `--look` takes all of each, at 1440 and 360 pixels, light and dark, to be
looked at. PNG of 256 colours, so that one picture is some 60 kB.
"""

import argparse
import io
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page

from events.tests.chromium import launched

PROJECT = "demo"
WIDE, NARROW = 1440, 360
_STEPS = "%0A".join(("%2F", "%2Fcatalogue", "%2Fbasket", "%2Fcheckout", "order+paid"))
# Each main page, and where to find it; "a" is the first link there, for pages that are about one thing.
PAGES: Mapping[str, tuple[str, str]] = {
    "overview": ("", ""),
    "issues": ("issues/", ""),
    "issue": ("issues/?sort=events", "a.title"),
    "performance": ("performance/?from=-7d", ""),
    "vitals": ("vitals/?from=-7d", ""),
    "analytics": ("analytics/?from=-7d", ""),
    "funnel": (f"insights/funnels/?steps={_STEPS}&within=1h&from=-14d", ""),
    "experiment": ("experiments/", "main td a"),
    "logs": ("logs/", ""),
    "trace": ("traces/", "main td a"),
    "uptime": ("uptime/", ""),
    "alerts": ("alerts/", ""),
    "incident": ("incidents/", "main td a"),
    "flag": ("flags/", "main td a"),
    "wall": ("?wall=1", ""),
}
# (picture, page, theme) of those that the documentation shows.
SHOWN = [
    ("overview", "overview", "light"), ("overview-dark", "overview", "dark"), ("issues", "issues", "light"),
    ("issue", "issue", "light"), ("performance", "performance", "light"), ("vitals", "vitals", "light"),
    ("analytics", "analytics", "light"), ("funnel", "funnel", "light"), ("experiment", "experiment", "light"),
    ("logs", "logs", "dark"),
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path, help="up.json of the server.")
    parser.add_argument("--to", type=Path, default=Path("docs/images"))
    parser.add_argument("--look", type=Path, help="A folder for all of each page instead.")
    parser.add_argument("--only", default="", help="The pages to look at, with commas between.")
    options = parser.parse_args()
    site = json.loads(options.site.read_text())
    with launched() as browser:
        if options.look is None:
            for picture, name, theme in SHOWN:
                _keep(options.to / f"{picture}.png", _taken(browser, site, name, theme=theme, width=WIDE))
            return
        names = options.only.split(",") if options.only else PAGES
        for name, width, theme in itertools.product(names, (WIDE, NARROW), ("light", "dark")):
            data = _taken(browser, site, name, theme=theme, width=width, is_whole=name != "wall")
            _keep(options.look / f"{name}-{width}-{theme}.png", data)


_known: dict[str, Any] = {}


def _taken(
    browser: Browser, site: Mapping[str, str], name: str, *, theme: Any, width: int, is_whole: bool = False
) -> bytes:
    """The page as it is when all its charts are drawn."""
    height = 1080 if name == "wall" else 900
    context = browser.new_context(
        viewport={"width": 1920 if name == "wall" and width == WIDE else width, "height": height}, color_scheme=theme,
        reduced_motion="reduce", storage_state=_known.get("state"),
    )  # fmt: skip
    try:
        page = context.new_page()
        if "state" not in _known:
            page.goto(f"{site['url']}/login/")
            page.fill("#id_username", site["admin_username"])
            page.fill("#id_password", site["admin_password"])
            with page.expect_navigation():
                page.click("main button")
            if page.locator("#id_username").count():
                raise SystemExit(f"{site['url']} is another server than this file is of: its login is refused.")
            _known["state"] = context.storage_state()
        path, selector = PAGES[name]
        page.goto(_known.get(name) or f"{site['url']}/p/{PROJECT}/{path}", wait_until="load")
        if selector and name not in _known:
            _known[name] = page.locator(selector).first.evaluate("(one) => one.href")
            page.goto(_known[name], wait_until="load")
        _draw(page)
        return page.screenshot(full_page=is_whole)
    finally:
        context.close()


def _draw(page: Page) -> None:
    """Each chart comes into view, and is waited for."""
    for card in page.locator("[data-chart]").all():
        if card.is_visible():
            card.scroll_into_view_if_needed()
            drawn = f"[data-chart={card.get_attribute('data-chart')}]:not([data-state=loading])"
            page.wait_for_selector(drawn, timeout=60_000)
    page.evaluate("() => window.scrollTo(0, 0)")
    page.evaluate("() => document.fonts.ready.then(() => true)")


def _keep(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path} {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
