"""No secret that an address carries is in any log, whatever becomes of the request."""

import logging
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from alerts.delivery import pictures
from alerts.foreign import setup as sources
from alerts.incidents.status import subscribing
from alerts.monitors import monitor_setup, pings
from alerts.tests import make as make_alerts
from dashboard.pages.share import links
from dashboard.tests.test_every_route import ROUTES, SENDING, SHARED, Route
from events.accounts import invitations, tokens
from events.models import Project
from events.releases import deploys
from formaos_obs import processes
from formaos_obs.logs import NO_ROUTE, Formatter, RouteNames, route_of

# The number of a row.
HARMLESS = {"token_id"}
# What scripts and SDKs of others call a token is a key, as public as its page.
KEYS = {"posthog-config", "posthog-config-js", "growthbook-eval"}
NAMED = [
    route
    for route in ROUTES
    if any(
        word in name
        for name in set(route.parameters) - HARMLESS
        for word in ("token", "secret", "ping", "code", "mark")
    )
]
SECRET = [route for route in NAMED if route.name not in SENDING]
CALLED = {"deploy-hook": (deploys, "take"), "alert-picture": (pictures, "of_token")}
"""Addresses that programs call and whose token is what opens them, each with the function that looks for it."""
PINGS = {"ping"}
MAILED = {
    "status-confirm": (subscribing, "waiting"),
    "status-unsubscribe": (subscribing, "leaving"),
    "join": (invitations, "find"),
}
"""Addresses that a mail carries, each with the function that looks for what it names."""
CANARY = "Canary0123456789abcdefXYZ"


