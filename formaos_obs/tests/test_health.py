"""Alive, ready, counted."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from events.accounts import audit, tokens
from events.models import AuditEntry, OutcomeCount, Project
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
        ({"outbox_age": 9999.0, "look_age": 9999.0}, None),
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


def scraped(client: Client, accept: str = "") -> dict[str, Any]:
    """The families of an answer by name, read by a parser of its format."""
    headers = {"Authorization": f"Bearer {django_settings.OBS_METRICS_TOKEN}"}
    answer = client.get("/metrics", headers=headers | ({"Accept": accept} if accept else {}))
    assert answer.status_code == 200
    is_open = answer.headers["Content-Type"].startswith("application/openmetrics-text")
    read = openmetrics_parser if is_open else parser
    return {family.name: family for family in read.text_string_to_metric_families(answer.content.decode())}


def value(family: Any, **labels: str) -> float:
    return next(sample.value for sample in family.samples if sample.labels == labels)


PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)  # as Prometheus 3 asks


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["", "text/html,*/*", PROMETHEUS, "text/plain;version=1.0.0"])
def test_metrics_counts_records_by_outcome(client: Client, project: Project, now: datetime, accept: str) -> None:
    for slot in (1, 2):
        OutcomeCount.objects.create(
            project=project,
            hour=now,
            category="error",
            outcome="filtered",
            reason='odd "one"\\\n',
            slot=slot,
            quantity=3,
        )
    families = scraped(client, accept)
    records = families["obs_records"]
    assert (records.type, [sample.name for sample in records.samples]) == ("counter", ["obs_records_total"])
    assert value(records, category="error", outcome="filtered", reason='odd "one"\\\n') == 6
    assert value(families["obs_dead_letters"]) == 0
    assert families.keys() >= {
        "obs_ready", "obs_inbox_items", "obs_inbox_oldest_seconds", "obs_spool_bytes", "obs_beat_age_seconds",
        "obs_disk_free_bytes", "obs_segment_rows", "obs_segment_bytes", "obs_segment_files", "obs_notifications",
        "obs_audit_head", "obs_audit_head_mac", "obs_scrape_seconds",
    }  # fmt: skip
    [version] = (family for name, family in families.items() if name in ("obs", "obs_info"))
    assert [(sample.name, sample.labels) for sample in version.samples] == [
        ("obs_info", {"version": django_settings.OBS_VERSION})
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/json", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("application/openmetrics-text;version=0.0.1", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text;version=one", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=1.x", "text/plain; version=0.0.4; charset=utf-8"),
        (PROMETHEUS, "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"),
    ],
)
def test_metrics_speak_the_format_that_is_asked_for(client: Client, accept: str, content_type: str) -> None:
    headers = {"Authorization": f"Bearer {django_settings.OBS_METRICS_TOKEN}", "Accept": accept}
    answer = client.get("/metrics", headers=headers)
    assert answer.headers["Content-Type"] == content_type
    assert answer.content.endswith(b"# EOF\n") == content_type.startswith("application/openmetrics-text")


@pytest.mark.django_db
def test_metrics_leave_out_what_cannot_be_read(client: Client, settings: Any) -> None:
    settings.CACHES = {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere"}}
    families = scraped(client)
    assert families["obs_beat_age_seconds"].samples == []
    assert value(families["obs_ready"]) == 0


@pytest.mark.django_db
def test_metrics_carry_the_head_of_the_audit_trail(client: Client, now: datetime) -> None:
    entry = audit.record("test", actor=None, now=now)
    families = scraped(client)
    assert value(families["obs_audit_head"]) == entry.pk
    assert value(families["obs_audit_head_mac"]) == int(bytes(entry.mac).hex()[:12], 16)


@pytest.mark.django_db
def test_an_old_heartbeat_is_told_by_its_age(clean_redis: redis.Redis) -> None:
    now = timezone.now()
    health.beat(now=now - timedelta(seconds=40))
    assert health.read(now=now).beat_age == pytest.approx(40, abs=0.01)


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({}, "pass", None),
        ({"outbox_age": 301.0}, "warn", "outbox"),
        ({"look_age": 61.0}, "warn", "looks"),
        ({"look_age": 61.0, "inbox_age": 61.0}, "fail", "inbox"),
    ],
)
def test_the_whole_is_as_well_as_its_worst_part(change: dict[str, Any], status: str, part: str | None) -> None:
    reading = health.Reading(**{**{name: getattr(FINE, name) for name in FINE.__slots__}, **change})
    parts = health.components(reading, inbox_max_age=60, spool_max_bytes=1000)
    whole, terse = (health.document(parts, is_whole=is_whole) for is_whole in (True, False))
    assert whole["status"] == status
    assert terse == {"status": "fail" if status == "fail" else "pass"}
    assert {name for name, [one] in whole["checks"].items() if one["status"] == status} >= ({part} if part else set())


@pytest.mark.django_db
def test_operators_see_the_parts_and_others_one_word(
    client: Client, alice: Any, project: Project, clean_redis: redis.Redis, now: datetime
) -> None:
    def asked(**headers: str) -> Any:
        return client.get("/api/health/", headers=headers)

    assert (asked().status_code, asked().json()) == (503, {"status": "fail"})
    health.beat(now=timezone.now())
    assert (asked().status_code, asked().json()) == (200, {"status": "pass"})
    assert asked()["Content-Type"] == "application/health+json"
    alice.is_staff = False
    alice.save()
    _, read = tokens.create(alice, name="read", scopes=["read"], now=now)
    refused = [read, "fobs_user_0", "", "é", django_settings.OBS_METRICS_TOKEN[:-1]]
    for secret in refused:
        assert asked(Authorization=f"Bearer {secret}").json() == {"status": "pass"}
    client.force_login(alice)
    assert asked().json() == {"status": "pass"}, "no staff"
    client.logout()
    alice.is_staff = True
    alice.save()
    _, narrow = tokens.create(alice, name="narrow", scopes=["read"], project=project, now=now)
    _, other = tokens.create(alice, name="other", scopes=["releases"], now=now)
    for secret in (narrow, other):
        assert asked(Authorization=f"Bearer {secret}").json() == {"status": "pass"}
    assert not AuditEntry.objects.filter(action="health.view").exists()
    whole = [asked(Authorization=f"Bearer {secret}").json() for secret in (read, django_settings.OBS_METRICS_TOKEN)]
    client.force_login(alice)
    for found in (*whole, asked().json()):
        assert found["checks"].keys() >= {"database", "redis", "inbox", "spool", "beat", "outbox", "looks"}
        assert (found["status"], found["version"]) == ("pass", django_settings.OBS_VERSION)
    assert list(AuditEntry.objects.filter(action="health.view").values_list("actor", flat=True)) == ["alice", "alice"]
