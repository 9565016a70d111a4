"""Every page in a real browser, in both themes, wide and narrow: no complaint, no overflow, usable by ear; no script.

The pages are shown in parts, so that no test takes long; the world behind them is made once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext

from dashboard.tests import hostile
from dashboard.tests.browser import axe
from dashboard.tests.browser.conftest import Gallery, Watched, watched_page
from dashboard.tests.browser.test_hostile_in_chromium import MADE, OPEN_ALL
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.pages.test_pages import pages
from dashboard.tests.pages.test_performance_pages import addresses
from events.models import Issue

pytestmark = pytest.mark.browser

WIDTHS = [1440, 360]
# axe takes half a second a page: each page once wide and light, and once narrow and dark.
HEARD = {(1440, "light"), (360, "dark")}


@pytest.fixture
def segment_root(kept_worlds: Any) -> Path:
    return kept_worlds.segments


@pytest.fixture(scope="module", params=WIDTHS)
def frame(browser: Browser, gallery: Gallery, request: Any) -> Iterator[tuple[int, BrowserContext]]:
    """A signed-in browser of a width, which fetches scripts and styles once."""
    context = browser.new_context(viewport={"width": request.param, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{**gallery.cookie, "url": gallery.base}])
    yield request.param, context
    context.close()


@pytest.fixture
def watched(frame: tuple[int, BrowserContext], gallery: Gallery) -> Iterator[Watched]:
    watched = watched_page(frame[1], gallery.base)
    yield watched
    watched.page.close()


def assert_quiet(watched: Watched, paths: list[str], name: str) -> None:
    """Each page as it comes, in the light, and then in the dark, which a page takes up where it stands."""
    for path in paths:
        watched.page.emulate_media(color_scheme="light")
        watched.open(path)
        watched.settle()
        for theme in ("light", "dark"):
            watched.page.emulate_media(color_scheme=theme)
            watched.page.evaluate("() => new Promise(requestAnimationFrame)")
            keep(watched, f"{name}-{theme}-{path.strip('/').split('?')[0].replace('/', '-')[:60]}")
            assert watched.page.evaluate(FAULTS) == [], (path, theme)
            if (watched.page.evaluate("() => innerWidth"), theme) in HEARD:
                assert axe.violations(watched.page) == [], (path, theme)
            assert watched.complaints == [], (path, theme)


@pytest.mark.parametrize("part", range(3))
def test_every_page_is_quiet_fits_and_can_be_heard(frame: Any, watched: Watched, gallery: Gallery, part: int) -> None:
    assert_quiet(watched, pages(gallery.plain)[part::3], f"{frame[0]}-{part}")


@pytest.mark.parametrize("part", range(5))
def test_every_page_of_performance_is_quiet_fits_and_can_be_heard(
    frame: Any, watched: Watched, gallery: Gallery, part: int
) -> None:
    project = gallery.measured.project
    paths = [reverse("dashboard:overview", args=[project.slug]), *addresses(project)]
    if frame[0] < max(WIDTHS):  # narrow each page once: what a query changes of it is looked at wide
        paths = list({path.partition("?")[0]: path for path in reversed(paths)}.values())
    assert_quiet(watched, paths[part::5], f"p-{frame[0]}-{part}")


@pytest.mark.parametrize("frame", [1440], indirect=True)
@pytest.mark.parametrize("tail", ["", "groups/", "events/{event}/"])
def test_nothing_of_the_corpus_runs_on_an_issue(frame: Any, watched: Watched, gallery: Gallery, tail: str) -> None:
    issues = Issue.objects.filter(project=gallery.plain.project)
    for issue in issues.order_by("pk"):
        event = issue.groups.all()[0].occurrences.all()[0].event_id.hex
        watched.open(f"/p/web/issues/{issue.pk}/{tail.format(event=event)}")
        watched.settle()
        watched.page.evaluate(OPEN_ALL)
        assert watched.page.evaluate(MADE) == [], issue.title
        assert watched.complaints == [], issue.title
    assert issues.filter(title__in=hostile.XSS).count() == len(hostile.XSS)