@pytest.fixture
def written() -> Iterator[StringIO]:
    """All that any logger says, down to its smallest word, raw and as the server writes it."""
    stream = StringIO()
    handlers = [logging.StreamHandler(stream), logging.StreamHandler(stream)]
    handlers[1].setFormatter(Formatter("%(name)s %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    for handler in handlers:
        root.addHandler(handler)
    yield stream
    for handler in handlers:
        root.removeHandler(handler)
    root.setLevel(level)


def paths(route: Route, secret: str) -> list[str]:
    """The address with `secret` in it, and what typing errors make of it."""
    whole = route.url({**dict.fromkeys(route.parameters, "errors"), "token": secret, "mark": secret})
    return [whole, whole.rstrip("/"), f"{whole}more", f"/no{whole}", whole.replace("/", "//", 1), f"{whole}ü"]


def test_all_addresses_with_a_secret_are_known() -> None:
    assert {route.name for route in SECRET} == SHARED | MAILED.keys()
    assert {route.name for route in NAMED if route.name in SENDING} == CALLED.keys() | KEYS | PINGS


@pytest.mark.parametrize("route", SECRET, ids=lambda route: route.name)
def test_no_log_holds_the_secret_of_an_address(
    route: Route, project: Project, alice: Any, now: datetime, written: StringIO, monkeypatch: Any
) -> None:
    _, address = links.create(project, actor=alice, name="x", url="/p/web/", days=7, now=datetime.now(now.tzinfo))
    real = address.split("/")[2]
    if route.name == "join":
        _, real = invitations.create(project, "viewer", actor=alice, now=datetime.now(now.tzinfo))
    client = Client(raise_request_exception=False)

    def ask_all() -> set[int]:
        answers = set()
        for secret in (real, CANARY, f"{CANARY}.{CANARY}"):
            for path in paths(route, secret):
                for send in (client.get, client.post, client.delete):
                    answers.add(send(path).status_code)
                answers.add(
                    client.get(path, {"token": secret}, headers={"Authorization": f"Bearer {secret}"}).status_code
                )
        return answers

    assert ask_all() >= ({404} if route.name in MAILED else {404, 405})

    def fail(token: str, **rest: Any) -> None:
        raise RuntimeError(f"Reverse with ({token!r},) not found")

    if route.name in MAILED:
        monkeypatch.setattr(*MAILED[route.name], fail)
    else:
        monkeypatch.setattr(links, "find", fail)
    assert 500 in ask_all()
    said = written.getvalue()
    assert "Not Found" in said
    assert "Internal Server Error" in said
    assert [part for part in (CANARY, real, *real.split(".")) if part in said] == []


@pytest.mark.parametrize("route", [route for route in NAMED if route.name in CALLED], ids=lambda route: route.name)
def test_no_log_holds_the_secret_of_an_address_that_programs_call(
    route: Route, project: Project, alice: Any, now: datetime, written: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = deploys.create_hook(project, source="gitlab", secret=f"{CANARY}-signs", actor=alice, now=now)
    client = Client(raise_request_exception=False)

    def ask_all() -> set[int]:
        headers = {"X-Gitlab-Token": f"{CANARY}-signs", "X-Gitlab-Event": "Deployment Hook"}
        return {
            send(path, data=b"{", content_type="application/json", headers=headers).status_code
            for secret in (hook.token, CANARY)
            for path in paths(route, secret)
            for send in (client.post, client.put, lambda path, **_: client.get(path, headers=headers))
        }

    assert ask_all() >= {404, 405}

    def fail(token: str, *rest: Any, **named: Any) -> None:
        raise RuntimeError(f"Reverse with ({token!r},) not found")

    monkeypatch.setattr(*CALLED[route.name], fail)
    assert 500 in ask_all()
    assert [part for part in (CANARY, hook.token) if part in written.getvalue()] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/reset/MQ/{}/", "/account/{}/", "/admin/{}/", "/p/web/{}/", "/api/0/{}/", "/ping/{}"]
)
def test_no_log_holds_a_path_that_leads_nowhere(path: str, written: StringIO) -> None:
    for send in (Client().get, Client().post, Client(enforce_csrf_checks=True).post):
        send(path.format(CANARY), {"code": CANARY})
    assert CANARY not in written.getvalue()


@pytest.mark.django_db
def test_no_log_holds_the_secret_of_a_ping(
    project: Project, now: datetime, written: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = make_alerts.monitor(project)
    key = monitor_setup.ping_key(project).key
    secrets = [str(monitor.token), str(monitor.token).upper(), key, CANARY]
    paths = [f"/ping/{monitor.token}", f"/ping/{key}/{monitor.slug}", f"/ping/{CANARY}/{monitor.slug}?create=1"]
    paths += [change for path in paths for change in (f"{path}/start", f"{path}more", f"/no{path}", f"/{path}")]
    paths += [f"{paths[0]}/256", f"{paths[0]}?rid={CANARY}", paths[0].upper(), f"{paths[0]}ü"]
    client = Client(raise_request_exception=False)

    def ask_all() -> set[int]:
        sends = (client.get, client.post, client.put, client.options)
        return {send(path).status_code for path in paths for send in sends}

    assert ask_all() >= {200, 400, 404}

    def fail(ping: Any, *rest: Any, **named: Any) -> None:
        raise RuntimeError(f"{ping!r} by {ping.token} or {ping.key}")

    monkeypatch.setattr(pings, "take", fail)
    assert 500 in ask_all()
    said = written.getvalue()
    assert "/ping/<path:ping>" in said
    assert [part for part in secrets if part in said] == []


def test_no_log_holds_the_token_of_a_source_of_alerts(
    project: Project, alice: Any, now: datetime, written: StringIO
) -> None:
    _, secret = sources.create(project, name="am", actor=alice, now=now)
    for given in (f"Bearer {secret}", f"Bearer {secret}x", secret, f"Basic {b64encode(secret.encode()).decode()}"):
        for body in (b"{", b'{"alerts": [{"x": 1}]}'):
            Client().post("/in/alerts/web/", body, content_type="application/json", headers={"Authorization": given})
    assert secret not in written.getvalue()
    assert b64encode(secret.encode()).decode() not in written.getvalue()


def test_no_log_holds_a_token_however_it_is_sent(alice: Any, now: datetime, written: StringIO) -> None:
    token, secret = tokens.create(alice, name="t", scopes=["read"], now=now)
    tokens.revoke(token, actor=alice, now=now)
    for headers in ({"Authorization": f"Bearer {secret}"}, {"Cookie": f"obs-session={secret}"}, {"Referer": secret}):
        for path in ("/api/v1/projects/", "/api/0/", "/metrics", "/nowhere/", f"/api/v1/?token={secret}"):
            Client().get(path, headers=headers)
    assert secret.rpartition("_")[2] not in written.getvalue()


def test_a_line_names_the_route(written: StringIO) -> None:
    assert route_of("/share/abc/issues/") == "/share/<str:token>/issues/"
    assert route_of("/no/such/") == NO_ROUTE
    assert get_resolver().resolve("/share/abc/").route == "share/<str:token>/"
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "%s: %s", ("Not Found", "/x/"), None)
    assert RouteNames().filter(record)
    assert record.getMessage() == "Not Found: /x/"


def test_the_web_server_keeps_no_log_of_requests() -> None:
    assert "--access-log" not in processes.argv("web")
