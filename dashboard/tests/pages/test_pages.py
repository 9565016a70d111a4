"""Every page opens for its people, escapes whatever was sent, and carries the policy."""

from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.charts.registry import CHARTS
from dashboard.frame import navigation
from dashboard.tests import hostile
from dashboard.tests.populated import World, populate
from events.models import Project

POLICY = ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'")

_FORMS = ("/", ".json", ".csv", "/table.json", "/table.parquet")  # of a chart


@pytest.fixture
def world(project: Project, alice: Any) -> World:
    return populate(project, person=alice, now=timezone.now())


def pages(world: World) -> list[str]:
    """Every page of a project that shows HTML."""
    slug, issue, event = world.project.slug, world.issue.pk, world.occurrence.event_id.hex
    named: list[tuple[str, list[Any]]] = [
        ("home", []),
        ("account", []),
        ("deleted-projects", []),
        ("docs", []),
        ("docs-page", ["alerts"]),
        ("docs-search", []),
        ("overview", [slug]),
        ("issue-list", [slug]),
        ("issue", [slug, issue]),
        ("issue", [slug, world.hostile_issue.pk]),
        ("issue-groups", [slug, issue]),
        ("issue-groups", [slug, world.hostile_issue.pk]),
        ("event", [slug, issue, event]),
        ("release-list", [slug]),
        ("release", [slug, world.release.version]),
        ("release", [slug, hostile.XSS[0] + "\n/x"]),
        ("feedback-list", [slug]),
        ("event-list", [slug]),
        ("api-calls", [slug]),
        ("trace-list", [slug]),
        ("logs", [slug]),
        ("log-patterns", [slug]),
        ("share-list", [slug]),
        ("board-list", [slug]),
        ("scorecard", [slug]),
        ("audit", [slug]),
        ("export-list", [slug]),
        ("scorecard-goals", [slug]),
        *(("board", [slug, board.pk]) for board in world.project.boards.all()),
        ("setup", [slug]),
        ("settings", [slug]),
        ("project-life", [slug]),
        ("alerts", [slug]),
        ("rule-list", [slug]),
        ("maintenance-list", [slug]),
        ("maintenance-new", [slug]),
        ("route-list", [slug]),
        ("route-new", [slug]),
        ("source-list", [slug]),
        ("slos", [slug]),
        ("slo-new", [slug]),
        ("person-list", [slug]),
        *(("person", [slug, person.uuid]) for person in world.project.persons.all()),
        ("group-list", [slug]),
        ("consent-list", [slug]),
        *(("group", [slug, group.pk]) for group in world.project.person_groups.all()),
        ("experiment-list", [slug]),
        ("experiment-new", [slug]),
        ("incident-list", [slug]),
        *(("incident", [slug, incident.pk]) for incident in world.project.incidents.all()),
        ("incident-new", [slug]),
        ("incident-policy", [slug]),
        ("status-page", [slug]),
        ("component-new", [slug]),
        ("notice-new", [slug]),
        ("probe-list", [slug]),
        ("probe-new", [slug, "http"]),
        ("chart", [slug, "errors"]),
        ("chart", [slug, "crash_free"]),
    ]
    addresses = [reverse(f"dashboard:{name}", args=args) for name, args in named]
    return [
        *addresses,
        reverse("dashboard:chart", args=[slug, "issue_trend"]) + f"?issue={issue}",
        reverse("dashboard:issue-list", args=[slug]) + "?query=is:nonsense&sort=trend&env=production&cmp=prev",
        reverse("dashboard:issue-list", args=[slug]) + "?query=zzz-nothing",
        reverse("dashboard:event-list", args=[slug]) + f"?issue={issue}&level=error&release=%3Cscript%3E&page=2",
        reverse("dashboard:overview", args=[slug]) + "?wall=1",
        *(reverse("dashboard:board", args=[slug, board.pk]) + "?edit=1" for board in world.project.boards.all()),
        reverse("dashboard:board-add", args=[slug]) + f"?of=/p/{slug}/charts/errors/",
        reverse("dashboard:issue-list", args=[slug]) + "?query=&from=%3Cscript%3E&to=x&env=%22%3E%3Cscript%3E",
        *(
            reverse("dashboard:setup", args=[slug]) + f"?sdk={sdk}"
            for sdk in ("django", "middleware", "node", "browser", "react", "script", "curl", "sentry-cli")
        ),
    ]


