"""Goals on their page, by the API, and in the weekly mail."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.models import Goal
from analytics.tests import facts
from analytics.tests.goals import make
from analytics.tests.questions.product.test_web import event
from dashboard.frame import formatting
from dashboard.pages.insights import goal_lines
from dashboard.pages.reports import weekly
from dashboard.tests.api.test_api import bearer
from events.accounts import tokens
from events.models import Project

LIST = "/p/web/insights/goals/"


def test_a_goal_is_set_shown_changed_and_deleted(as_alice: Client, project: Project) -> None:
    facts.store(project, "events", *[event(n, timezone.now(), name="paid") for n in range(3)], now=timezone.now())
    assert "No goal yet" in as_alice.get(LIST).content.decode()
    sent = {"name": "Orders", "event": "paid", "measure": "total", "target": "4", "per": "month",
            "direction": "at_least", "zone": "UTC"}  # fmt: skip
    refused = as_alice.post(f"{LIST}new/", {**sent, "target": "some"})
    assert refused.status_code == 422
    assert "The target is a number." in refused.content.decode()
    assert 'value="some"' in refused.content.decode()
    as_alice.post(f"{LIST}new/", sent)
    goal = Goal.objects.get()
    html = as_alice.get(LIST).content.decode()
    assert "at least 4 a month" in html
    assert "not met yet" in html
    assert "75.00 % of the target" in html
    as_alice.post(f"{LIST}{goal.pk}/edit/", {**sent, "target": "3"})
    assert ">met<" in as_alice.get(LIST).content.decode()
    as_alice.post(f"{LIST}{goal.pk}/delete/")
    assert not Goal.objects.exists()


def test_who_may_not_edit_only_looks(as_bob: Client, project: Project) -> None:
    make.goal(project, now=timezone.now())
    html = as_bob.get(LIST).content.decode()
    assert "Orders" in html
    assert "Add a goal" not in html
    assert as_bob.post(f"{LIST}new/", {}).status_code == 403


def test_the_api_reads_and_changes(project: Project, alice: Any) -> None:
    token = tokens.create(alice, name="a", scopes=["read", "admin"], project=project, now=timezone.now())[1]
    headers = {"authorization": f"Bearer {token}"}
    address = "/api/v1/projects/web/goals/"
    sent: dict[str, Any] = {"name": "Orders", "event": "paid", "target": 4}
    made = Client().post(address, sent, content_type="application/json", headers=headers)
    assert made.status_code == 201, made.content
    assert (
        made.json()["standing"]["value"]
        if "value" in made.json()["standing"]
        else made.json()["standing"]["numbers"][-1]
    ) == 0
    one = f"{address}{made.json()['id']}/"
    assert Client().patch(one, {"target": -1}, content_type="application/json", headers=headers).status_code == 400
    changed = Client().patch(one, {"target": 5}, content_type="application/json", headers=headers)
    assert changed.json()["target"] == 5
    assert [goal["name"] for goal in Client().get(address, headers=headers).json()["results"]] == ["Orders"]
    assert Client().post(address, sent, content_type="application/json", headers=bearer(alice)).status_code == 403
    assert Client().delete(one, headers=headers).status_code == 204


def test_the_mail_says_how_the_week_went(project: Project) -> None:
    end = datetime(2026, 11, 23, tzinfo=UTC)
    rows = [event(1, end - timedelta(days=day, hours=1), name="paid") for day in (0, 1, 1, 9)]
    facts.store(project, "events", *rows, now=end)
    make.goal(project, now=end, name="A day", per="day", target=1)
    make.goal(project, now=end, name="A week", per="week", target=4)
    make.goal(project, now=end, name="B month", per="month", target=9, direction="at_most")
    lines = goal_lines.of_week(project, date(2026, 11, 23), sees_persons=True)
    assert [(line.goal.name, line.value, line.words) for line in lines] == [
        ("A day", "1", "on 2 of 7 days"), ("A week", "3", "missed"), ("B month", "4", "kept so far"),
    ]  # fmt: skip
    report = weekly.weekly(project, date(2026, 11, 16), now=end)
    sent = weekly.mail(project, report, to="a@example.org", goals=lines)
    assert "  A week: 3, at least 4 a week: missed" in str(sent.body)
    assert "on 2 of 7 days" in str(sent.alternatives[0][0])


@pytest.mark.parametrize(("value", "said"), [(None, "–"), (3.0, "3"), (2.5, "2.5"), (12345.0, "12.3 k")])
def test_numbers_are_short(value: float | None, said: str) -> None:
    assert formatting.compact(value) == said
