"""Holes that products of this kind had in their pages, each tried here under its name."""

import uuid
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from alerts.models import Channel
from alerts.tests import make as make_alerts
from dashboard.pages.share import links
from dashboard.tests import hostile
from dashboard.tests.pages.test_pages import pages, read
from dashboard.tests.populated import World, populate
from dashboard.tests.test_every_route import ROUTES, Route
from dashboard.tests.things import things
from events.accounts import invitations, tokens
from events.models import Issue, Membership, Project
from events.tests import make

NEEDLES = ("<script>alert", "<img src=x", "<svg/onload", "<iframe", "<style>*", "<a href='javascript:")


@pytest.fixture
def world(project: Project, alice: Any) -> World:
    return populate(project, person=alice, now=timezone.now())


@pytest.fixture
def other(charlie: Any) -> Project:
    """A project of Charlie's."""
    made = Project.objects.create(slug="other", name="Other")
    made.memberships.create(user=charlie, role=Membership.Role.OWNER)
    return made


def test_cve_2026_27614_stored_xss(as_alice: Client, world: World) -> None:
    """Bugsink: the fallback of a highlighter printed source lines as they came."""
    for issue in Issue.objects.filter(project=world.project):
        for url in (f"/p/web/issues/{issue.pk}/", f"/p/web/issues/{issue.pk}/groups/"):
            html = as_alice.get(url).content.decode()
            assert read(html).refused == [], url
            assert not [needle for needle in NEEDLES if needle in html], url


@pytest.mark.parametrize("text", hostile.XSS)
def test_cve_2024_41656_stored_xss_by_an_integration(as_alice: Client, project: Project, text: str) -> None:
    """Sentry: the name somebody gave to an integration ran in the pages of others."""
    channel = make_alerts.channel(project, name=text[:60])
    project.name = text[:100]
    project.save()
    for url in ("/", "/p/web/", "/p/web/alerts/", f"/p/web/alerts/channels/{channel.pk}/", "/p/web/settings/"):
        html = as_alice.get(url).content.decode()
        assert read(html).refused == [], url
        assert not [needle for needle in NEEDLES if needle in html], url


def test_ghsa_g5vc_issue_of_another_project(as_alice: Client, project: Project, other: Project) -> None:
    """Bugsink: an issue of another project answered under the own one's address."""
    foreign = make.issue(other)
    own = make.issue(project)
    occurrence = make.occurrence(foreign.groups.all()[0])
    for tail in ("", "groups/", f"events/{occurrence.event_id.hex}/", f"events/{occurrence.event_id.hex}/json/"):
        assert as_alice.get(f"/p/web/issues/{foreign.pk}/{tail}").status_code == 404
    assert as_alice.get(f"/p/web/issues/{own.pk}/events/{occurrence.event_id.hex}/").status_code == 404


@pytest.mark.parametrize("action", ["resolve", "ignore", "delete", "merge"])
def test_ghsa_vx2f_foreign_ids_in_a_body(as_alice: Client, project: Project, other: Project, action: str) -> None:
    """Bugsink: a bulk change took the numbers in its body for granted."""
    foreign, own = make.issue(other), make.issue(project)
    as_alice.post("/p/web/issues/bulk/", {"action": action, "issue": [foreign.pk, own.pk]})
    kept = Issue.objects.get(pk=foreign.pk)
    assert (kept.status, kept.project_id, kept.groups.count()) == (foreign.status, other.pk, 1)


@pytest.mark.parametrize("change", ["delete", "disable", "edit", "test"])
def test_cve_2024_45605_deleting_anothers_alert(
    as_alice: Client, as_bob: Client, project: Project, other: Project, change: str
) -> None:
    """Sentry: any member deleted the alerts of others."""
    foreign, own = make_alerts.channel(other), make_alerts.channel(project)
    assert as_alice.post(f"/p/web/alerts/channels/{foreign.pk}/{change}/").status_code == 404
    assert as_alice.post(f"/p/other/alerts/channels/{foreign.pk}/{change}/").status_code == 404
    assert as_bob.post(f"/p/web/alerts/channels/{own.pk}/{change}/").status_code == 403
    assert Channel.objects.filter(is_enabled=True).count() == 2


@pytest.mark.parametrize("name", ["issue-action", "channel-delete", "settings-change", "share-revoke"])
def test_cve_2026_21721_the_permission_looks_at_the_object(
    as_alice: Client, alice: Any, charlie: Any, other: Project, now: Any, name: str
) -> None:
    """Grafana: a right on one dashboard was taken for a right on all."""
    [route] = [route for route in ROUTES if route.name == name]
    given = things(other, charlie, now, names=route.parameters)
    assert as_alice.post(route.url(given)).status_code == 404


def test_cve_2023_44400_sessions_after_a_password_change(as_alice: Client, alice: Any) -> None:
    """Uptime Kuma: whoever was logged in stayed so after the password was changed."""
    thief = Client()
    thief.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert thief.get("/").status_code == 200
    new = "a-long-new-passphrase"
    as_alice.post(
        "/account/password/", {"old_password": "alice-password-1", "new_password1": new, "new_password2": new}
    )
    assert as_alice.get("/").status_code == 200
    assert thief.get("/").status_code == 302


