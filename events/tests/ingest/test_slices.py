"""The inbox takes what comes in slices by PostgreSQL's clock, and gives the files of slices back that were digested."""

import uuid
from datetime import datetime
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from events.digest import loop
from events.ingest import inbox, payloads
from events.models import InboxItem, IngestKey, Project

slices = import_module("events.migrations.0030_inbox_slices")
EDITOR = SimpleNamespace(connection=connection)
# A turn whose slice is the third.
TURN = 8_000_003


def asked(sql: str, *values: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchone()[0] if cursor.description else None


def turn_to(turn: int) -> None:
    asked(f"CREATE OR REPLACE FUNCTION ingest_inbox_turn() RETURNS bigint LANGUAGE sql STABLE RETURN {turn:d}::bigint")


def looked(number: int = 3) -> bool | None:
    return asked("SELECT ingest_inbox_empty(%s::smallint)", number)  # type: ignore[no-any-return]


def emptied() -> bool:
    """Once it can be: autovacuum, which may be at what another test left behind, is not waited for either."""
    return any(looked() for _ in range(100))


def item(n: int) -> payloads.Packed:
    return payloads.Packed("error", uuid.UUID(int=n), 1, payloads.pack({"n": n}))


def fill(project: Project, now: datetime, *, turn: int = TURN, rows: int = 5000) -> None:
    """More than is left to vacuum (four rows a page), in the slice of `turn`."""
    turn_to(turn)
    asked(
        "INSERT INTO ingest_inbox (project_id, kind, item_id, quantity, received_at, payload)"
        " SELECT %s, 'error', gen_random_uuid(), 1, %s, decode(repeat(md5(n::text), 120), 'hex')"
        " FROM generate_series(1, %s) AS n",
        project.pk, now, rows,
    )  # fmt: skip


def size(number: int) -> int:
    return int(asked(f"SELECT pg_total_relation_size('ingest_inbox_{number}')"))


def slices_of(rows: int) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM ingest_inbox LIMIT %s", [rows])
        return {name for (name,) in cursor.fetchall()}


def test_what_comes_lies_in_the_slice_of_its_minute(project: Project, key: IngestKey, now: datetime) -> None:
    for n in range(10):
        turn_to(TURN + n)
        inbox.accept([item(n)], project_id=project.pk, key_id=key.pk, now=now)
    kept = list(InboxItem.objects.order_by("pk"))
    assert [row.item_id.int for row in kept] == list(range(10))
    assert slices_of(10) == {f"ingest_inbox_{n}" for n in range(8)}
    # The oldest come first, whichever slice they lie in; and one that is made by hand lies in the same minute's.
    assert [row.pk for row in loop._claim(4, now=now)] == [row.pk for row in kept[:4]]
    InboxItem.objects.filter(pk__in=[row.pk for row in kept]).delete()
    own = InboxItem.objects.create(
        project=project, kind="error", item_id=uuid.UUID(int=99), received_at=now, payload=item(99).payload
    )
    assert own.pk > kept[-1].pk
    assert slices_of(1) == {f"ingest_inbox_{(TURN + 9) % 8}"}


def test_the_clock_of_the_database_turns_once_a_minute(db: None) -> None:
    assert asked("SELECT ingest_inbox_turn() = floor(extract(epoch FROM now()) / 60)")
    assert asked("SELECT ingest_inbox_slice() = floor(extract(epoch FROM now()) / 60)::bigint % 8")


def test_a_slice_gives_its_file_back_when_it_was_found_empty_two_turns_ago(project: Project, now: datetime) -> None:
    fill(project, now)
    turn_to(TURN + 2)
    assert (looked(), InboxItem.objects.count()) == (False, 5000)
    InboxItem.objects.all().delete()
    before = size(3)
    for later in (2, 3):
        turn_to(TURN + later)
        assert looked() is False, later
    turn_to(TURN + 4)
    assert emptied()
    assert looked() is False
    assert before > 8 << 20
    assert size(3) < 100_000


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        ((0, 8, 16), "it takes what comes now"),
        ((1, 9, 17), "it took what came a minute ago"),
        ((2, 3, 3), "too little time went by: a dump may have begun before it was digested"),
        ((7, 10, 11), "it was filled again in between"),
    ],
)
def test_a_slice_is_left_alone(project: Project, now: datetime, turns: tuple[int, ...], why: str) -> None:
    fill(project, now)
    InboxItem.objects.all().delete()
    for later in turns:
        turn_to(TURN + later)
        assert looked() is False, why


