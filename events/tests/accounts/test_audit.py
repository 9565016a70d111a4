"""The audit trail shows every way of altering it."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from events.accounts import audit, audit_heads
from events.models import AuditEntry, Project
from events.values import addresses

INSERT = """
    INSERT INTO events_auditentry (id, at, actor, via, action, project_id, object_type, object_id, detail, address,
        mac_version, previous_mac, mac)
    SELECT nextval('events_auditentry_id_seq'), at, 'mallory', via, action, project_id, object_type, object_id, detail,
        address, mac_version, mac, mac
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
    "renumber": "UPDATE events_auditentry SET id = id + 1000",
    "renumber of the last": "UPDATE events_auditentry SET id = id + 1000 WHERE object_id = '4'",
    "renumber, told as of before": "UPDATE events_auditentry SET id = id + 1000, mac_version = 0",
    "truncated tail": "DELETE FROM events_auditentry WHERE object_id IN ('3', '4')",
    "emptied": "DELETE FROM events_auditentry",
    "truncate": "TRUNCATE events_auditentry",
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
        cursor.execute("ALTER TABLE events_auditentry DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE events_auditentry ENABLE TRIGGER audit_append_only")


def test_an_untouched_trail_is_whole(trail: list[AuditEntry]) -> None:
    report = audit.verify([audit.head()])
    assert report.is_whole
    assert (report.entries, report.head) == (5, audit.head())


@pytest.mark.parametrize("kind", [kind for kind in TAMPERINGS if not kind.startswith(("tru", "emptied"))])
def test_tampering_is_found_without_a_head(trail: list[AuditEntry], kind: str) -> None:
    tamper(TAMPERINGS[kind])
    assert not audit.verify().is_whole


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


def test_entries_of_before_the_mac_held_the_number_are_verified(
    trail: list[AuditEntry], alice: Any, now: datetime
) -> None:
    """As an earlier version wrote them: each is chained anew without its number, then the trail goes on."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_auditentry DISABLE TRIGGER audit_append_only")
        previous = audit.GENESIS
        for entry in AuditEntry.objects.order_by("id"):
            entry.mac_version, entry.previous_mac = 0, previous
            previous = audit._mac(entry)
            cursor.execute(
                "UPDATE events_auditentry SET mac_version = 0, previous_mac = %s, mac = %s WHERE id = %s",
                [entry.previous_mac, previous, entry.pk],
            )
        cursor.execute("ALTER TABLE events_auditentry ENABLE TRIGGER audit_append_only")
    audit.record("issue.view", actor=alice, now=now)
    assert audit.verify().is_whole
    assert list(AuditEntry.objects.order_by("id").values_list("mac_version", flat=True)) == [0] * 5 + [1]
    tamper(TAMPERINGS["edit"])
    assert not audit.verify().is_whole


@pytest.fixture
def heads(settings: Any, tmp_path: Path) -> Path:
    """A file that the operator named, besides the one in the var folder."""
    settings.OBS_VAR_DIR = tmp_path
    settings.OBS_AUDIT_HEADS = str(tmp_path / "elsewhere.log")
    return tmp_path / "elsewhere.log"


def test_noted_heads_reveal_a_cut_tail(trail: list[AuditEntry], heads: Path, now: datetime) -> None:
    line = audit_heads.note(now=now)
    assert line == f"2026-11-23T12:00:00+00:00 {trail[-1].pk} {bytes(trail[-1].mac).hex()}"
    for file in (audit_heads.path(), heads):
        assert audit.verify(audit_heads.read(file)).is_whole
    tamper(TAMPERINGS["truncated tail"])
    assert audit.verify().is_whole
    for file in (audit_heads.path(), heads):
        gone = f"entry {trail[-1].pk}, noted as a head at 2026-11-23T12:00:00+00:00, is gone"
        assert audit.verify(audit_heads.read(file)).problems == (gone,)


def test_the_first_head_that_is_missing_is_named(
    trail: list[AuditEntry], alice: Any, heads: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        audit_heads.note(now=now)
        audit.record("issue.view", actor=alice, now=now)
    last = list(AuditEntry.objects.order_by("-id").values_list("id", flat=True)[:3])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_auditentry DISABLE TRIGGER audit_append_only")
        cursor.execute("DELETE FROM events_auditentry WHERE id >= %s", [last[2]])
        cursor.execute("ALTER TABLE events_auditentry ENABLE TRIGGER audit_append_only")
    report = audit.verify(audit_heads.read(heads))
    assert report.missing
    assert report.missing.entry_id == last[2]
    assert len(report.problems) == 2
    heads.unlink()
    audit_heads.path().rename(heads.with_name("shipped"))
    with pytest.raises(SystemExit):
        call_command("verify_audit", heads=[heads.with_name("shipped")])
    assert f"the first head that is missing: {last[2]} " in capsys.readouterr().out


def test_a_log_that_holds_heads_is_read_back(
    trail: list[AuditEntry], heads: Path, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    """The line is a warning: workers write warnings and nothing below."""
    audit_heads.note(now=now)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    log = heads.with_name("worker.log")
    log.write_text(f"something else\n2026-11-23 12:00:00,000 WARNING {record.name} {record.getMessage()}\n")
    assert audit_heads.read(log, is_log=True) == [audit.head()]
    with pytest.raises(ValueError, match="--log"):
        audit_heads.read(log)


def test_a_head_is_written_once_however_often_it_is_noted(
    trail: list[AuditEntry], alice: Any, heads: Path, now: datetime
) -> None:
    for _ in range(3):
        audit_heads.note(now=now)
    assert len(heads.read_text().splitlines()) == 1
    audit.record("issue.view", actor=alice, now=now)
    audit_heads.note(now=now)
    assert [noted.entry_id for noted in audit_heads.read(heads)] == [trail[-1].pk, audit.head().entry_id]


def test_a_file_of_heads_that_cannot_be_written_stops_nothing(
    trail: list[AuditEntry], heads: Path, settings: Any, now: datetime
) -> None:
    settings.OBS_AUDIT_HEADS = "/proc/no/such/file"
    audit_heads.note(now=now)
    assert audit_heads.read(audit_heads.path()) == [audit.head()]


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
