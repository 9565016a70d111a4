"""What people do on the pages reaches the rows, and is told back."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.samples import sample_error
from dashboard.tests.populated import World, populate
from events.digest import loop
from events.models import ApiToken, AuditEntry, IngestKey, Issue, Membership, Project


@pytest.fixture
def world(project: Project, alice: Any) -> World:
    return populate(project, person=alice, now=timezone.now())


def act(client: Client, world: World, **data: Any) -> str:
    url = reverse("dashboard:issue-action", args=[world.project.slug, world.issue.pk])
    html = client.post(url, data, follow=True).content.decode()
    world.issue.refresh_from_db()
    return html


def test_an_issue_is_resolved_in_the_next_release_and_reopened(as_alice: Client, world: World) -> None:
    assert "1 issue resolved." in act(as_alice, world, action="resolve_next")
    assert (world.issue.status, world.issue.resolved_in_next) == ("resolved", True)
    act(as_alice, world, action="unresolve")
    assert world.issue.status == "unresolved"


def test_an_issue_is_ignored_until_so_many_events(as_alice: Client, world: World) -> None:
    act(as_alice, world, action="ignore_until", events="10", window_minutes="5")
    assert (world.issue.status, world.issue.ignored_rate_events, world.issue.ignored_window_minutes) == (
        "ignored",
        10,
        5,
    )


@pytest.mark.parametrize(
    "data",
    [{"action": "nonsense"}, {"action": "assign", "to": "999999"}, {"action": "resolve_release", "release": "x"}, {}],
)
def test_what_makes_no_sense_is_told_and_changes_nothing(as_alice: Client, world: World, data: dict[str, str]) -> None:
    assert 'class="toast error"' in act(as_alice, world, **data)
    assert world.issue.status == "unresolved"


def test_issues_are_assigned_bookmarked_and_commented(as_alice: Client, world: World, alice: Any) -> None:
    act(as_alice, world, action="assign", to=str(alice.pk))
    act(as_alice, world, action="bookmark")
    html = act(as_alice, world, action="comment", text="Looks like <b>rounding</b>")
    assert world.issue.assigned_to == alice
    assert "★ Bookmarked" in html
    assert "Looks like &lt;b&gt;rounding" in html


def test_chosen_issues_are_merged_and_taken_apart(as_alice: Client, world: World) -> None:
    url = reverse("dashboard:issue-bulk", args=[world.project.slug])
    chosen = [world.issue.pk, world.hostile_issue.pk]
    as_alice.post(url, {"action": "merge", "issue": chosen, "next": "//evil.example/"})
    left = Issue.objects.get(pk__in=chosen)
    group = left.groups.order_by("pk").first()
    assert left.groups.count() == 2
    gone = next(pk for pk in chosen if pk != left.pk)
    assert as_alice.get(reverse("dashboard:issue", args=[world.project.slug, gone])).status_code == 302
    assert group
    as_alice.post(
        reverse("dashboard:issue-action", args=[world.project.slug, left.pk]), {"action": "unmerge", "group": group.pk}
    )
    assert Issue.objects.filter(pk__in=chosen).count() == 2


def test_a_deleted_issue_is_gone(as_alice: Client, world: World) -> None:
    as_alice.post(reverse("dashboard:issue-bulk", args=["web"]), {"action": "delete", "issue": [world.issue.pk]})
    assert as_alice.get(reverse("dashboard:issue", args=["web", world.issue.pk])).status_code == 404


def test_a_test_error_becomes_an_issue_by_the_way_of_every_event(
    as_alice: Client, project: Project, key: IngestKey
) -> None:
    as_alice.post(reverse("dashboard:setup-sample", args=["web"]))
    assert as_alice.get(reverse("dashboard:setup-state", args=["web"])).status_code == 204
    loop.run(now=timezone.now())
    assert as_alice.get(reverse("dashboard:setup-state", args=["web"])).status_code == 200
    issue = Issue.objects.get(project=project)
    html = as_alice.get(reverse("dashboard:issue", args=["web", issue.pk])).content.decode()
    assert "gateway.charge(total * rate)" in html
    assert sample_error.event(now=timezone.now())["exception"]


def test_keys_are_rotated_disabled_and_limited(as_alice: Client, project: Project, key: IngestKey) -> None:
    url = reverse("dashboard:settings-change", args=["web"])
    as_alice.post(url, {"action": "key_rotate", "key": key.pk})
    as_alice.post(
        url, {"action": "key_limits", "key": key.pk, "rate": "120", "origins": "shop.example, www.shop.example"}
    )
    as_alice.post(url, {"action": "key_disable", "key": key.pk})
    key.refresh_from_db()
    assert (key.is_active, key.rate_per_minute, key.allowed_origins) == (
        False,
        120,
        ["shop.example", "www.shop.example"],
    )
    assert key.expires_at
    assert project.keys.count() == 2


def test_people_come_change_and_go_but_an_owner_stays(as_alice: Client, project: Project, charlie: Any) -> None:
    url = reverse("dashboard:settings-change", args=["web"])
    as_alice.post(url, {"action": "member_role", "username": "charlie", "role": "editor"})
    assert Membership.objects.get(project=project, user=charlie).role == "editor"
    as_alice.post(url, {"action": "member_remove", "username": "charlie"})
    assert not Membership.objects.filter(project=project, user=charlie).exists()
    html = as_alice.post(url, {"action": "member_remove", "username": "alice"}, follow=True).content.decode()
    assert 'class="toast error"' in html


def test_a_token_is_shown_once_and_revoked(as_alice: Client, as_bob: Client, alice: Any) -> None:
    answer = as_alice.post(reverse("dashboard:token-create"), {"name": "ci", "scopes": ["read"], "days": "30"})
    shown = re.search(r'id="secret">(fobs_\w+)<', answer.content.decode())
    assert shown
    assert shown[1] not in as_alice.get(reverse("dashboard:account")).content.decode()
    token = ApiToken.objects.get(user=alice)
    revoke = reverse("dashboard:token-revoke", args=[token.pk])
    assert as_bob.post(revoke).status_code == 404
    as_alice.post(revoke)
    token.refresh_from_db()
    assert token.revoked_at


def test_each_look_and_each_change_leaves_one_entry(as_alice: Client, world: World) -> None:
    slug = world.project.slug
    before = AuditEntry.objects.count()
    as_alice.get(reverse("dashboard:issue", args=[slug, world.issue.pk]))
    as_alice.post(reverse("dashboard:issue-action", args=[slug, world.issue.pk]), {"action": "resolve"})
    as_alice.get(reverse("dashboard:chart-json", args=[slug, "errors"]))
    as_alice.get(reverse("dashboard:pulse", args=[slug]))
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))[before:]
    assert actions == ["issue.view", "issue.resolve", "chart.view"]


def test_a_chart_is_answered_by_304_when_nothing_changed(as_alice: Client, world: World) -> None:
    url = (
        reverse("dashboard:chart-json", args=["web", "issue_trend"])
        + f"?issue={world.issue.pk}&from=2026-01-01&to=2026-01-02"
    )
    first = as_alice.get(url)
    assert as_alice.get(url, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    assert as_alice.get(reverse("dashboard:chart-json", args=["web", "nothing"])).status_code == 404
    csv = as_alice.get(reverse("dashboard:chart-csv", args=["web", "errors"]))
    assert csv["Content-Disposition"] == 'attachment; filename="web-errors.csv"'
    assert csv.content.startswith(b"Time (UTC),")