def test_what_is_small_is_left_to_vacuum(project: Project, now: datetime) -> None:
    fill(project, now, turn=TURN + 3, rows=200)
    InboxItem.objects.all().delete()
    for later in (5, 7, 9):
        turn_to(TURN + later)
        assert looked(6) is False


def test_one_run_goes_through_all_of_them(project: Project, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {number: number % 2 == 0 for number in range(8)}
    asked_for: list[int] = []

    def answer(execute: Any, sql: str, params: Any, *others: Any) -> Any:
        asked_for.append(params[0])
        return execute("SELECT %s::boolean", [answers[params[0]]], *others)  # type: ignore[index]

    with connection.execute_wrapper(answer):
        assert inbox.empty_slices() == 4
        assert sorted(asked_for) == list(range(8))
        asked_for.clear()
        answers = dict.fromkeys(range(8))  # type: ignore[arg-type]  # somebody is at each
        assert inbox.empty_slices() == 0
        assert len(asked_for) == 1


def test_a_row_that_comes_late_is_kept(project: Project, now: datetime) -> None:
    fill(project, now)
    InboxItem.objects.all().delete()
    turn_to(TURN + 2)
    looked()
    fill(project, now, rows=1)
    turn_to(TURN + 5)
    assert looked() is False
    assert InboxItem.objects.count() == 1
    InboxItem.objects.all().delete()
    # The look begins anew.
    assert looked() is False
    turn_to(TURN + 7)
    assert emptied()


def test_whoever_reads_a_slice_is_not_waited_for(
    project: Project, now: datetime, other: psycopg.Connection[Any]
) -> None:
    fill(project, now)
    InboxItem.objects.all().delete()
    turn_to(TURN + 2)
    looked()
    turn_to(TURN + 4)
    other.execute("LOCK TABLE ingest_inbox_3 IN ACCESS SHARE MODE")  # as a dump does, for as long as it takes
    assert looked() is None
    other.rollback()
    assert emptied()


def test_what_waits_stays_through_the_migration_and_back(project: Project, key: IngestKey, now: datetime) -> None:
    fill(project, now, rows=5)
    fill(project, now, rows=5, turn=TURN + 1)
    before = list(InboxItem.objects.order_by("pk").values())
    slices.join(None, EDITOR)
    assert not slices.is_sliced(connection)
    assert list(InboxItem.objects.order_by("pk").values()) == before
    inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=now)
    before = list(InboxItem.objects.order_by("pk").values())
    slices.cut(None, EDITOR)
    assert slices.is_sliced(connection)
    assert list(InboxItem.objects.order_by("pk").values()) == before
    assert slices_of(11) == {"ingest_inbox_0"}
    assert inbox.accept([item(1), item(2)], project_id=project.pk, key_id=key.pk, now=now) == 1
    last = InboxItem.objects.latest("pk")
    assert (last.item_id.int, last.pk > before[-1]["id"]) == (2, True)
    slices.cut(None, EDITOR)  # once more, where it was broken off after the cut
    assert InboxItem.objects.count() == 12


def test_the_migration_gives_way(
    project: Project, other: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(slices, "_LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(slices, "_TRIES", 2)
    monkeypatch.setattr(slices.time, "sleep", waits.append)
    other.execute("LOCK TABLE ingest_inbox IN ACCESS SHARE MODE")
    with pytest.raises(OperationalError):
        slices.join(None, EDITOR)
    assert (waits, slices.is_sliced(connection)) == ([1], True)
    monkeypatch.setattr(slices, "_TRIES", 200)  # autovacuum may be at what another test left behind
    monkeypatch.setattr(slices.time, "sleep", lambda _: other.rollback())
    slices.join(None, EDITOR)
    assert not slices.is_sliced(connection)


def test_partitions_of_what_was_seen_wait_for_another_time(
    project: Project, key: IngestKey, now: datetime, other: psycopg.Connection[Any]
) -> None:
    other.execute("LOCK TABLE ingest_seen IN ROW EXCLUSIVE MODE")  # as accepting does, of the parent first
    assert inbox.ensure_partitions(now=now) == []
    assert inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=now) == 1
    assert asked("SELECT count(*) FROM ingest_seen_default") == 1
    other.rollback()
    inbox.ensure_partitions(now=now)
    assert asked("SELECT count(*) FROM ingest_seen_default") == 0
    assert inbox.accept([item(1)], project_id=project.pk, key_id=key.pk, now=now) == 0
