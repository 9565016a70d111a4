"""A page on paper: whose it is and of which time, black on white from either theme, charts whole, nothing to press."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dashboard.tests.browser.conftest import Gallery, watched_page

pytestmark = pytest.mark.browser

# What may be pressed, which words of charts lie beside their card, two colours, and what only paper says.
SEEN = """() => {
  const pressed = [...document.querySelectorAll("button:not(.key button), .button, .bar, .side")];
  const words = [...document.querySelectorAll(".plot .main-svg text")];
  const edge = (one) => one.getBoundingClientRect().right;
  const { color, backgroundColor } = getComputedStyle(document.body);
  return {
    pressed: pressed.filter((one) => one.checkVisibility()).length,
    torn: words.filter((one) => edge(one) > edge(one.closest(".card"))).length,
    colours: [color, backgroundColor],
    said: document.querySelector(".print-only").innerText,
    named: [...document.querySelectorAll(".key button")].every((one) => one.checkVisibility()),
  };
}"""


@pytest.fixture
def segment_root(kept_worlds: Any) -> Path:
    return kept_worlds.segments


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tail", ["", "performance/", "issues/", "logs/", "slos/"])
def test_it_is_printed_black_on_white_and_whole(browser: Browser, gallery: Gallery, tail: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    context.add_cookies([{**gallery.cookie, "url": gallery.base}])
    watched = watched_page(context, gallery.base)
    page, project = watched.page, gallery.measured.project
    watched.open(f"/p/{project.slug}/{tail}?env=production")
    watched.settle()
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.evaluate("() => { document.querySelector('main').style.width = '680px'; }")  # a sheet, which resizes no window
    seen = page.evaluate(SEEN)
    assert seen["said"].startswith(f"{project.name} · production · ")
    assert (seen["pressed"], seen["torn"]) == (0, 0)
    assert seen["named"]  # the colours of a chart
    assert seen["colours"] == ["rgb(15, 23, 42)", "rgb(255, 255, 255)"]
    assert watched.complaints == []
    context.close()
