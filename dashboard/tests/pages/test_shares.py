"""A share link shows three kinds of pages in one fixed filter, names nobody, writes nothing, and ends."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from dashboard.models import ShareLink
from dashboard.pages.share import links
from dashboard.tests import populated_performance
from dashboard.tests.pages.test_pages import POLICY, read
from dashboard.tests.populated import World, populate
from events.models import Activity, AuditEntry, Issue, Project
from events.tests import make

SUBPAGES = ("", "issues/", "charts/errors/", "charts/crash_free/", "charts/errors.json", "?wall=1")


@pytest.fixture
def world(project: Project, alice: Any) -> World:
    return populate(project, person=alice, now=timezone.now())


def share(project: Project, actor: Any, **changes: Any) -> tuple[ShareLink, str]:
    """The link and the address of its overview."""
    given = {"actor": actor, "name": "Report", "url": f"/p/{project.slug}/", "days": 7, "now": timezone.now()}
    link, path = links.create(project, **{**given, **changes})
    return link, "/".join(path.split("/")[:3]) + "/"


def test_a_link_is_made_shown_once_and_only_hashed(as_alice: Client, world: World) -> None:
    url = "/p/web/issues/?env=production&from=-7d&query=is%3Anew&page=3&evil=1"
    answer = as_alice.post("/p/web/shares/new/", {"name": "Report", "of": url, "days": "7"})
    assert answer["Cache-Control"] == "private, no-store"
    address = answer.context["address"]
    token = address.split("/share/")[1].split("/")[0]
    assert address.endswith(f"/share/{token}/issues/")
    link = ShareLink.objects.get()
    assert links.fixed(link) == {"env": "production", "from": "-7d", "query": "is:new"}
    assert token not in str(ShareLink.objects.values().get())
    assert token not in as_alice.get("/p/web/shares/").content.decode()
    assert not AuditEntry.objects.filter(detail__icontains=token).exists()


def test_whoever_has_it_reads_without_a_login(world: World, alice: Any) -> None:
    link, base = share(world.project, alice)
    for page in SUBPAGES:
        before = AuditEntry.objects.count()
        answer = Client().get(base + page)
        assert answer.status_code == 200, page
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert all(part in answer["Content-Security-Policy"] for part in POLICY)
        assert not answer.cookies
        assert AuditEntry.objects.count() == before + 1
        entry = AuditEntry.objects.latest("id")
        assert (entry.action, entry.actor, entry.object_id) == ("share.look", f"share:{link.pk}", str(link.pk))
        if not page.endswith(".json"):
            html = answer.content.decode()
            found = read(html)
            assert (found.refused, sorted(found.headings)) == ([], ["h1", "main"]), page
            assert 'name="robots" content="noindex' in html
            assert "/p/web/" not in html, page


def test_nobody_is_named(world: World, alice: Any, as_alice: Client) -> None:
    Issue.objects.filter(project=world.project).update(assigned_to=alice)
    Activity.objects.create(issue=world.issue, at=timezone.now(), actor=alice, action="comment", text="by alice")
    _, base = share(world.project, alice, url="/p/web/issues/?query=")
    for client in (Client(), as_alice):
        for page in SUBPAGES:
            body = client.get(base + page).content.decode().replace(base, "")  # the token is any letters
            assert "alice" not in body, page
            assert "u_" not in body.replace("u_count", ""), page


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written_through_it(world: World, alice: Any, as_alice: Client, method: str) -> None:
    _, base = share(world.project, alice)
    for client in (Client(), as_alice, Client(enforce_csrf_checks=True)):
        for page in SUBPAGES:
            assert getattr(client, method)(base + page, {"action": "resolve"}).status_code in (403, 405), page
    for inside in ("issues/bulk/", f"issues/{world.issue.pk}/", "settings/", "pulse.json", "charts/errors.csv"):
        assert Client().get(base + inside).status_code == 404


def test_dead_forged_and_foreign_links_are_nothing(world: World, alice: Any, as_alice: Client) -> None:
    link, base = share(world.project, alice)
    token = base.split("/")[2]
    body, _, signature = token.rpartition(".")
    flipped = ("A" if body[0] != "A" else "B") + body[1:]
    for forged in (flipped + "." + signature, body, body + ".", token + "A", "x", links._signer.sign("guess")):
        assert Client().get(f"/share/{forged}/").status_code == 404, forged
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())
    ended = [Client().get(base + page) for page in SUBPAGES]
    assert {answer.status_code for answer in ended} == {410}
    for answer in ended:
        html = answer.content.decode()
        assert "This link has ended" in html
        assert world.project.name not in html.replace("Web vitals", "")
        assert answer["Referrer-Policy"] == "no-referrer"
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() + timedelta(days=1))
    assert Client().get(base).status_code == 200
    before = AuditEntry.objects.count()
    as_alice.post(f"/p/web/shares/{link.pk}/revoke/")
    as_alice.post(f"/p/web/shares/{link.pk}/revoke/")
    assert AuditEntry.objects.filter(action="share.revoke", actor="alice").count() == 2
    assert AuditEntry.objects.count() == before + 2
    assert {Client().get(base + page).status_code for page in SUBPAGES} == {404}


def test_a_link_ends_with_the_right_of_its_maker(world: World, alice: Any) -> None:
    _, base = share(world.project, alice)
    alice.memberships.update(role="viewer")
    assert Client().get(base).status_code == 404
    alice.memberships.update(role="editor")
    assert Client().get(base).status_code == 200
    alice.is_active = False
    alice.save()
    assert Client().get(base).status_code == 404


def test_the_filter_cannot_be_changed_from_outside(world: World, alice: Any) -> None:
    _, base = share(world.project, alice, url="/p/web/issues/?query=level%3Afatal&env=production")
    plain = Client().get(base + "issues/")
    tampered = Client().get(base + "issues/?query=&env=staging&from=-90d&to=now&sort=users&issue=1&slug=other")
    assert plain.context["found"].total == 1
    assert tampered.context["query"] == plain.context["query"] == "level:fatal"
    assert [row.issue.pk for row in tampered.context["found"].rows] == [
        row.issue.pk for row in plain.context["found"].rows
    ]
    assert (tampered.context["state"].environment, tampered.context["state"].since) == ("production", "-24h")
    figure = Client().get(base + "charts/errors.json?env=nowhere&from=-90d").json()
    assert figure["sentence"] == Client().get(base + "charts/errors.json").json()["sentence"]
    assert "door" not in figure


def test_a_link_shows_its_own_project_only(world: World, alice: Any) -> None:
    other = Project.objects.create(slug="other", name="Other")
    foreign = make.issue(other, title="Foreign secret")
    _, base = share(world.project, alice)
    assert "Foreign secret" not in Client().get(base + "issues/").content.decode()
    with pytest.raises(ValidationError):
        share(world.project, alice, url="/p/other/")
    _, base = share(world.project, alice, url=f"/p/web/charts/issue_trend/?issue={foreign.pk}")
    assert Client().get(base + "charts/issue_trend/").status_code == 404
    _, base = share(world.project, alice, url=f"/p/web/charts/issue_trend/?issue={world.issue.pk}")
    assert Client().get(base + f"charts/issue_trend/?issue={foreign.pk}").status_code == 200


def test_a_chart_of_speed_is_shown_by_the_link_that_was_made_of_it(world: World, alice: Any) -> None:
    populated_performance.store(world.project, now=timezone.now())
    route = populated_performance.ROUTES[0]
    url = f"/p/web/charts/latency/?env=production&from=-7d&route={quote(route)}&chart=throughput"
    link, base = share(world.project, alice, url=url)
    assert links.fixed(link) == {"env": "production", "from": "-7d", "route": route, "chart": "latency"}
    assert "Duration" in Client().get(base + "charts/latency/").content.decode()
    figure = Client().get(base + "charts/latency.json?route=").json()
    assert figure["empty"] is False
    assert "door" not in figure
    for name in ("throughput", "log_volume", "security"):
        assert Client().get(base + f"charts/{name}.json").status_code == 404
    _, base = share(world.project, alice)
    assert Client().get(base + "charts/latency.json").status_code == 404


def test_a_card_offers_to_be_shared_to_those_who_may(world: World, as_alice: Client, as_bob: Client) -> None:
    populated_performance.store(world.project, now=timezone.now())
    offer = "/p/web/shares/?of=%2Fp%2Fweb%2Fcharts%2Fthroughput%2F"
    assert offer in as_alice.get("/p/web/performance/").content.decode()
    assert offer not in as_bob.get("/p/web/performance/").content.decode()
    assert "shares/?of=%2Fp%2Fweb%2Fcharts%2Flog" not in as_alice.get("/p/web/logs/").content.decode()


@pytest.mark.parametrize(
    "query",
    ["assigned:me", "assigned:alice", "user:u_1", "!user.email:a@b.c", "has:user", "is:bookmarked", "is:nonsense"],
)
def test_a_search_about_a_person_is_not_shared(project: Project, alice: Any, query: str) -> None:
    with pytest.raises(ValidationError):
        share(project, alice, url=f"/p/web/issues/?query={query}")
    assert not ShareLink.objects.exists()


def test_a_period_can_be_fixed_to_what_it_means_now(project: Project, alice: Any) -> None:
    now = timezone.now()
    link, _ = share(project, alice, url="/p/web/?from=-1h", is_period_fixed=True, now=now)
    later = links.state_of(link, now=now + timedelta(days=2))
    assert abs(later.end - now) < timedelta(seconds=2)
    assert later.length == timedelta(hours=1)


def test_viewers_share_nothing_and_links_have_an_end(project: Project, alice: Any, bob: Any) -> None:
    with pytest.raises(ValidationError):
        share(project, bob)
    with pytest.raises(ValidationError):
        share(project, alice, days=3650)
