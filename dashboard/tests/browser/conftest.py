"""A live server, a browser, and what the browser complained about."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from dashboard.tests.populated import World, populate
from events.models import Project

# Violations of the policy, on the console.
_TELL = """addEventListener("securitypolicyviolation", (e) => {
  console.error(`policy ${e.violatedDirective} ${e.sourceFile}:${e.lineNumber} ${e.sample}`);
});"""


@dataclass
class Watched:
    """A page and all it said on the console."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.base}{path}", wait_until="load")

    def settle(self) -> None:
        """Look at each chart until it is drawn: they are asked for when they come into view."""
        for card in self.page.locator("[data-chart]").all():
            card.scroll_into_view_if_needed()
            name = card.get_attribute("data-chart")
            self.page.wait_for_selector(f"[data-chart={name}]:not([data-state=loading])", timeout=30000)
        self.page.evaluate("() => window.scrollTo(0, 0)")


@pytest.fixture
def world(transactional_db: None, alice: Any, project: Project) -> World:
    return populate(project, person=alice, now=timezone.now())


@pytest.fixture
def signed_in(as_alice: Client) -> dict[str, str]:
    return {"name": configured.SESSION_COOKIE_NAME, "value": as_alice.cookies[configured.SESSION_COOKIE_NAME].value}


@pytest.fixture
def watch(browser: Browser, live_server: Any, signed_in: dict[str, str]) -> Iterator[Any]:
    """`watch(width, theme)` -> a signed-in page of that width in that theme."""
    contexts: list[BrowserContext] = []

    def watch(width: int = 1440, theme: str = "light", *, is_signed_in: bool = True, **options: Any) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce", **options
        )
        if is_signed_in:
            context.add_cookies([{**signed_in, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        watched = Watched(page, live_server.url)
        page.on(
            "console",
            lambda message: watched.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (watched.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.add_init_script(_TELL)
        return watched

    yield watch
    for context in contexts:
        context.close()
