"""The pages of flags in a real browser: quiet, fitting and usable by ear; the form works without a script."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from analytics.flags import changing
from analytics.models import Flag, FlagHour
from analytics.tests.flags import make
from analytics.tests.flags.make import group, prop, stored, variants
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from events.models import Project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BASE = "/p/web/flags/"


def shown(project: Project, now: datetime) -> list[str]:
    """Flags of every kind, and the addresses that show them."""
    make.audience(
        project, prop("plan", "pro"), prop("seats", 5, "gte"), name="Large customers on the plan pro", now=now
    )
    flag = stored(
        project, "checkout-with-a-long-key-that-does-not-break", group(prop("plan", ["pro", "team"]), rollout=50),
        group(prop("email", "@example.com", "ends_with"), variant="wide"), multivariate=variants(narrow=50, wide=50),
        payloads={"wide": '{"columns": 3}'}, description="The new checkout, for half of those who pay", now=now,
        holdout={"id": 4, "exclusion_percentage": 5}, starts_at=now - timedelta(days=2), is_continuous=True,
    )  # fmt: skip
    stored(project, "old-banner", now=now - timedelta(days=45))
    stored(project, "quiet", is_active=False, now=now)
    changing.switch(flag, is_active=False, note="Errors on the basket", actor="test", now=now)
    changing.go_back(flag, 1, actor="test", now=now)
    changing.put_override(flag, "ada@example.com", "wide", note="our tester", actor="test", now=now)
    FlagHour.objects.bulk_create(
        FlagHour(flag=flag, at=now - timedelta(hours=6 * n), value=value, count=30 * n + 400)
        for n in range(20) for value in ("wide", "narrow")
    )  # fmt: skip
    page = f"{BASE}{flag.pk}/"
    return [
        BASE,
        page,
        f"{page}edit/",
        f"{BASE}new/",
        f"{BASE}audiences/",
        f"{BASE}audiences/new/",
        f"{BASE}?archive=1",
    ]


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (360, "dark"), (1440, "dark"), (360, "light")])
def test_they_are_quiet_and_fit_wide_and_narrow_light_and_dark(
    watch: Any, project: Project, width: int, theme: str
) -> None:
    watched = watch(width, theme)
    for place, path in enumerate(shown(project, timezone.now().replace(minute=0, second=0, microsecond=0))):
        watched.open(path)
        for details in watched.page.locator("details > summary").all():
            if details.is_visible() and "…" not in details.inner_text() and details.inner_text().startswith("Sched"):
                details.click()
        keep(watched, f"flags-{width}-{theme}-{place}")
        assert watched.page.evaluate(FAULTS) == [], path
    assert watched.complaints == []


def test_the_form_works_without_a_script(browser: Browser, live_server: Any, signed_in: Any, project: Project) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{**signed_in, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}{BASE}new/")
    page.fill("[name=key]", "by-hand")
    page.fill("[name=c-0-0-key]", "plan")
    page.fill("[name=c-0-0-value]", "pro")
    with page.expect_navigation():
        page.get_by_text("And …").click()
    page.fill("[name=c-0-1-key]", "seats")
    page.select_option("[name=c-0-1-operator]", "gte")
    page.fill("[name=c-0-1-value]", "5")
    with page.expect_navigation():
        page.press("[name=c-0-1-value]", "Enter")
    context.close()
    flag = Flag.objects.get()
    assert [one["key"] for one in flag.filters["groups"][0]["properties"]] == ["plan", "seats"]
    assert flag.is_active is False
