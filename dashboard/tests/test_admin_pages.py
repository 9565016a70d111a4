"""The admin counts what it lists and leads from each row to the page of the product that shows it."""

import re
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from dashboard import admin_site
from dashboard.tests.things import things
from events.accounts import projects
from events.models import IngestKey, Project

PAGED = [model for model, shown in admin.site._registry.items() if getattr(shown, "page", "")]


def base(model: Any) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_rows_lead_to_their_pages_which_open(as_root: Client, alice: Any, project: Project, now: datetime) -> None:
    things(project, alice, now)
    IngestKey.objects.create(project=project)
    empty = []
    for model in PAGED:
        page = as_root.get(base(model)).content.decode()
        found = {unescape(url) for url in re.findall(r'<a href="(/p/[^"]+)">Open', page)}
        if not found:
            empty.append(model._meta.model_name)
        for url in sorted(found)[:1]:
            assert as_root.get(url).status_code in (200, 302), (model, url)
        row = model._default_manager.order_by("pk").first()
        if row is not None and found:
            assert "Open its page" in as_root.get(f"{base(model)}{row.pk}/change/").content.decode(), model
    assert set(empty) <= {"consentrecord", "silence"}


def test_a_row_of_a_deleted_project_leads_nowhere(as_root: Client, project: Project, now: datetime) -> None:
    IngestKey.objects.create(project=project)
    assert "/p/web/settings/" in as_root.get(base(IngestKey)).content.decode()
    Project.objects.update(deleted_at=now)
    assert "/p/web/settings/" not in as_root.get(base(IngestKey)).content.decode()


def test_the_index_counts_what_one_may_see(
    as_root: Client, alice: Any, project: Project, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        projects.create_key(project, label=f"key {number}", actor=alice, now=now)
    said = as_root.get("/admin/").content.decode()
    keys = re.search(r'ingestkey/">[^<]*</a></span><span class="count" aria-label="([^"]*) rows"', said)
    assert keys
    assert keys[1] == f"{IngestKey.objects.count()}"
    monkeypatch.setattr(admin_site, "MOST_COUNTED", 2)
    assert 'aria-label="2+ rows"' in as_root.get("/admin/").content.decode()
