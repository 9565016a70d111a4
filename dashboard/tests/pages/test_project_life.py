"""A project gets another name or other hands; deleted it is hidden, comes back within the grace, and then is erased."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from alerts.models import Rule
from alerts.rules import evaluation
from alerts.tests import make as make_alerts
from analytics.privacy import consenting
from dashboard.pages.reports import weekly
from dashboard.pages.share import links
from dashboard.tests.api.test_api import bearer
from dashboard.tests.things import things
from events.accounts import access, dsn, keys, project_erasing, project_life, projects, server_project
from events.consent import ledger
from events.facts import compaction, files
from events.models import (
    AuditEntry,
    ConsentRecord,
    FormerSlug,
    IngestKey,
    Issue,
    Membership,
    Project,
    RetiredSegment,
    Segment,
)

DAY = timedelta(days=1)
LIFE = "/p/web/settings/project/"


def counts(project: Project) -> dict[Any, int]:
    """How many rows each table has of the project."""
    found = project_erasing._tables()
    return {model: model._base_manager.filter(**{field: project.pk}).count() for model, field in found}


def rename(client: Client, name: str, slug: str, at: str = "web") -> Any:
    return client.post(f"/p/{at}/settings/project/rename/", {"name": name, "slug": slug})


def test_addresses_with_the_old_short_form_lead_on_and_dsns_stay(
    as_alice: Client, alice: Any, project: Project
) -> None:
    key = IngestKey.objects.create(project=project)
    before = dsn.of(key, base_url="http://x")
    assert rename(as_alice, "The shop", "shop")["Location"] == "/p/shop/settings/project/"
    moved = as_alice.get("/p/web/issues/?query=a%20b&from=-7d")
    assert moved["Location"] == "/p/shop/issues/?query=a%20b&from=-7d"
    assert as_alice.get("/api/v1/projects/web/", headers=bearer(alice)).json()["slug"] == "shop"
    key.refresh_from_db()
    assert dsn.of(key, base_url="http://x") == before
    entry = AuditEntry.objects.get(action="project.rename")
    assert (entry.project_id, entry.detail) == (project.pk, {"slug": "shop", "before": "web"})
    # Back again: the short form it has now leads nowhere else, and no chain is made.
    rename(as_alice, "Web", "web", at="shop")
    assert as_alice.get("/p/web/issues/").status_code == 200
    assert as_alice.get("/p/shop/issues/")["Location"] == "/p/web/issues/"
    assert list(FormerSlug.objects.values_list("slug", flat=True)) == ["shop"]


def test_a_former_short_form_tells_strangers_nothing_and_is_given_to_nobody(
    as_alice: Client, as_charlie: Client, alice: Any, now: datetime, project: Project
) -> None:
    rename(as_alice, "Shop", "shop")
    assert as_charlie.get("/p/web/issues/").status_code == 404
    with pytest.raises(Exception, match="already exists"):
        projects.create("web", "Other", owner=alice, now=now)
    assert projects.slug_for("Web") == "web-2"
    assert projects.named("web") == project  # as commands and a start find it


@pytest.mark.parametrize(
    ("name", "slug", "words"),
    [
        ("", "shop", "Write a name of 1 to 100 characters"),
        ("Shop", "My Shop!", "A short form has lower-case letters"),
        ("Shop", "other", "The short form “other” is taken."),
        ("x" * 101, "shop", "Write a name of 1 to 100 characters"),
    ],
)
def test_what_is_wrong_with_a_name_says_how_to_mend_it(
    as_alice: Client, project: Project, name: str, slug: str, words: str
) -> None:
    Project.objects.create(slug="other", name="Other")
    answer = rename(as_alice, name, slug)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    project.refresh_from_db()
    assert project.slug == "web"


def test_handing_over_makes_another_owner_and_lets_go(as_alice: Client, alice: Any, bob: Any, project: Project) -> None:
    where = f"{LIFE}hand-over/"
    assert "Choose somebody of the project" in as_alice.post(where, {"to": "nobody"}, follow=True).content.decode()
    as_alice.post(where, {"to": "bob", "stays_as": "viewer"})
    assert dict(Membership.objects.values_list("user__username", "role")) == {"alice": "viewer", "bob": "owner"}
    assert as_alice.get(LIFE).status_code == 403
    entry = AuditEntry.objects.get(action="project.hand_over")
    assert (entry.actor, entry.object_id, entry.detail) == ("alice", str(bob.pk), {"stays": "viewer"})


def test_deleting_needs_the_name_and_an_owner(as_alice: Client, as_bob: Client, project: Project) -> None:
    answer = as_alice.post(f"{LIFE}delete/", {"typed": "web"}, follow=True).content.decode()
    assert f"type the project&#x27;s name, {project.name}" in answer
    assert as_bob.post(f"{LIFE}delete/", {"typed": project.name}).status_code == 403
    own = server_project.server_project()
    Membership.objects.create(project=own, user=get_user_model().objects.get(username="alice"), role="owner")
    refused = as_alice.post("/p/obs/settings/project/delete/", {"typed": own.name}, follow=True).content.decode()
    assert "cannot be deleted" in refused
    assert not Project.objects.exclude(deleted_at=None).exists()


def test_a_deleted_project_is_hidden_takes_nothing_and_comes_back(
    as_alice: Client, as_bob: Client, as_charlie: Client, alice: Any, project: Project
) -> None:
    key, now = IngestKey.objects.create(project=project), timezone.now()
    made = make_alerts.ruled(project)
    Rule.objects.update(next_eval_at=now - DAY)
    monitor = make_alerts.monitor(project)
    link, address = links.create(project, actor=alice, name="x", url="/p/web/", days=7, now=now)
    token = address.split("/")[2]
    assert links.find(token, now=now) == link
    Membership.objects.update(gets_weekly_report=True)
    page = as_alice.post(f"{LIFE}delete/", {"typed": f" {project.name} "}, follow=True).content.decode()
    assert "Bring back" in page
    project.refresh_from_db()
    for client in (as_alice, as_bob):
        assert client.get("/p/web/").status_code == 404
    assert as_alice.get("/api/v1/projects/web/", headers=bearer(alice)).status_code == 404
    found = keys.find(project.pk, key.public_key)
    assert found is not None
    assert not found.is_usable(now=now)
    assert not evaluation.due(now).exists()
    assert links.find(token, now=now) is None
    monday = datetime(2026, 11, 30, 8, tzinfo=now.tzinfo)
    assert not weekly.due(now=monday).exists()
    back = f"/projects/deleted/{project.pk}/restore/"
    assert [client.post(back).status_code for client in (as_bob, as_charlie)] == [404, 404]
    as_alice.post(back)
    assert as_alice.get("/p/web/settings/").status_code == 200
    assert keys.find(project.pk, key.public_key).is_usable(now=now)  # type: ignore[union-attr]
    assert evaluation.due(now).count() == len({made["rule_id"].pk})
    assert links.find(token, now=now) == link
    assert monitor.project == project
    actions = set(AuditEntry.objects.filter(project_id=project.pk).values_list("action", flat=True))
    assert {"project.delete", "project.restore"} <= actions


def test_after_the_grace_nothing_is_left_but_the_number_and_a_receipt(
    as_alice: Client, as_charlie: Client, alice: Any, project: Project
) -> None:
    now = timezone.now()
    other = Project.objects.create(slug="other", name="Other")
    Membership.objects.create(project=other, user=alice, role="owner")
    for one in (project, other):
        things(one, alice, now)
    key = IngestKey.objects.create(project=project)
    keys.find(project.pk, key.public_key)
    noted = keys._file(key.public_key)
    assert noted.exists()
    kept = counts(other)
    project_life.delete(project, typed=project.name, actor=alice, now=now)
    assert project_erasing.tick(now=now + 29 * DAY) == 0
    assert Issue.objects.filter(project=project).exists()
    over = now + 31 * DAY
    assert project_erasing.tick(now=over) == 1
    assert not any(counts(project).values()), counts(project)
    assert not Segment.objects.filter(project_id=project.pk).exists()
    paths = list(RetiredSegment.objects.values_list("path", flat=True))
    compaction.sweep(now=over + DAY)
    assert paths
    assert not [path for path in paths if Path(files.root().url(path)).exists()]
    assert not noted.exists()
    assert counts(other) == kept
    project.refresh_from_db()
    assert (project.name, project.slug.startswith(f"erased-{project.pk}-")) == ("", True)
    answer = as_alice.get(f"/projects/deleted/{project.pk}/receipt.json")
    receipt = json.loads(answer.content)
    assert receipt["slug"] == "web"
    assert receipt["erased"]["issue"] >= 1
    assert receipt["erased"]["segments"] >= 1
    assert project_erasing.is_genuine(receipt)
    assert not project_erasing.is_genuine({**receipt, "slug": "shop"})
    assert as_charlie.get(f"/projects/deleted/{project.pk}/receipt.json").status_code == 404
    assert as_alice.post(f"/projects/deleted/{project.pk}/restore/", follow=True).status_code == 200
    assert access.visible_projects(alice).filter(pk=project.pk).count() == 0
    assert project_erasing.tick(now=over) == 0
    entries = AuditEntry.objects.filter(project_id=project.pk, action__startswith="project.erase")
    assert sorted(entries.values_list("action", flat=True)) == ["project.erase", "project.erase.begin"]


def test_whom_consent_was_of_is_forgotten_and_the_chain_holds(alice: Any, project: Project, now: datetime) -> None:
    project.analytics = "consent"
    project.save()
    consenting.give(project, "ada", source="api", at=now, now=now)
    assert ConsentRecord.objects.exclude(visitor=None).exists()
    project_life.delete(project, typed=project.name, actor=alice, now=now)
    project_erasing.tick(now=now + 31 * DAY)
    assert set(ConsentRecord.objects.values_list("visitor", "nonce")) == {(None, None)}
    assert ledger.verify(project).is_whole
