"""A live server, a browser, and what the browser complained about; a gallery of pages that are only looked at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from dashboard.tests import populated_performance
from dashboard.tests.populated import World, populate
from events.models import Project
from events.tests.cast import make_alice, make_member
from formaos_obs.tests.shared import Kept, kept

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

    def leave(self, selector: str, key: str = "") -> None:
        """Click there, or press `key` there, and wait until the page that this leads to has come."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.press(selector, key) if key else self.page.click(selector)

    def settle(self) -> None:
        """Look at each chart until it is drawn: they are asked for when they come into view."""
        for card in self.page.locator("[data-chart]").all():
            card.scroll_into_view_if_needed()
            name = card.get_attribute("data-chart")
            # On a wall it may be drawn and wait for the turn of its screen.
            drawn = f"[data-chart={name}]:not([data-state=loading])"
            self.page.wait_for_selector(drawn, state="attached", timeout=30000)
        self.page.evaluate("() => window.scrollTo(0, 0)")


def watched_page(context: BrowserContext, base: str) -> Watched:
    """A new page whose every word is written down."""
    page = context.new_page()
    watched = Watched(page, base)
    page.on(
        "console",
        lambda message: watched.complaints.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (watched.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.add_init_script(_TELL)
    return watched


def session_cookie(client: Client) -> dict[str, str]:
    return {"name": configured.SESSION_COOKIE_NAME, "value": client.cookies[configured.SESSION_COOKIE_NAME].value}


@pytest.fixture
def world(transactional_db: None, alice: Any, project: Project) -> World:
    return populate(project, person=alice, now=timezone.now())


@pytest.fixture
def signed_in(as_alice: Client) -> dict[str, str]:
    return session_cookie(as_alice)


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
        return watched_page(context, live_server.url)

    yield watch
    for context in contexts:
        context.close()


@dataclass(frozen=True)
class Gallery:
    """Two projects that stay as they are, a server that shows them, and the cookies of an owner, and by role."""

    plain: World
    measured: World
    base: str
    cookie: dict[str, str]
    roles: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def kept_worlds(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    def fill() -> tuple[World, World, dict[str, Client]]:
        projects = [Project.objects.create(slug=slug, name=slug) for slug in ("web", "measured")]
        alice, now = make_alice(*projects), timezone.now()
        people = {"owner": alice} | {role: make_member(role, *projects) for role in ("editor", "viewer")}
        clients = {role: Client() for role in people}
        plain, measured = (populate(project, person=alice, now=now) for project in projects)
        populated_performance.store(measured.project, now=now)
        for role, person in people.items():
            clients[role].force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return plain, measured, clients

    with kept(django_db_blocker, tmp_path_factory.mktemp("gallery"), fill) as worlds:
        yield worlds


@pytest.fixture(scope="module")
def gallery(kept_worlds: Kept, django_db_blocker: Any) -> Iterator[Gallery]:
    """For files that only look at pages: pytest-django's `live_server` would empty the tables after each test."""
    plain, measured, clients = kept_worlds.made
    cookies = {role: session_cookie(client) for role, client in clients.items()}
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
        yield Gallery(plain, measured, server.url, cookies["owner"], cookies)
        server.stop()
