"""Names of sites: one project's alone, and a way to its key."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from events.accounts import projects, sites
from events.models import AuditEntry, IngestKey, Project


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    sites.forget()


def test_a_name_leads_to_the_oldest_key_that_works(project: Project, key: IngestKey, now: Any) -> None:
    sites.add(project, " Shop.Example ", actor=None, now=now)
    assert sites.key_of("SHOP.example", now=now) == key.public_key
    successor = projects.rotate_key(key, actor=None, now=now)
    sites.forget()
    assert sites.key_of("shop.example", now=now + timedelta(days=8)) == successor.public_key
    assert sites.key_of("other.example", now=now) is None


def test_a_name_is_one_project_s(project: Project, now: Any) -> None:
    sites.add(project, "shop.example", actor=None, now=now)
    other = Project.objects.create(slug="other", name="Other")
    with pytest.raises(ValidationError, match="taken"):
        sites.add(other, "shop.example", actor=None, now=now)


@pytest.mark.parametrize("name", ["", "a b", "a,b", "x" * 254])
def test_what_is_no_name_is_refused(project: Project, now: Any, name: str) -> None:
    with pytest.raises(ValidationError):
        sites.add(project, name, actor=None, now=now)


def test_an_owner_adds_and_removes_names(as_alice: Client, project: Project, key: IngestKey, now: Any) -> None:
    url = reverse("dashboard:settings-change", args=["web"])
    as_alice.post(url, {"action": "site_add", "name": "shop.example"})
    assert "shop.example" in as_alice.get(reverse("dashboard:settings", args=["web"])).content.decode()
    assert sites.key_of("shop.example", now=now) == key.public_key
    as_alice.post(url, {"action": "site_remove", "site": project.site_names.get().pk})
    assert sites.key_of("shop.example", now=now) is None
    told = AuditEntry.objects.filter(action__startswith="site.").order_by("id")
    assert [entry.action for entry in told] == ["site.add", "site.remove"]
