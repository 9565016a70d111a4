"""A database that goes away, for a moment or for longer, as a page meets it."""

from contextlib import closing

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from alerts.models import MonitorRun
from alerts.monitors import monitor_setup
from alerts.monitors.monitor_setup import Wanted
from events.models import Project

pytestmark = pytest.mark.django_db(transaction=True)


def reader() -> Client:
    """Logged in, and told of an error as a browser is."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_user("reader"))
    return client


def others() -> psycopg.Connection:
    """A connection of one's own to the same database."""
    return psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True)


def backend() -> int:
    """The process of PostgreSQL that the kept connection talks to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end_connection() -> int:
    """The process of PostgreSQL that was ended under the kept connection."""
    ended = backend()
    with closing(others()) as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended]).fetchone() == (True,)
    return ended


def test_a_page_does_not_break_on_a_connection_that_the_database_ended() -> None:
    client, ended = reader(), end_connection()
    assert client.get("/").status_code == 200
    assert backend() != ended


def test_the_ping_of_a_job_is_not_lost_to_a_connection_that_the_database_ended(project: Project) -> None:
    """It comes once; without it somebody is woken for a job that ran."""
    wanted = Wanted(name="Backup", kind="simple", schedule="1 d", margin_seconds=3600, max_runtime_seconds=1800)
    monitor = monitor_setup.create(project, wanted, actor="test", now=timezone.now())
    end_connection()
    assert Client(raise_request_exception=False).get(f"/ping/{monitor.token}").status_code == 200
    assert MonitorRun.objects.filter(state__monitor=monitor).count() == 1


def test_a_page_without_a_database_asks_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = reader()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "/nowhere")
        connection.close()
        answer = client.get("/")
        connection.close()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "The database did not answer" in answer.content.decode()


def test_any_other_fault_of_the_database_stays_one() -> None:
    client = reader()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 100")
    with closing(others()) as other, other.transaction():
        other.execute("LOCK TABLE events_project")
        answer = client.get("/")
    connection.close()
    assert answer.status_code == 500
