"""What every answer carries, and what a form must bring."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import dashboard
from dashboard.tests.pages.test_pages import pages
from dashboard.tests.populated import populate
from dashboard.tests.test_every_route import HEALTH, PAGES, ROUTES, SENDING, Route
from events.accounts import tokens
from events.models import OutcomeCount
from events.tests.cast import KeptCast

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
OPEN_TO_ALL = ["/", "/login/", "/healthz", "/nowhere/", "/p/nowhere/", "/admin/login/", "/api/v1/projects/"]


@pytest.fixture(scope="module")
def kept_cast(walked_cast: KeptCast) -> KeptCast:
    return walked_cast


@pytest.mark.django_db
@pytest.mark.parametrize("path", OPEN_TO_ALL)
def test_every_answer_forbids_sniffing_framing_and_foreign_openers(client: Client, path: str) -> None:
    answer = client.get(path)
    assert {name: answer[name] for name in FIXED} == FIXED
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "Server" not in answer


@pytest.mark.django_db
@pytest.mark.parametrize("path", OPEN_TO_ALL)
def test_no_page_is_shared_with_other_origins(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("route", [r for r in ROUTES if r.name not in HEALTH | SENDING], ids=lambda route: route.name)
def test_nobody_keeps_an_answer(route: Route, here: dict[str, Any], as_alice: Client, alice: Any, now: Any) -> None:
    given = {**dict.fromkeys(route.parameters, "0" * 32), **here}
    _, secret = tokens.create(alice, name="t", scopes=tokens.SCOPES, now=now)
    headers = {"Authorization": f"Bearer {secret}"}
    url = route.url(given)
    asked = f"{url}?page=2&from=-7d"
    for send, address in ((as_alice.get, asked), (as_alice.post, url), (as_alice.head, url), (Client().get, asked)):
        assert send(address, headers=headers)["Cache-Control"] == "private, no-store", send


def test_nobody_keeps_the_admin_or_what_was_not_changed(as_alice: Client, project: Any) -> None:
    for path in ("/admin/", "/admin/jsi18n/", "/admin/events/project/", "/admin/login/", "/nowhere/", "/p/nowhere/"):
        assert as_alice.get(path)["Cache-Control"] == "private, no-store", path
    first = as_alice.get("/p/web/charts/errors.json")
    again = as_alice.get("/p/web/charts/errors.json", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again["Cache-Control"]) == (304, "private, no-store")


@pytest.mark.parametrize("route", [r for r in ROUTES if r.name in HEALTH | SENDING], ids=lambda route: route.name)
def test_answers_that_are_no_pages_are_taken_for_nothing_else(route: Route, project: Any, key: Any) -> None:
    given = {"project_id": project.pk, "key": key.public_key, "token": key.public_key}
    url = route.url({**dict.fromkeys(route.parameters, "x"), **given})
    for send in (Client().get, Client().post, Client().options):
        answer = send(url, query_params={"sentry_key": key.public_key})
        assert {name: answer.get(name) for name in FIXED} == FIXED, send
        assert "default-src 'none'" in answer["Content-Security-Policy"], send


@pytest.mark.parametrize("route", [r for r in ROUTES if r.name in SENDING], ids=lambda route: route.name)
def test_ingest_answers_to_no_other_host_name(route: Route, project: Any, key: Any) -> None:
    given = {"project_id": project.pk, "key": key.public_key, "token": key.public_key}
    url = route.url({**dict.fromkeys(route.parameters, "x"), **given})
    for send in (Client().get, Client().post, Client().options):
        for host in ("evil.example", "testserver.evil.example", "127.0.0.1.evil.example", "te st"):
            answer = send(url, query_params={"sentry_key": key.public_key}, headers={"Host": host})
            assert answer.status_code == 400, (send, host)
    assert not OutcomeCount.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["10.42.0.17:8000", "[fd00::17]:8000", "obs-web-7d4b9.pods.example", "evil.example"])
def test_a_probe_may_name_any_host(host: str) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = Client().get(path, headers={"Host": host})
        assert (answer.status_code != 400, answer["Cache-Control"]) == (True, "no-store"), path
    assert Client().get("/login/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_a_form_without_its_token_changes_nothing(route: Route, here: dict[str, Any], alice: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    given = {**dict.fromkeys(route.parameters, "0" * 32), **here}
    assert client.post(route.url(given), headers={"Origin": "https://evil.example"}).status_code in (403, 405)
    assert client.post(route.url(given)).status_code in (403, 405)


def test_cookies_are_closed_to_scripts_and_other_sites(client: Client, alice: Any) -> None:
    client.post(reverse("dashboard:login"), {"username": "alice", "password": "alice-password-1"})
    client.get("/")
    for name in (configured.SESSION_COOKIE_NAME, configured.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["httponly"], name
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")


def test_logging_out_ends_the_login_on_the_server(as_alice: Client) -> None:
    cookie = as_alice.cookies[configured.SESSION_COOKIE_NAME].value
    assert as_alice.post("/logout/").status_code == 302
    as_alice.cookies[configured.SESSION_COOKIE_NAME] = cookie
    assert as_alice.get("/").status_code == 302


def test_a_disabled_person_is_out_at_once(as_alice: Client, alice: Any) -> None:
    assert as_alice.get("/").status_code == 200
    alice.is_active = False
    alice.save()
    assert as_alice.get("/").status_code == 302


@pytest.mark.django_db
def test_another_host_name_is_not_answered(client: Client) -> None:
    assert client.get("/login/", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/login/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200


def test_a_fault_says_nothing_of_itself(alice: Any, monkeypatch: Any) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret detail of the inside")

    client = Client(raise_request_exception=False)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    monkeypatch.setattr("dashboard.frame.layout.draw", fail)
    answer = client.get("/account/")
    assert answer.status_code == 500
    assert "secret detail" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_logging_out_is_possible_from_every_page(as_alice: Client, alice: Any, project: Any) -> None:
    world = populate(project, person=alice, now=timezone.now())
    on_a_wall = "wall=1"  # which hangs where nobody sits
    for url in (page for page in (*pages(world), "/account/second-factor/") if on_a_wall not in page):
        assert 'action="/logout/"' in as_alice.get(url).content.decode(), url


def test_no_secret_is_asked_for_or_taken_in_an_address(alice: Any, project: Any, now: Any) -> None:
    asking = 0
    for template in Path(dashboard.__file__).parent.rglob("templates/**/*.html"):
        for form in re.findall(r"<form\b.*?</form>", template.read_text(), re.DOTALL):
            if 'type="password"' in form or "secret" in form or "token" in form:
                asking += 1
                assert 'method="post"' in form.split(">")[0], template
    assert asking > 5
    _, secret = tokens.create(alice, name="t", scopes=["read"], now=now)
    for name in ("token", "access_token", "auth_token", "authorization"):
        assert Client().get("/api/v1/projects/", {name: secret}).status_code == 401
