"""The audit trail shows every way of altering it."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from events.accounts import audit
from events.models import AuditEntry, Project
from events.values import addresses

INSERT = """
    INSERT INTO events_auditentry
        (id, at, actor, via, action, project_id, object_type, object_id, detail, address, previous_mac, mac)
    SELECT nextval('events_auditentry_id_seq'), at, 'mallory', via, action, project_id, object_type, object_id, detail,
        address, mac, mac
    FROM events_auditentry ORDER BY id DESC LIMIT 1
"""
SWAP = """
    UPDATE events_auditentry a SET at = b.at, action = b.action, detail = b.detail, actor = b.actor
    FROM events_auditentry b WHERE (a.object_id, b.object_id) IN (('1', '2'), ('2', '1'))
"""
TAMPERINGS = {
    "edit": "UPDATE events_auditentry SET actor = 'nobody' WHERE object_id = '2'",
    "edit of a detail": "UPDATE events_auditentry SET detail = '{}' WHERE object_id = '2'",
    "delete": "DELETE FROM events_auditentry WHERE object_id = '2'",
    "delete of the first": "DELETE FROM events_auditentry WHERE object_id = '0'",
    "insert": INSERT,
    "swap": SWAP,
    "truncated tail": "DELETE FROM events_auditentry WHERE object_id IN ('3', '4')",
    "emptied": "DELETE FROM events_auditentry",
}


@pytest.fixture
def trail(project: Project, alice: Any, now: datetime) -> list[AuditEntry]:
    return [
        audit.record(
            "issue.view", actor=alice, via="session", project=project, obj=("issue", n), detail={"n": n}, now=now
        )
        for n in range(5)
    ]


def tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_auditentry DISABLE TRIGGER audit_append_only")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE events_auditentry ENABLE TRIGGER audit_append_only")


def test_an_untouched_trail_is_whole(trail: list[AuditEntry]) -> None:
    report = audit.verify([audit.head()])
    assert report.is_whole
    assert (report.entries, report.head) == (5, audit.head())


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_tampering_is_found(trail: list[AuditEntry], kind: str) -> None:
    noted = audit.head()
    tamper(TAMPERINGS[kind])
    assert not audit.verify([noted]).is_whole


def test_a_forged_entry_needs_the_key(trail: list[AuditEntry], settings: Any) -> None:
    settings.OBS_AUDIT_KEY = "another key"
    assert len(audit.verify().problems) == 5


@pytest.mark.parametrize("sql", [TAMPERINGS["edit"], TAMPERINGS["delete"]])
def test_the_database_itself_refuses_changes(trail: list[AuditEntry], sql: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_model_refuses_changes(trail: list[AuditEntry]) -> None:
    with pytest.raises(TypeError):
        trail[0].save()
    with pytest.raises(TypeError):
        trail[0].delete()


def test_hostile_details_read_back_as_they_were_chained(db: None, now: datetime) -> None:
    detail = {
        "nul\0": "a\0b",
        "surrogate": "\ud800",
        "float": 1e300,
        "huge": 10**30,
        "at": now,
        "set": {1},
        "no": float("nan"),
    }
    audit.record("test", actor="a\u202e", obj=("issue", "\0\ud800"), detail=detail, now=now)
    assert audit.verify().is_whole


def test_addresses_are_cut(db: None, now: datetime) -> None:
    entry = audit.record("login", actor="alice", address="203.0.113.77", now=now)
    assert entry.address == "203.0.113.0"
    assert addresses.cut("2001:db8:1:2:3::4") == "2001:db8:1::"
    assert addresses.cut("::ffff:203.0.113.77") == "203.0.113.0"
    assert addresses.cut("not an address") == ""


def test_only_trusted_proxies_are_believed() -> None:
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 203.0.113.9"}
    assert addresses.client(meta, proxies=0) == "10.0.0.1"
    assert addresses.client(meta, proxies=1) == "203.0.113.9"
    assert addresses.client({"REMOTE_ADDR": "10.0.0.1"}, proxies=1) == "10.0.0.1"


def test_entries_inside_a_scope_name_where_they_came_from(db: None, now: datetime) -> None:
    with audit.scope(via="token:7", address="203.0.113.9") as scope:
        entry = audit.record("issue.view", actor="alice", now=now)
    assert (entry.via, entry.address, scope.written) == ("token:7", "203.0.113.0", 1)
    assert audit.record("tick", actor=None, now=now).via == "system"


def test_noted_heads_reveal_a_cut_tail(trail: list[AuditEntry], settings: Any, tmp_path: Path, now: datetime) -> None:
    settings.OBS_VAR_DIR = tmp_path
    line = audit.note_head(now=now)
    assert line == f"2026-11-23T12:00:00+00:00 {trail[-1].pk} {bytes(trail[-1].mac).hex()}"
    assert audit.verify(audit.noted_heads()).is_whole
    tamper(TAMPERINGS["truncated tail"])
    assert audit.verify().is_whole
    assert audit.verify(audit.noted_heads()).problems == (f"entry {trail[-1].pk}, noted as a head, is gone",)


def run_together(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_make_one_chain(now: datetime) -> None:
    def write(number: int) -> None:
        try:
            for step in range(10):
                with transaction.atomic():
                    audit.record("test", actor=f"writer {number}", detail={"step": step}, now=now)
        finally:
            connection.close()

    run_together(write, 6)
    report = audit.verify()
    assert (report.entries, report.problems) == (60, ())
