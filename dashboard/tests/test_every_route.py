"""A walk over every address: a new page can forget neither its door, nor its stranger, nor its audit entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from analytics import urls as flag_urls
from dashboard.api.base import ApiView
from events.accounts import tokens
from events.endpoints import performance_urls
from events.endpoints.cli.views import CliView
from events.endpoints.product import urls as product_urls
from events.models import AuditEntry, IngestKey
from events.tests.cast import KeptCast

# Addresses for which being a stranger means nothing; each with its reason.
# Take keys or tokens to write; a browser's configuration is as public as its key.
SENDING = {"envelope", "store", "security", "csp-report", "tunnel", "deploy-report", "browser", "browser-config"}
SENDING |= {"store-by-key", "cron", "cron-by-key", "nel", "attachments", "sdk-loader", "sdk-loader-plain"}
SENDING |= {"deploy-hook"}  # its token is in its address, and what it sends is signed
SENDING |= {"alerts-in"}  # a source's own token; alerts/tests/foreign tries it
SENDING |= {"alert-picture"}  # its address is signed and says what it shows; test_pictures.py tries it
SENDING |= {"ping"}  # its address is its token; test_canaries.py looks for it in the logs
SENDING |= {route.name for route in performance_urls.urlpatterns if route.name}
SENDING |= {route.name for route in product_urls.urlpatterns if route.name}
SENDING |= {route.name for route in flag_urls.urlpatterns if route.name}  # test_posthog_endpoints.py tries their doors
HEALTH = {
    "healthz",
    "readyz",
    "metrics",
    "api-health",
}  # say nothing about any project; test_health.py tries their doors
ENTERING = {"login", "login-code", "logout", "theme", "presence", "zone"}  # before or after being somebody
ENTERING |= {"join"}  # its address is its token; test_invitations.py tries it
POLLS = {
    "pulse",
    "setup-state",
    "log-pulse",
}  # a number every two seconds, no content; closed to strangers, without an entry
BEFORE = {"cli-previous-with-commits"}  # answers what came before a version, so any version will do
# The token in the address is the door; test_shares.py tries it.
SHARED = {"share-board", "share-overview", "share-issues", "share-chart", "share-chart-json"}
# Status pages are for everybody, or behind a token of a mail; test_status_pages.py tries them.
PUBLIC = {"status-public", "status-notice", "status-json", "status-json-only", "status-atom", "status-rss"}
PUBLIC |= {"status-subscribe", "status-confirm", "status-unsubscribe"}
OPEN = SENDING | HEALTH | ENTERING | SHARED | PUBLIC


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    parameters: tuple[str, ...]
    callback: Any

    def url(self, values: dict[str, Any]) -> str:
        path = self.path
        for name, pattern in zip(self.parameters, _placeholders(self.path), strict=True):
            path = path.replace(pattern, quote(str(values[name]), safe=""), 1)
        return f"/{path}"

    @property
    def is_page(self) -> bool:
        return hasattr(self.callback, "audited_action") and not self.path.startswith("admin/")

    @property
    def is_api(self) -> bool:
        return issubclass(getattr(self.callback, "cls", object), ApiView)


def _placeholders(path: str) -> list[str]:
    return [part.partition(">")[0].join("<>") for part in path.split("<")[1:]]


def _walk(patterns: list[Any], before: str = "") -> Iterator[Route]:
    for found in patterns:
        path = before + str(found.pattern)
        if isinstance(found, URLResolver):
            yield from _walk(found.url_patterns, path)
        elif isinstance(found, URLPattern):
            names = tuple(part[1:-1].rpartition(":")[2] for part in _placeholders(path))
            yield Route(found.name or path, path, names, found.callback)


ROUTES = [route for route in _walk(get_resolver().url_patterns) if not route.path.startswith("admin/")]
PAGES = [route for route in ROUTES if route.is_page]
API = [route for route in ROUTES if route.is_api]
CLI = [route for route in ROUTES if issubclass(getattr(route.callback, "cls", object), CliView)]
CLOSED = [route for route in ROUTES if route.name not in OPEN]
IN_PROJECT = [route for route in CLOSED if "slug" in route.parameters]


def by_name(route: Route) -> str:
    return route.name


@pytest.fixture(scope="module")
def kept_cast(walked_cast: KeptCast) -> KeptCast:
    return walked_cast


def bearer(user: Any, now: datetime) -> dict[str, str]:
    _, secret = tokens.create(user, name="walk", scopes=tokens.SCOPES, now=now)
    return {"Authorization": f"Bearer {secret}"}


def answers(client: Client, route: Route, values: dict[str, Any], **extra: Any) -> list[Any]:
    """GET and an empty POST of the route; one of them may be 405."""
    return [client.get(route.url(values), **extra), client.post(route.url(values), **extra)]


def test_every_address_has_a_door() -> None:
    known = OPEN | POLLS
    doors = [route.is_page or issubclass(getattr(route.callback, "cls", object), ApiView | CliView) for route in ROUTES]
    assert {route.name for route, has_door in zip(ROUTES, doors, strict=True) if not has_door} <= known


@pytest.mark.parametrize("route", CLOSED, ids=by_name)
def test_visitors_and_senders_see_nothing(route: Route, here: dict[str, Any], key: IngestKey) -> None:
    dsn = {"X-Sentry-Auth": f"Sentry sentry_key={key.public_key}, sentry_version=7"}
    senders = [
        {},
        dsn,
        {"Authorization": f"Bearer {key.public_key}"},
        {"Authorization": f"DSN http://{key.public_key}@h/1"},
    ]
    for headers in senders:
        for response in answers(Client(), route, here, headers=headers):
            assert response.status_code in (302, 401, 403, 405), response.status_code
            assert response.status_code != 302 or response["Location"].startswith("/login/?next=")
    assert Client().get(route.url(here), {"sentry_key": key.public_key}).status_code in (302, 401, 403, 405)
    assert not AuditEntry.objects.filter(actor="").exists()


@pytest.mark.parametrize("route", IN_PROJECT, ids=by_name)
def test_strangers_cannot_tell_it_from_nothing(
    route: Route, here: dict[str, Any], as_charlie: Client, charlie: Any, now: datetime
) -> None:
    has_login = route.is_page or route.name in POLLS
    client, extra = (as_charlie, {}) if has_login else (Client(), {"headers": bearer(charlie, now)})
    statuses = {response.status_code for response in answers(client, route, here, **extra)}
    assert statuses <= {404, 405}
    assert 404 in statuses


@pytest.mark.parametrize("route", PAGES, ids=by_name)
def test_each_page_writes_one_entry_for_each_person(
    route: Route, here: dict[str, Any], as_alice: Client, as_bob: Client, as_charlie: Client
) -> None:
    for client in (as_charlie, as_bob, as_alice):
        for send in (client.get, client.post):
            before = AuditEntry.objects.count()
            response = send(route.url(here))
            written = AuditEntry.objects.count() - before
            assert response.status_code < 500
            assert (response.status_code, written) in ((405, 0), (response.status_code, 1)), send


@pytest.mark.parametrize("route", [r for r in PAGES if r.callback.needed_role in ("editor", "owner")], ids=by_name)
def test_viewers_change_nothing(route: Route, here: dict[str, Any], as_bob: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_upd) FROM pg_stat_xact_user_tables WHERE relname NOT LIKE 'django%%'")
        before = cursor.fetchone()
        statuses = {response.status_code for response in answers(as_bob, route, here)}
        cursor.execute("SELECT sum(n_tup_upd) FROM pg_stat_xact_user_tables WHERE relname NOT LIKE 'django%%'")
        assert cursor.fetchone() == before
    assert statuses <= {403, 405}


_IDS = {
    "issue_id",
    "event_id",
    "attachment_id",
    "channel_id",
    "deploy_id",
    "hook_id",
    "notification_id",
    "rule_id",
    "alert_id",
    "silence_id",
    "route_id",
    "inhibition_id",
    "maintenance_id",
    "source_id",
    "foreign_id",
    "monitor_id",
    "probe_id",
    "objective_id",
    "incident_id",
    "component_id",
    "notice_id",
    "flag_id",
    "override_id",
    "audience_id",
    "person_id",
    "group_id",
    "erasure_id",
    "token_id",
    "version",
    "view_id",
    "board_id",
    "card_id",
    "share_id",
    "trace_id",
    "fingerprint",
}


@pytest.mark.parametrize("route", [r for r in CLOSED if _IDS & set(r.parameters) and r.name not in BEFORE], ids=by_name)
def test_things_of_another_project_are_not_found_in_this_one(
    route: Route, here: dict[str, Any], elsewhere: dict[str, Any], as_alice: Client, alice: Any, now: datetime
) -> None:
    client, extra = (as_alice, {}) if route.is_page else (Client(), {"headers": bearer(alice, now)})
    for name in _IDS & set(route.parameters):
        foreign = {**here, name: elsewhere[name]}
        statuses = {response.status_code for response in answers(client, route, foreign, **extra)}
        assert statuses <= {400, 404, 405}, name
        assert 404 in statuses, name