class Strict(HTMLParser):
    """Notes whatever the policy would refuse, and what a screen reader would miss."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.ids: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.refused.append(f"inline script {attrs}")
        if tag in ("style", "iframe", "object", "embed", "base", "font"):
            self.refused.append(tag)
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.refused.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction") and not (value or "").startswith(
                ("/", "#", "?", "https://", "http://")
            ):
                self.refused.append(f"{tag} {name}={value}")
        if tag == "img" and "alt" not in given:
            self.refused.append("img without alt")
        if "id" in given:
            self.ids.append(given["id"] or "")
        if tag in ("h1", "main"):
            self.headings.append(tag)


def read(html: str) -> Strict:
    parser = Strict()
    parser.feed(html)
    return parser


def test_every_page_opens_and_holds_nothing_the_policy_refuses(as_alice: Client, world: World) -> None:
    for url in pages(world):
        answer = as_alice.get(url)
        assert answer.status_code == 200, url
        found = read(answer.content.decode())
        assert found.refused == [], url
        assert sorted(found.headings) == ["h1", "main"], url
        assert len(found.ids) == len(set(found.ids)), url
        for needle in ("<script>alert", "onerror=alert(1)>", "<svg/onload", "<iframe", "<style>*"):
            assert needle not in answer.content.decode(), (url, needle)


@pytest.mark.parametrize("who", ["as_alice", "as_bob"])
def test_every_page_and_chart_of_a_project_without_anything_opens(
    request: pytest.FixtureRequest, project: Project, who: str
) -> None:
    client = request.getfixturevalue(who)
    now = timezone.now()
    # Its first event is long gone, so that no page shows how to set it up instead.
    Project.objects.filter(pk=project.pk).update(first_event_at=now)
    is_editor = who == "as_alice"
    shown = navigation.links(project.slug, section="", path="", query="", may_edit=is_editor, sees_system=False)
    charts = [f"/p/{project.slug}/charts/{name}" for name in CHARTS if not CHARTS[name].parameters]
    addresses = [link.url for link in shown] + [f"{chart}{end}" for chart in charts for end in _FORMS]
    assert len(addresses) > 30
    assert [(url, client.get(url).status_code) for url in addresses if client.get(url).status_code != 200] == []


def test_every_answer_carries_the_policy(as_alice: Client, world: World) -> None:
    for url in [*pages(world), "/login/", "/nowhere/", "/p/nowhere/"]:
        header = as_alice.get(url)["Content-Security-Policy"]
        assert all(part in header for part in POLICY), url
        assert "unsafe" not in header, url


def test_the_system_page_is_for_superusers(as_root: Client, as_alice: Client, world: World) -> None:
    assert as_alice.get("/system/").status_code == 404
    answer = as_root.get("/system/")
    assert answer.status_code == 200
    assert read(answer.content.decode()).refused == []
    assert "difference 0" in answer.content.decode()


def test_strangers_find_nothing_and_viewers_change_nothing(as_charlie: Client, as_bob: Client, world: World) -> None:
    slug = world.project.slug
    inside = [url for url in pages(world) if url.startswith(f"/p/{slug}/")]
    assert {as_charlie.get(url).status_code for url in inside} == {404}
    for name, args in (
        ("issue-bulk", [slug]),
        ("issue-action", [slug, world.issue.pk]),
        ("setup-sample", [slug]),
        ("settings-change", [slug]),
    ):
        url = reverse(f"dashboard:{name}", args=args)
        assert as_charlie.post(url).status_code == 404
        assert as_bob.post(url).status_code == 403
    for name in ("pulse", "setup-state"):
        assert as_charlie.get(reverse(f"dashboard:{name}", args=[slug])).status_code == 404
        assert Client().get(reverse(f"dashboard:{name}", args=[slug])).status_code == 401


def test_an_attachment_is_saved_and_never_shown(as_alice: Client, world: World) -> None:
    answer = as_alice.get(reverse("dashboard:attachment", args=[world.project.slug, world.attachment.attachment_id]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_search_error_points_at_its_place(as_alice: Client, world: World) -> None:
    html = as_alice.get(
        reverse("dashboard:issue-list", args=["web"]) + "?query=level:error+is:nonsense"
    ).content.decode()
    assert 'role="alert"' in html
    assert "character " in html


@pytest.mark.parametrize("name", ["overview", "issue-list", "release-list", "home"])
def test_the_number_of_queries_does_not_grow_with_rows(
    as_alice: Client, world: World, name: str, now: datetime, django_assert_max_num_queries: Any
) -> None:
    url = reverse(f"dashboard:{name}", args=[] if name == "home" else [world.project.slug])
    as_alice.get(url)
    with django_assert_max_num_queries(31) as first:
        as_alice.get(url)
    before = len(first)
    world.issue.pk = None
    for _ in range(5):
        world.issue.pk = None
        world.issue.save()
    with django_assert_max_num_queries(before):
        assert as_alice.get(url).status_code == 200


def test_a_wrong_password_is_told_and_a_right_one_is_recorded(client: Client, alice: Any) -> None:
    assert "alert" in client.post("/login/", {"username": "alice", "password": "wrong"}).content.decode()
    answer = client.post(
        "/login/", {"username": "alice", "password": "alice-password-1", "next": "https://evil.example/"}
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_guessing_locks_the_name_for_that_address(client: Client, alice: Any, bob: Any, settings: Any) -> None:
    answers = [client.post("/login/", {"username": "alice", "password": str(n)}) for n in range(6)]
    assert answers[-1].status_code in (403, 429)
    assert "Locked for a while" in answers[-1].content.decode()
    assert client.post("/login/", {"username": "bob", "password": "bob-password-1"}).status_code == 302


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", ""]
)
def test_the_theme_switch_leads_back_home_and_never_away(client: Client, wanted: str, db: None) -> None:
    answer = client.post("/theme/", {"theme": "dark", "next": wanted})
    assert answer["Location"] == "/"
    assert client.cookies["obs-theme"].value == "dark"
    assert 'data-theme="dark"' in client.get("/login/").content.decode()
