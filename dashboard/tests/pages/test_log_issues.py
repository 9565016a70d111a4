"""From a log line to the issue of an error in its trace; and what a page says of values that count together."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.engine.duck import DuckFacts
from dashboard.tests import populated_performance as populated
from events.models import Project
from events.tests import make, rows


def line(n: int, **columns: Any) -> dict[str, Any]:
    at = timezone.now() - timedelta(minutes=5)
    return {"at": at, "log_id": f"{n:036x}", "level": "info", "body": f"line {n}", **columns}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions about errors that were put to the facts."""
    seen: list[str] = []
    inner = DuckFacts.table

    def table(self: DuckFacts, sql: str, parameters: Any = None) -> Any:
        if "FROM errors" in sql and "trace_id" in sql:
            seen.append(sql)
        return inner(self, sql, parameters)

    monkeypatch.setattr(DuckFacts, "table", table)
    return seen


def test_a_line_leads_to_the_issue_of_its_trace(as_alice: Client, project: Project, asked: list[str]) -> None:
    issue = make.issue(project, title="ValueError: <b>no</b> basket")
    group = make.group(issue)
    failed, calm = "ab" * 16, "cd" * 16
    now = timezone.now()
    rows.store(
        project,
        {
            "at": now - timedelta(minutes=5),
            "event_id": uuid.uuid4().hex,
            "group_hash": group.hash.hex,
            "trace_id": failed,
        },
        now=now,
    )
    lines = [line(n, trace_id=failed if n % 2 else calm) for n in range(20)]
    populated.store_rows(project, {"logs": lines}, now=now)
    html = as_alice.get(reverse("dashboard:logs", args=[project.slug])).content.decode()
    link = f'href="{reverse("dashboard:issue", args=[project.slug, issue.pk])}"'
    assert html.count(link) == 10
    assert "Issue: ValueError: &lt;b&gt;no&lt;/b&gt; basket" in html
    assert len(asked) == 1


def test_values_that_count_together_are_told(as_alice: Client, project: Project) -> None:
    lines = [line(n, service=f"service-{n}") for n in range(25)]
    populated.store_rows(project, {"logs": lines}, now=timezone.now())
    html = as_alice.get(reverse("dashboard:logs", args=[project.slug])).content.decode()
    assert "20 services are kept apart; 5 lines of further ones count as (other)." in html
    few = as_alice.get(reverse("dashboard:performance", args=[project.slug])).content.decode()
    assert "kept apart" not in few
