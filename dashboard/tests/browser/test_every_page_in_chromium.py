"""Every page in a real browser, in both themes and three widths: no complaint, no overflow, usable by ear; no script.

Each page is opened twice, once wide and once narrow, as a phone that grows to a tablet without opening it again. One
of the two looks is an owner's and the other that of an editor or a viewer, page by page in turns, where the page lets
them in: an owner is shown most, the others are shown what an owner is not. axe takes half a second, so it hears each
look once: the wide one in the light, the narrow one in the dark, as a phone and as a tablet in turns. What is inside
a chart it hears on the chart's own page, here or in test_charts_in_chromium.py.
The pages are shown in parts, so that no test takes long; the world behind them is made once.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import resolve, reverse
from playwright.sync_api import Browser

from dashboard.tests import hostile
from dashboard.tests.browser import axe
from dashboard.tests.browser.conftest import Gallery, Watched, watched_page
from dashboard.tests.browser.test_hostile_in_chromium import MADE, OPEN_ALL
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.pages.test_pages import pages
from dashboard.tests.pages.test_performance_pages import addresses
from events.accounts import access
from events.models import Issue

pytestmark = pytest.mark.browser

WIDE, TABLET, PHONE = 1440, 768, 360
OTHERS = ("viewer", "editor")
HEIGHT = 900
# Tables with named columns that are wider than their place.
SIDEWAYS = """() => [...document.querySelectorAll("table:has(td[data-label])")].filter((one) => one.checkVisibility())
    .filter(({ parentElement: place }) => place.scrollWidth > place.clientWidth + 1)
    .map((one) => one.innerText.slice(0, 60))"""


@pytest.fixture
def segment_root(kept_worlds: Any) -> Path:
    return kept_worlds.segments


@pytest.fixture(scope="module")
def signed_in(browser: Browser, gallery: Gallery) -> Iterator[dict[str, Watched]]:
    """A page of each role, which fetches scripts and styles once."""
    found = {}
    for role, cookie in gallery.roles.items():
        context = browser.new_context(viewport={"width": WIDE, "height": HEIGHT}, reduced_motion="reduce")
        context.add_cookies([{**cookie, "url": gallery.base}])
        found[role] = watched_page(context, gallery.base)
    yield found
    for watched in found.values():
        watched.page.context.close()


@pytest.fixture
def owner(signed_in: dict[str, Watched]) -> Watched:
    signed_in["owner"].complaints.clear()
    return signed_in["owner"]


def role_of(path: str, place: int, *, is_wide: bool) -> str:
    """Who looks at the page at this place of the list: an owner at one of its two looks, others at the other."""
    if is_wide is (place % 2 == 0):
        return "owner"
    role = OTHERS[place // 2 % 2]
    needed = getattr(resolve(path.partition("?")[0]).func, "needed_role", "") or "viewer"
    return role if access.is_enough(role, needed) else "owner"


def assert_quiet(signed_in: dict[str, Watched], paths: list[tuple[int, str]], *, is_wide: bool) -> None:
    """Each page as it comes, in the light, and then in the dark, which a page takes up where it stands."""
    for place, path in paths:
        watched = signed_in[role_of(path, place, is_wide=is_wide)]
        widths = [WIDE] if is_wide else [PHONE, TABLET]  # growing: a chart shrinks a moment later
        heard = (WIDE, "light") if is_wide else (widths[place % 2], "dark")
        watched.complaints.clear()
        watched.page.set_viewport_size({"width": widths[0], "height": HEIGHT})
        watched.page.emulate_media(color_scheme="light")
        watched.open(path)
        watched.settle()
        for width in widths:
            watched.page.set_viewport_size({"width": width, "height": HEIGHT})
            for theme in ("light", "dark"):
                watched.page.emulate_media(color_scheme=theme)
                watched.page.evaluate("() => new Promise(requestAnimationFrame)")
                keep(watched, f"{place}-{width}-{theme}-{path.strip('/').split('?')[0].replace('/', '-')[:60]}")
                assert watched.page.evaluate(FAULTS) == [], (path, width, theme)
                assert width != PHONE or watched.page.evaluate(SIDEWAYS) == [], (path, theme)
                if (width, theme) == heard:
                    left = [] if "/charts/" in path else [".plot svg"]
                    assert axe.violations(watched.page, left=left) == [], (path, width, theme)
                assert watched.complaints == [], (path, width, theme)


@pytest.mark.parametrize("is_wide", [True, False], ids=["wide", "narrow"])
@pytest.mark.parametrize("part", range(8))
def test_every_page_is_quiet_fits_and_can_be_heard(
    signed_in: dict[str, Watched], gallery: Gallery, part: int, is_wide: bool
) -> None:
    assert_quiet(signed_in, list(enumerate(pages(gallery.plain)))[part::8], is_wide=is_wide)


@pytest.mark.parametrize("is_wide", [True, False], ids=["wide", "narrow"])
@pytest.mark.parametrize("part", range(16))
def test_every_page_of_performance_is_quiet_fits_and_can_be_heard(
    signed_in: dict[str, Watched], gallery: Gallery, part: int, is_wide: bool
) -> None:
    project = gallery.measured.project
    paths = [reverse("dashboard:overview", args=[project.slug]), *addresses(project)]
    if not is_wide:  # narrow each page once: what a query changes of it is looked at wide
        paths = list({path.partition("?")[0]: path for path in reversed(paths)}.values())
    assert_quiet(signed_in, list(enumerate(paths))[part::16], is_wide=is_wide)


@pytest.mark.parametrize("tail", ["", "groups/", "events/{event}/"])
def test_nothing_of_the_corpus_runs_on_an_issue(owner: Watched, gallery: Gallery, tail: str) -> None:
    issues = Issue.objects.filter(project=gallery.plain.project)
    for issue in issues.order_by("pk"):
        event = issue.groups.all()[0].occurrences.all()[0].event_id.hex
        owner.open(f"/p/web/issues/{issue.pk}/{tail.format(event=event)}")
        owner.settle()
        owner.page.evaluate(OPEN_ALL)
        assert owner.page.evaluate(MADE) == [], issue.title
        assert owner.complaints == [], issue.title
    assert issues.filter(title__in=hostile.XSS).count() == len(hostile.XSS)
