"""The settings page tells beside each switch what it wins and costs, and an owner's change reaches what is stored."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from dashboard.pages.project import privacy
from events.accounts import keys, projects
from events.endpoints.admission.buckets import buckets
from events.ingest import payloads
from events.models import AuditEntry, IngestKey, Membership, Occurrence, Project
from events.tests import intake
from events.tests.sentry_bodies import envelope

EVENT_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def _page(client: Client, project: Project) -> str:
    return unescape(client.get(reverse("dashboard:settings", args=[project.slug])).content.decode())


def test_every_switch_is_on_the_page_with_what_it_wins_and_costs(as_alice: Client, project: Project) -> None:
    assert {switch.field for switch in privacy.SWITCHES} == set(projects.SWITCHES)
    html = _page(as_alice, project)
    for switch in privacy.SWITCHES:
        for choice in switch.choices:
            assert choice.won in html
            assert choice.lost in html
    for name, value in (("local_variables", "names"), ("request_bodies", "off"), ("keeps_pictures", "off")):
        assert f'name="{name}" value="{value}" checked' in html


def test_a_size_of_small_groups_of_one_s_own_is_marked_and_stays(as_alice: Client, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(small_groups=25)
    html = _page(as_alice, project)
    assert 'name="small_groups" value="25" checked' in html
    assert "below 25 people" in html
    url = reverse("dashboard:settings-change", args=[project.slug])
    as_alice.post(url, {"action": "privacy", "small_groups": "25", "keeps_pictures": "on"})
    project.refresh_from_db()
    assert (project.small_groups, project.keeps_pictures) == (25, True)


def test_an_owner_says_what_is_kept_and_what_is_stored_follows(
    as_alice: Client, project: Project, key: IngestKey
) -> None:
    sent = {"event_id": EVENT_ID, "message": "x", "request": {"data": {"sku": "ABC-1", "first_name": "Aloysia"}}}
    url = reverse("dashboard:settings-change", args=[project.slug])
    form = {"action": "privacy", "request_bodies": "scrubbed", "keeps_machine_names": "on", "query_strings": "names"}
    assert "Senders follow" in as_alice.post(url, form, follow=True).content.decode()
    assert AuditEntry.objects.get(action="privacy.change").detail == {
        "request_bodies": "scrubbed", "keeps_machine_names": True, "query_strings": "names",
    }  # fmt: skip
    assert 'name="request_bodies" value="scrubbed" checked' in _page(as_alice, project)
    assert (
        intake.post(key, "envelope/", envelope(({"type": "event"}, sent | {"server_name": "web-1"}))).status_code == 200
    )
    intake.digested(project)
    stored = payloads.unpack(bytes(Occurrence.objects.get().payload))
    assert stored["request"]["data"] == {"sku": "ABC-1", "first_name": "[name]"}
    assert stored["server_name"] == "web-1"


def test_a_level_that_there_is_not_is_told_and_changes_nothing(as_alice: Client, project: Project) -> None:
    url = reverse("dashboard:settings-change", args=[project.slug])
    answer = as_alice.post(url, {"action": "privacy", "query_strings": "everything"}, follow=True)
    assert 'class="toast error"' in answer.content.decode()
    project.refresh_from_db()
    assert project.query_strings == "off"


def test_an_editor_reads_what_is_kept_and_cannot_change_it(project: Project) -> None:
    editor = get_user_model().objects.create_user("erin", password="a-long-password-1")
    Membership.objects.create(project=project, user=editor, role="editor")
    client = Client()
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    html = _page(client, project)
    assert "<b>names only</b>" in html
    assert 'name="local_variables"' not in html
    form = {"action": "privacy", "local_variables": "scrubbed"}
    assert client.post(reverse("dashboard:settings-change", args=[project.slug]), form).status_code == 403


def test_the_admin_tells_it_too(admin_client: Client, project: Project) -> None:
    html = unescape(admin_client.get(f"/admin/events/project/{project.pk}/change/").content.decode())
    for name in projects.SWITCHES:
        assert f'name="{name}"' in html
        help_text = Project._meta.get_field(name).help_text
        assert help_text
        assert help_text in html
