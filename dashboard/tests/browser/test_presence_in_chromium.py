"""What an open page says when its login ends or the server goes away, and the way back in."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session

from dashboard.tests.browser.conftest import Watched
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.populated import World
from events.models import Activity, Issue

pytestmark = pytest.mark.browser

PASSWORD = "correct-horse-battery-1"
SIGN = "#presence[data-state={}]"


def log_out_everybody() -> None:
    Session.objects.all().delete()


def come_in_again(watched: Watched, password: str = PASSWORD) -> None:
    page = watched.page
    page.wait_for_selector("#again[open] input[name=password]")
    assert page.input_value("#again input[name=username]") == "alice"
    page.fill("#again input[name=password]", password)
    page.click("#again form button.primary")


def test_live_turns_to_logged_out_and_back(watch: Any, world: World, alice: Any) -> None:
    watched = watch()
    page = watched.page
    watched.open(f"/p/{world.project.slug}/issues/")
    page.keyboard.press("l")
    page.wait_for_selector(SIGN.format("live"))
    log_out_everybody()
    page.wait_for_selector(SIGN.format("out"))
    assert page.inner_text("#presence").strip() == "Logged out"
    page.click("#presence")
    page.wait_for_selector("#again[open] input[name=password]")
    assert page.evaluate(FAULTS) == []
    keep(watched, "logged-out")
    alice.set_password(PASSWORD)
    alice.save()
    page.fill("#again input[name=password]", "wrong-password-9")
    page.click("#again form button.primary")
    page.wait_for_selector("#again [role=alert]")
    come_in_again(watched)
    page.wait_for_selector(SIGN.format("live"))
    assert not page.is_visible("#again")


def test_a_comment_typed_while_the_login_ended_is_kept_and_sent(watch: Any, world: World, alice: Any) -> None:
    watched = watch()
    page = watched.page
    page.clock.install()
    watched.open(f"/p/{world.project.slug}/issues/{world.issue.pk}/")
    page.fill("textarea[name=text]", "Typed for a long time")
    log_out_everybody()
    alice.set_password(PASSWORD)
    alice.save()
    page.clock.run_for(10_000)
    page.click("button[value=comment]")
    page.wait_for_selector("#again[open] input[name=password]")
    assert page.input_value("textarea[name=text]") == "Typed for a long time"
    with page.expect_navigation(wait_until="load"):
        come_in_again(watched)
    assert Activity.objects.filter(issue=world.issue, text="Typed for a long time").count() == 1


def test_putting_it_off_keeps_the_page_as_it_is(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    page.clock.install()
    watched.open(f"/p/{world.project.slug}/issues/{world.issue.pk}/")
    log_out_everybody()
    page.clock.run_for(10_000)
    page.click("[data-key-resolve]")
    page.wait_for_selector("#again[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector(SIGN.format("out"))
    assert page.url.endswith(f"/issues/{world.issue.pk}/")
    assert Issue.objects.get(pk=world.issue.pk).status == "unresolved"


def test_offline_is_told_and_nothing_is_sent(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    page.clock.install()
    watched.open(f"/p/{world.project.slug}/issues/{world.issue.pk}/")
    page.fill("textarea[name=text]", "Typed on a train")
    page.context.set_offline(True)
    page.wait_for_selector(SIGN.format("offline"))
    page.clock.run_for(10_000)
    page.click("button[value=comment]")
    page.wait_for_selector(".toast:has-text('nothing was sent')")
    assert page.input_value("textarea[name=text]") == "Typed on a train"
    page.context.set_offline(False)
    page.wait_for_selector(SIGN.format("off"), state="hidden")


def test_a_server_that_refuses_makes_live_stale(watch: Any, world: World) -> None:
    watched = watch()
    page = watched.page
    page.route("**/pulse.json*", lambda route: route.fulfill(status=503, body=""))
    watched.open(f"/p/{world.project.slug}/issues/")
    page.keyboard.press("l")
    page.wait_for_selector(SIGN.format("stale"))
    assert "last heard at" in (page.get_attribute("#presence", "title") or "")
    page.unroute("**/pulse.json*")
    page.wait_for_selector(SIGN.format("live"))
