"""Alive, ready, counted."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from events.accounts import audit
from events.models import OutcomeCount, Project
from formaos_obs import health

FINE = health.Reading(database=True, redis=True, inbox_items=0, inbox_age=0.0, spool_bytes=0, beat_age=3.0)


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        ({}, None),
        ({"database": False, "inbox_items": None, "inbox_age": None}, "database"),
        ({"redis": False, "beat_age": None}, "redis"),
        ({"inbox_age": 60.0}, None),
        ({"inbox_age": 61.0}, "inbox"),
        ({"spool_bytes": 901}, "spool"),
        ({"beat_age": None}, "beat"),
        ({"beat_age": 31.0}, "beat"),
    ],
)
def test_it_judges(change: dict[str, Any], subject: str | None) -> None:
    reading = health.Reading(**{**{name: getattr(FINE, name) for name in FINE.__slots__}, **change})
    assert set(health.judge(reading, inbox_max_age=60, spool_max_bytes=1000)) == ({subject} if subject else set())


def test_healthz_needs_nothing(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_readyz_gives_reasons_until_beat_is_heard(client: Client, clean_redis: redis.Redis) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reasons": {"beat": "no heartbeat yet"}})
    health.beat(now=timezone.now())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": {}})


@pytest.mark.django_db
def test_readyz_says_when_redis_is_away(client: Client, settings: Any) -> None:
    settings.CACHES = {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere"}}
    assert client.get("/readyz").json()["reasons"] == {"redis": "Redis does not answer"}


@pytest.mark.django_db
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer ", "bearer"])
def test_metrics_refuses_without_its_token(client: Client, header: str | None) -> None:
    answer = client.get("/metrics", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert b"obs_" not in answer.content


@pytest.mark.django_db
def test_metrics_counts_records_by_outcome(client: Client, project: Project, now: datetime) -> None:
    for slot in (1, 2):
        OutcomeCount.objects.create(
            project=project, hour=now, category="error", outcome="filtered", reason='odd "one"', slot=slot, quantity=3
        )
    headers = {"Authorization": f"Bearer {django_settings.OBS_METRICS_TOKEN}"}
    lines = client.get("/metrics", headers=headers).content.decode().splitlines()
    assert 'obs_records_total{category="error",outcome="filtered",reason="odd \\"one\\""} 6' in lines
    assert "# TYPE obs_records_total counter" in lines
    assert "obs_dead_letters 0" in lines


@pytest.mark.django_db
def test_metrics_carry_the_head_of_the_audit_trail(client: Client, now: datetime) -> None:
    entry = audit.record("test", actor=None, now=now)
    headers = {"Authorization": f"Bearer {django_settings.OBS_METRICS_TOKEN}"}
    lines = client.get("/metrics", headers=headers).content.decode().splitlines()
    assert f"obs_audit_head {entry.pk}" in lines
    assert f"obs_audit_head_mac {int(bytes(entry.mac).hex()[:12], 16)}" in lines


@pytest.mark.django_db
def test_an_old_heartbeat_is_told_by_its_age(clean_redis: redis.Redis) -> None:
    now = timezone.now()
    health.beat(now=now - timedelta(seconds=40))
    assert health.read(now=now).beat_age == pytest.approx(40, abs=0.01)
