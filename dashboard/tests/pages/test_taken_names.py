"""Two people give the same name in the same moment: one gets it, the other is told."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from alerts.models import Monitor
from analytics.models import Goal
from dashboard.models import Board
from events.accounts import tokens
from events.models import Project

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def ask_while(store: Callable[[], Any], ask: Callable[[], Any]) -> Any:
    """What `ask` gets while another connection has stored the same, and keeps it when `ask` waits for it."""
    stored, answers = threading.Event(), list[Any]()

    def first() -> None:
        with transaction.atomic():
            store()
            stored.set()
            with connection.cursor() as cursor:
                cursor.execute(WAITING)
                while not cursor.fetchone()[0] and not answers:
                    cursor.execute(WAITING)
        connection.close()

    other = threading.Thread(target=first)
    other.start()
    assert stored.wait(30)
    answers.append(ask())
    other.join(30)
    return answers[0]


def test_a_page_says_that_the_name_is_taken(as_alice: Client, project: Project, alice: Any) -> None:
    now = timezone.now()
    goal = {"name": "Sales", "event": "paid", "measure": "total", "per": "week", "direction": "at_least", "target": "5"}
    board = Board(project=project, name="Launch", created_by=alice, created_at=now)
    for path, sent, row in (
        ("/p/web/boards/new/", {"name": "Launch"}, board),
        ("/p/web/insights/goals/new/", goal, Goal(project=project, created_at=now, **goal)),
    ):  # fmt: skip
        answer = ask_while(row.save, lambda path=path, sent=sent: as_alice.post(path, sent))
        assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (409, "text/html"), path
        assert "Somebody was faster" in answer.content.decode()
        assert type(row).objects.count() == 1


def test_a_program_reads_it_in_json(client: Client, project: Project, alice: Any) -> None:
    _, token = tokens.create(alice, name="x", scopes=[tokens.ADMIN], now=timezone.now())
    sent = {"name": "Nightly", "kind": "cron", "schedule": "0 3 * * *"}
    row = Monitor(project=project, slug="nightly", **sent)
    path, bearer = "/api/v1/projects/web/monitors/", {"Authorization": f"Bearer {token}"}
    answer = ask_while(row.save, lambda: client.post(path, sent, content_type="application/json", headers=bearer))
    assert (answer.status_code, list(answer.json())) == (409, ["detail"])
    assert Monitor.objects.count() == 1
