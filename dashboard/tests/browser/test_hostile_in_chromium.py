"""The corpus of hostile strings before a real browser: no dialog, no report of the policy, no element made of them."""

from typing import Any

import pytest
from django.utils import timezone

from alerts.tests import make as make_alerts
from dashboard.tests import hostile
from dashboard.tests.browser.test_in_chromium import FAULTS
from dashboard.tests.populated import World
from events.accounts import second_factors
from events.models import SecondFactor

pytestmark = pytest.mark.browser

# What the corpus would have made, had anything been taken for markup.
MADE = """() => [...document.querySelectorAll(
  "img[src='x'], [onerror], [onload], [srcdoc], iframe, a[href^='javascript:' i], script:not([src]):not([type]), style"
)].map((node) => node.outerHTML.slice(0, 120))"""
OPEN_ALL = "() => document.querySelectorAll('details').forEach((part) => { part.open = true; })"


def test_nothing_of_the_corpus_runs_in_names_and_searches(watch: Any, world: World) -> None:
    for number, text in enumerate(hostile.XSS):
        make_alerts.channel(world.project, name=f"{number} {text}"[:60])
    watched = watch()
    for path in ("/", "/p/web/", "/p/web/issues/", "/p/web/alerts/", "/p/web/releases/", "/p/web/feedback/"):
        watched.open(path)
        watched.settle()
        watched.page.evaluate(OPEN_ALL)
        assert watched.page.evaluate(MADE) == [], path
    for text in hostile.XSS:
        watched.open("/p/web/issues/")
        watched.page.fill('input[name="query"]', text)
        watched.leave('input[name="query"]', "Enter")
        assert watched.page.evaluate(MADE) == [], text
        watched.page.keyboard.press("Control+k")
        watched.page.keyboard.type("<img src=x")
        watched.page.keyboard.press("Escape")
    # A search that cannot be read is answered 400, which the console mentions.
    assert [line for line in watched.complaints if "status of 4" not in line] == []


@pytest.mark.parametrize("width", [1440, 360])
def test_the_second_factor_is_set_up_without_a_complaint(watch: Any, world: World, width: int) -> None:
    watched = watch(width)
    page = watched.page
    watched.open("/account/second-factor/")
    page.fill("#id_password", "alice-password-1")
    watched.leave("button.primary")
    page.wait_for_selector("svg path")
    assert page.evaluate(FAULTS) == []
    assert page.locator("svg").bounding_box()["width"] == 240
    page.fill("#id_code", "000000")
    watched.leave("button.primary")
    assert page.evaluate(FAULTS) == []
    SecondFactor.objects.update(failures=0)
    page.fill("#id_code", second_factors.code_at(SecondFactor.objects.get(), now=timezone.now()))
    watched.leave("button.primary")
    page.wait_for_selector("text=Recovery codes")
    assert page.evaluate(FAULTS) == []
    assert watched.complaints == []
