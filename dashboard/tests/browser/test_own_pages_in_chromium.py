"""What people set, in a real browser: short forms made as one types, the trail on a phone, the admin in both themes."""

from datetime import datetime
from typing import Any

import pytest

from dashboard.models import AccountSettings
from dashboard.tests.browser.conftest import Watched
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from dashboard.tests.populated import World
from events.accounts import audit, tokens

pytestmark = pytest.mark.browser

WIDER = """() => [document.documentElement, ...document.querySelectorAll('main, .scroll, #content, #header')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className || one.id || one.tagName)"""

BEYOND = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_trail_and_the_admin_fit_a_phone(watch: Any, world: World, alice: Any, now: datetime, scheme: str) -> None:
    alice.is_superuser = True
    alice.save()
    audit.record("issue.resolve", actor=alice, project=world.project, obj=world.issue, detail={"in": "x" * 90}, now=now)
    watched: Watched = watch(360, scheme)
    page = watched.page
    watched.open("/account/")
    keep(watched, f"account-360-{scheme}")
    assert page.evaluate(WIDER) == []
    tokens.create(
        alice, name="continuous-integration", scopes=sorted(tokens.SCOPES), project=None, expires_at=None, now=now
    )
    watched.open("/account/")
    assert page.evaluate(BEYOND) <= 0  # the table scrolls by itself
    watched.open(f"/p/{world.project.slug}/settings/project/")
    keep(watched, f"life-360-{scheme}")
    watched.open(f"/p/{world.project.slug}/audit/?from=-400d")
    keep(watched, f"audit-360-{scheme}")
    assert page.evaluate(WIDER) == []
    assert page.evaluate(FAULTS) == []
    for name in ("", "events/ingestkey/", "alerts/rule/", f"events/project/{world.project.pk}/change/"):
        watched.open(f"/admin/{name}")
        keep(watched, f"admin-360-{scheme}-{name.split('/')[1] if name else 'index'}")
        assert page.evaluate(WIDER) == [], name
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("Inter")
    assert watched.complaints == []


def test_a_name_makes_its_short_form_as_one_types_until_one_is_typed(watch: Any, world: World) -> None:
    watched: Watched = watch()
    page = watched.page
    watched.open("/")
    name, short = 'form[action="/projects/new/"] [name=name]', 'form[action="/projects/new/"] [name=slug]'
    page.fill(name, "Café  Müller & Söhne")
    assert page.input_value(short) == "cafe-muller-sohne"
    page.fill(short, "cafe")
    page.fill(name, "Another")
    assert page.input_value(short) == "cafe"
    page.fill(short, "")
    page.fill(name, "Another one")
    assert page.input_value(short) == "another-one"
    assert watched.complaints == []


def test_the_account_is_kept_and_shown_by_keyboard(watch: Any, world: World, alice: Any) -> None:
    watched: Watched = watch(1440, timezone_id="Europe/Vienna")
    page = watched.page
    watched.open("/account/")
    page.focus("[name=name]")
    page.keyboard.type("Alice Liddell")
    page.select_option("[name=week_start]", "sunday")
    page.focus("#times form .primary")
    watched.leave("#times form .primary", key="Enter")
    assert AccountSettings.objects.get(user=alice).week_start == "sunday"
    assert page.input_value("[name=name]") == "Alice Liddell"
    keep(watched, "account")
    watched.open(f"/p/{world.project.slug}/issues/")
    page.click(".period summary")
    watched.leave("text=This week")
    assert page.inner_text(".period .said").startswith("This week")
    assert "from=week" in page.url
    assert watched.complaints == []