@pytest.mark.parametrize("token", [":key", ":token", "*", "undefined", "null", "0", "%3Akey", "{token}"])
def test_cve_2021_39226_literal_key_routes(world: World, alice: Any, token: str) -> None:
    """Grafana: the placeholder of a route, sent as it stands, answered with the oldest snapshot, and deleted it."""
    links.create(world.project, actor=alice, name="r", url="/p/web/", days=7, now=timezone.now())
    for tail in ("", "issues/", "charts/errors/"):
        for send in (Client().get, Client().post, Client().delete):
            assert send(f"/share/{token}/{tail}").status_code in (404, 405)
    assert world.project.share_links.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize("route", [route for route in ROUTES if route.name.startswith("share-")], ids=lambda r: r.name)
def test_ghsa_8www_a_share_link_writes_nothing(world: World, alice: Any, as_alice: Client, route: Route) -> None:
    """Umami: a link for looking could reset the data."""
    _, path = links.create(world.project, actor=alice, name="r", url="/p/web/", days=7, now=timezone.now())
    token = path.split("/")[2]
    if "token" in route.parameters:
        given = {"token": token, "name": "errors"}
        for method in ("post", "put", "patch", "delete"):
            assert getattr(Client(), method)(route.url(given)).status_code in (403, 405)
    else:  # what makes and ends links takes a login, which a link is not
        given = {"slug": "web", "share_id": 1}
        assert Client(headers={"Authorization": f"Bearer {token}"}).post(route.url(given)).status_code in (401, 405)


@pytest.mark.parametrize(
    "where", ["//evil.example", "/\\evil.example", "/\t/evil.example", "/%09/evil.example/..", "https:evil.example"]
)
def test_cve_2025_4123_traversal_and_open_redirect(client: Client, alice: Any, where: str) -> None:
    """Grafana: a path led out of the house, and from there into its pages."""
    for address in ("/login/", "/theme/"):
        given = {"username": "alice", "password": "alice-password-1", "theme": "dark", "next": where}
        location = Client().post(address, given)["Location"]
        assert location == "/" or (location.startswith("/%09/") and not location.startswith("//")), address


@pytest.mark.parametrize(
    "path", ["../manage.py", "..%2f..%2fmanage.py", "dashboard/../../../manage.py", "%2e%2e/manage.py"]
)
def test_ghsa_5px6_path_traversal(as_alice: Client, path: str, project: Project) -> None:
    """Uptime Kuma: a path with dots left the folder of static files."""
    for base in ("/static/", "/p/web/attachments/", "/api/0/"):
        assert as_alice.get(base + path).status_code in (400, 401, 404)
    assert finders.find("dashboard/obs.css")


def test_cve_2026_8467_no_route_of_a_tool_for_developers() -> None:
    """Plausible: a tool for developers, left in production, ran code for whoever asked."""
    assert configured.DEBUG is False
    tools = {"debug_toolbar", "silk", "django_extensions", "django_browser_reload", "storybook", "werkzeug_debugger"}
    assert not tools & set(configured.INSTALLED_APPS)
    words = ("storybook", "__debug__", "silk", "__reload__", "playground", "graphiql", "swagger-ui", "console")
    assert not [route.path for route in ROUTES if any(word in route.path.lower() for word in words)]
    assert not get_resolver().namespace_dict.keys() & {"djdt", "silk"}
    for path in ("/__debug__/", "/storybook/", "/silk/", "/.env", "/.git/config", "/var/secret_key"):
        assert Client().get(path).status_code == 404


def test_drf_browsable_api_is_off(alice: Any, project: Project) -> None:
    """Django REST framework: its pages for browsing had an XSS; they are not served."""
    _, secret = tokens.create(alice, name="t", scopes=["read"], now=timezone.now())
    for path in ("/api/v1/projects/", f"/api/v1/projects/<img src=x>{uuid.uuid4().hex}/"):
        answer = Client().get(path, headers={"Authorization": f"Bearer {secret}", "Accept": "text/html,*/*;q=0.1"})
        assert answer["Content-Type"] == "application/json"


def test_every_page_is_among_those_the_corpus_was_shown_on(world: World) -> None:
    """The hostile issues are on the pages that the walk of test_pages.py and of the browser reads."""
    assert f"/p/web/issues/{world.hostile_issue.pk}/" in pages(world)


def test_cve_2022_23485_one_invitation_for_many(alice: Any, project: Project) -> None:
    """Sentry: with a changed cookie one invitation made any number of members."""
    _, token = invitations.create(project, "viewer", actor=alice, now=timezone.now())
    statuses = []
    for name in ("first", "second", "third"):
        client = Client()
        client.cookies["pending-invite"] = f"/join/{token}/"
        typed = {"username": name, "password": "correct-horse-battery"}
        statuses.append(client.post(f"/join/{token}/", typed).status_code)
    assert statuses == [302, 404, 404]
    assert Membership.objects.filter(project=project, role="viewer", user__username="first").count() == 1
    assert not Membership.objects.filter(user__username__in=["second", "third"]).exists()
