"""Flags by the API: what the pages do, under the same roles and limits."""

import json
from datetime import datetime
from typing import Any

from django.test import Client

from analytics.models import Flag
from analytics.tests.flags.make import filters, group, prop, stored
from events.accounts import tokens
from events.models import AuditEntry, Project

BASE = "/api/v1/projects/web/flags/"


def call(method: str, path: str, user: Any, now: datetime, body: Any = None, *, scopes: Any = tokens.SCOPES) -> Any:
    _, secret = tokens.create(user, name="api", scopes=scopes, now=now)
    data = "" if body is None else json.dumps(body)
    return Client().generic(method, path, data, "application/json", headers={"Authorization": f"Bearer {secret}"})


def test_a_flag_is_made_read_changed_and_has_a_history(project: Project, alice: Any, bob: Any, now: datetime) -> None:
    sent = {"key": "new", "is_active": True, "filters": filters(group(prop("plan", "pro"), rollout=50)), "note": "try"}
    assert call("POST", BASE, bob, now, sent).status_code == 403
    assert call("POST", BASE, alice, now, sent, scopes=["read"]).status_code == 403
    made = call("POST", BASE, alice, now, sent)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    one = f"{BASE}{made.json()['id']}/"
    assert call("GET", one, bob, now).json()["filters"]["groups"][0]["rollout_percentage"] == 50
    changed = call("PATCH", one, alice, now, {"is_active": False, "based_on": 1})
    assert (changed.json()["version"], changed.json()["is_active"]) == (2, False)
    assert changed.json()["filters"] == made.json()["filters"]
    late = call("PATCH", one, alice, now, {"is_active": True, "based_on": 1})
    assert late.status_code == 400
    assert "Version 2 was saved meanwhile" in late.json()["detail"]
    history = call("GET", f"{one}history/", bob, now).json()["results"]
    assert [(old["number"], old["by"], old["note"]) for old in history] == [(2, "alice", ""), (1, "alice", "try")]
    assert call("PATCH", one, bob, now, {"is_active": True}).status_code == 403
    assert AuditEntry.objects.filter(action="flag.update", actor="alice").count() == 1


def test_what_is_not_sound_is_a_400_that_says_why(project: Project, alice: Any, now: datetime) -> None:
    flag = stored(project, "f", group_type="company")
    for path, method, body, why in (
        (BASE, "POST", {"key": "a b"}, "a key"), (BASE, "POST", {"key": "f"}, "already"), (BASE, "POST", {}, "key"),
        (BASE, "POST", {"key": "g", "filters": {"groups": [group(rollout=101)]}}, "percentage"),
        (BASE, "POST", {"key": "g", "filters": []}, "filters"), (BASE, "POST", {"key": "g", "runtime": "x"}, "runtime"),
        (f"{BASE}{flag.pk}/", "PATCH", {"filters": {"groups": []}}, "conditions"),
    ):  # fmt: skip
        answer = call(method, path, alice, now, body)
        assert answer.status_code == 400, body
        assert why in answer.json()["detail"], answer.json()
    kept = call("PATCH", f"{BASE}{flag.pk}/", alice, now, {"description": "Per company"})
    assert kept.json()["filters"]["aggregation_group_type_index"] == 0


def test_the_list_goes_on_where_it_ended(project: Project, alice: Any, now: datetime) -> None:
    Flag.objects.bulk_create(Flag(project=project, key=f"f{number}", filters=filters()) for number in range(130))
    first = call("GET", BASE, alice, now).json()
    second = call("GET", f"{BASE}?cursor={first['next']}", alice, now).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (100, 30, None)
