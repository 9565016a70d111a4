"""Between transactional tests: every row goes, and nothing that migrating made."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection

from events.accounts import audit
from events.consent import ledger
from events.models import AuditEntry, ConsentRecord, Project
from events.tests.cast import NOW, make_alice
from formaos_obs.tests import emptying


@pytest.mark.django_db
def test_every_row_goes_whoever_refers_to_it_and_whatever_may_only_grow(project: Project) -> None:
    alice = make_alice(project)
    audit.record("project.view", actor=alice, project=project, now=NOW)
    ledger.record(project.pk, 7, state="given", version="1", source="page", now=NOW)
    made = [model.objects.count() for model in (AuditEntry, ConsentRecord)]
    emptying.empty()
    left = {
        model._meta.db_table: count
        for model in apps.get_models()
        if model._meta.managed and (count := model._default_manager.count())
    }
    assert (min(made), set(left) - set(emptying.KEPT)) == (1, set())
    connection.check_constraints()


@pytest.mark.django_db
def test_what_migrating_made_stays() -> None:
    before = [list(model.objects.order_by("pk").values_list("pk")) for model in (ContentType, Permission)]
    emptying.empty()
    assert [list(model.objects.order_by("pk").values_list("pk")) for model in (ContentType, Permission)] == before
    assert all(before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_transactional_test_finds_nothing_of_the_one_before(time: str, alice: Any) -> None:
    assert Project.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_keys_and_triggers_are_heeded_again_afterwards() -> None:
    audit.record("project.view", actor="root", now=NOW)
    emptying.empty()
    audit.record("project.view", actor="root", now=NOW)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM events_auditentry")


@pytest.mark.django_db(transaction=True)
def test_a_request_left_behind_that_wants_what_is_being_emptied_does_not_keep_the_rows(alice: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(emptying._WRITTEN, [emptying.KEPT])
        first, *_, last = [table for (table,) in cursor.fetchall()]
    options = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**options) as request, psycopg.connect(**options, autocommit=True) as looking:
        request.execute("SET deadlock_timeout = '60s'")  # so that the database ends the other
        request.execute(f"SELECT 1 FROM {last} LIMIT 1")
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(_once_waited_for, request, looking, f"SELECT 1 FROM {first} LIMIT 1")
            emptying.empty()
            asked.result()
    assert Project.objects.count() == 0


def _once_waited_for(request: psycopg.Connection, looking: psycopg.Connection, sql: str) -> None:
    """Ask when somebody waits for what `request` holds; its transaction ends then."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and looking.execute(waiting, [request.info.backend_pid]).fetchone() == (0,):
        time.sleep(0.01)
    request.execute(sql)
    request.commit()
