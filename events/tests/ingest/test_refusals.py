"""What was refused at the doors becomes security facts, bounded whoever refuses to stop."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from events.accounts import keys, tokens
from events.accounts.server_project import server_project
from events.digest import loop
from events.endpoints.admission.buckets import buckets
from events.ingest import host, refusals
from events.models import InboxItem, IngestKey, Project
from events.tests.intake import facts, post

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def fresh(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]
    refusals.buffer.__init__()  # type: ignore[misc]


def flushed() -> int:
    """How many rows a minute later go through to the facts."""
    rows = refusals.buffer.flush(now=timezone.now() + MINUTE)
    assert loop.run(now=timezone.now()).failed == 0
    return rows


def test_refused_keys_are_counted_by_minute_and_network(project: Project, key: IngestKey) -> None:
    url = f"/api/{project.pk}/vitals/?sentry_key={'ab' * 16}"
    for _ in range(5):
        assert Client(REMOTE_ADDR="203.0.113.77").generic("POST", url, b"{}").status_code == 403
    flushed()
    rows = facts(project, "security")
    assert sum(row["quantity"] for row in rows) == 5
    assert {(row["kind"], row["reason"], row["address"]) for row in rows} == {
        ("key_refused", "unknown_key", "203.0.113.0"),
    }  # fmt: skip


def test_a_key_for_a_project_that_is_none_concerns_the_server(db: None) -> None:
    assert Client().generic("POST", f"/api/4711/vitals/?sentry_key={'ab' * 16}", b"{}").status_code == 403
    flushed()
    (row,) = facts(server_project(), "security")
    assert (row["kind"], row["quantity"]) == ("key_refused", 1)


def test_a_rate_limit_that_is_hit_is_a_fact(project: Project, key: IngestKey) -> None:
    IngestKey.objects.filter(pk=key.pk).update(rate_per_minute=1)
    statuses = [post(key, "vitals/", b"[]").status_code for _ in range(40)]
    assert 429 in statuses
    flushed()
    rows = [row for row in facts(project, "security") if row["kind"] == "rate_limited"]
    assert sum(row["quantity"] for row in rows) == statuses.count(429)


def test_a_guessed_login_is_a_fact(alice: Any) -> None:
    sent = {"username": "alice", "password": "guess"}
    Client(REMOTE_ADDR="198.51.100.9").post("/login/", sent)
    flushed()
    (row,) = facts(server_project(), "security")
    assert (row["kind"], row["address"], row["quantity"]) == ("login_failed", "198.51.100.0", 1)
    assert "alice" not in str(row)


def test_a_call_beyond_its_scope_is_a_fact(project: Project, alice: Any) -> None:
    _, secret = tokens.create(alice, name="t", scopes=["releases"], project=project, now=timezone.now())
    answer = Client().get("/api/v1/projects/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 403
    flushed()
    (row,) = facts(project, "security")
    assert (row["kind"], row["reason"]) == ("scope_refused", "read")


def test_a_flood_of_different_addresses_stays_bounded(now: datetime, db: None) -> None:
    for number in range(3 * refusals.MOST):
        address = f"10.{number // 250}.{number % 250}.1"
        refusals.note("key_refused", now=now, project_id=number, reason="unknown_key", address=address)
    assert refusals.buffer.flush(now=now) == 0  # the minute is not over
    assert refusals.buffer.flush(now=now + MINUTE) == refusals.MOST + 1
    assert InboxItem.objects.count() == 1
    loop.run(now=timezone.now())
    assert sum(row["quantity"] for row in facts(server_project(), "security")) == 3 * refusals.MOST


def test_the_host_is_read_into_the_server_s_own_project(db: None) -> None:
    now = timezone.now()
    assert host.sample_host(now=now) >= 10
    assert loop.run(now=now).failed == 0
    rows = {row["name"]: row for row in facts(server_project(), "metrics")}
    assert {"system.cpu.utilization", "system.memory.usage", "system.cpu.load_average.1m", "process.count"} <= set(rows)
    assert all(row["host"] for row in rows.values())
    assert 0 <= rows["system.memory.utilization"]["value"] <= 1


def test_the_guard_is_the_one_that_axes_asks() -> None:
    assert django_settings.AXES_HANDLER == "events.endpoints.login_guard.LoginGuard"
