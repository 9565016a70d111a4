"""How long what accounts count and hand out lasts, and what of it a database holds."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import pytest
from django.db import DatabaseError, connection, transaction

from events.accounts import audit, keys, logins, projects, tokens
from events.models import ApiToken, AuditEntry, IngestKey, Project

HOME = "198.51.100.7"


def locked_after(failures: int, *, now: datetime) -> timedelta:
    for _ in range(failures):
        logins.note_failure("alice", address=HOME, now=now)
    return logins.locked_for("alice", address=HOME, now=now)


@pytest.mark.parametrize(("quiet", "lockout"), [(timedelta(days=2), 2.0), (timedelta(days=2, seconds=1), 0.25)])
def test_two_quiet_days_forget_a_lockout(db: None, now: datetime, quiet: timedelta, lockout: float) -> None:
    assert locked_after(5, now=now) == timedelta(hours=0.25)
    logins.tell_failures(now=now + quiet)
    assert locked_after(5, now=now + quiet) == timedelta(hours=lockout)


@pytest.mark.parametrize(("ago", "is_locked"), [(timedelta(days=29, hours=23), False), (timedelta(days=30), True)])
def test_who_logged_in_from_a_network_within_thirty_days_is_not_locked_with_it(
    alice: Any, now: datetime, settings: Any, ago: timedelta, is_locked: bool
) -> None:
    audit.record("login", actor=alice, address=HOME, now=now - ago)
    for n in range(settings.OBS_LOGIN_NETWORK_LIMIT):
        logins.note_failure(f"name {n}", address=HOME, now=now)
    assert bool(logins.locked_for("alice", address=HOME, now=now)) is is_locked
    assert logins.locked_for("stranger", address=HOME, now=now)


def test_a_rotated_key_works_for_seven_days_beside_a_successor_with_its_limits(project: Project, now: datetime) -> None:
    key = projects.create_key(project, label="ios", rate_per_minute=60, allowed_origins=["x.org"], actor=None, now=now)
    successor = projects.rotate_key(key, actor=None, now=now)
    assert (successor.rate_per_minute, successor.allowed_origins, successor.expires_at) == (60, ["x.org"], None)
    assert successor.public_key != key.public_key
    kept = IngestKey.objects.get(pk=key.pk)
    assert (kept.is_active, kept.expires_at) == (True, now + timedelta(days=7))


def test_a_key_that_was_disabled_elsewhere_ends_within_thirty_seconds(key: IngestKey) -> None:
    keys.forget()
    assert keys.find(key.project_id, key.public_key, clock=0.0).is_active  # type: ignore[union-attr]
    IngestKey.objects.filter(pk=key.pk).update(is_active=False)
    assert not keys.find(key.project_id, key.public_key, clock=30.1).is_active  # type: ignore[union-attr]
    keys.forget()


def test_a_token_has_a_marker_and_a_checksum_and_a_row_holds_eight_digits_and_a_hash(
    project: Project, alice: Any, now: datetime
) -> None:
    for kind, of in (("user", None), ("project", project)):
        _, secret = tokens.create(alice, name="ci", scopes=["read"], project=of, now=now)
        body, checksum = secret[:-8], secret[-8:]
        assert body.startswith(f"fobs_{kind}_")
        digits = body.removeprefix(f"fobs_{kind}_")
        assert len(digits) == 64
        assert int(digits, 16) > 0
        assert checksum == f"{crc32(body.encode()):08x}"
        row = ApiToken.objects.latest("pk")
        assert (bytes(row.digest), row.lookup) == (hashlib.sha256(secret.encode()).digest(), digits[:8])
        assert digits[8:] not in str(ApiToken.objects.filter(pk=row.pk).values())


def test_a_deleted_owner_takes_the_token_along(alice: Any, now: datetime) -> None:
    _, secret = tokens.create(alice, name="ci", scopes=["read"], now=now)
    alice.delete()
    assert tokens.find(secret, now=now) is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events_auditentry SET actor = 'mallory'",
        "DELETE FROM events_auditentry",
        "TRUNCATE events_auditentry",
    ],
)
def test_triggers_refuse_whatever_takes_entries_away(alice: Any, now: datetime, sql: str) -> None:
    audit.record("test", actor=alice, now=now)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert AuditEntry.objects.filter(action="test", actor="alice").exists()
