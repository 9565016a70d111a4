"""Goals: what they count in local days, weeks and months, how they stand, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from analytics.goals import changing, standings
from analytics.models import Goal
from analytics.tests import facts
from analytics.tests.goals import make
from analytics.tests.questions.product.test_web import event
from events.models import AuditEntry, Project
from events.tests.cast import NOW
from events.values.modes import IDENTIFIED

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(project: Project) -> Project:
    """Three days: one order of 10, then two of 20 and 30, then today one of 40 and one whose price is no number."""
    sales = [(2, 10), (1, 20), (1, 30), (0, 40), (0, "free")]
    rows = [
        event(n % 2, NOW - timedelta(days=days, minutes=n), name="paid", country="DE", properties={"price": price})
        for n, (days, price) in enumerate(sales)
    ]
    facts.store(project, "events", *rows, now=NOW)
    return project


@pytest.mark.parametrize(
    ("sent", "numbers", "state"),
    [
        ({"target": 2}, (1, 2, 2), "met"),
        ({"target": 3}, (1, 2, 2), "open"),
        ({"target": 2, "direction": "at_most"}, (1, 2, 2), "kept"),
        ({"target": 1, "direction": "at_most"}, (1, 2, 2), "passed"),
        ({"target": 100, "measure": "sum", "of": "price"}, (10, 50, 40), "open"),
        ({"target": 40, "measure": "avg", "of": "properties.price"}, (10, 25, 40), "met"),
        ({"target": 2, "measure": "people"}, (1, 2, 2), "met"),
        ({"target": 2, "only": "country=FR"}, (0, 0, 0), "open"),
        ({"target": 2, "measure": "avg", "of": "weight"}, (None, None, None), ""),
    ],
)
def test_a_goal_of_a_day(sold: Project, sent: dict[str, Any], numbers: tuple[Any, ...], state: str) -> None:
    goal = make.goal(sold, now=NOW, per="day", **sent)
    found = standings.standing(goal, sees_persons=True, now=NOW, before=2)
    assert found.numbers == numbers
    assert (found.value, found.before, found.state) == (numbers[-1], numbers[-2], state)
    assert found.progress == (None if numbers[-1] is None else numbers[-1] / goal.target)


def test_weeks_and_months_are_those_of_its_time_zone(sold: Project) -> None:
    week = standings.standing(
        make.goal(sold, now=NOW, per="week", zone="Asia/Tokyo"), sees_persons=True, now=NOW, before=1
    )
    month = standings.standing(make.goal(sold, now=NOW, name="M", per="month"), sees_persons=True, now=NOW)
    assert sum(number or 0 for number in week.numbers) == 5
    assert week.starts[-1].hour == 15
    assert month.value == 5
    assert len(month.numbers) == standings.BEFORE + 1


def test_people_of_a_week_are_counted_where_they_are_known(sold: Project) -> None:
    with pytest.raises(ValidationError, match="known for one day only"):
        make.goal(sold, now=NOW, measure="people")
    sold.analytics = IDENTIFIED
    sold.save()
    assert (
        standings.standing(
            make.goal(sold, now=NOW, measure="people", target=2, per="month"), sees_persons=True, now=NOW
        ).value
        == 2
    )
    sold.analytics = "anonymous"
    assert (
        "known for one day"
        in standings.standing(
            Goal(project=sold, event="*", measure="people", target=1), sees_persons=True, now=NOW
        ).refused
    )


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"target": "many"}, "is a number"), ({"target": 0}, "more than nothing"), ({"target": "nan"}, "more than"),
        ({"target": "inf"}, "more than nothing"), ({"measure": "sum"}, "Name the property"),
        ({"zone": "Mars"}, "no time zone"), ({"only": "country"}, "lets nothing through"),
        ({"only": "visitor=1"}, "cannot be cut"), ({"per": "year"}, "not a valid choice"),
        ({"name": " "}, "cannot be blank"), ({"event": "x" * 201}, "at most 200"),
    ],
)  # fmt: skip
def test_what_is_no_goal_is_said(project: Project, sent: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make.goal(project, now=NOW, **sent)


def test_each_change_is_on_record(project: Project, alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    goal = make.goal(project, now=NOW)
    changing.put(goal, {"target": 20}, actor=alice, now=NOW)
    changing.delete(goal, actor=alice, now=NOW)
    written = AuditEntry.objects.filter(action__startswith="goal.").order_by("id").values_list("action", flat=True)
    assert list(written) == ["goal.create", "goal.update", "goal.delete"]
    monkeypatch.setattr(changing, "MOST", 0)
    with pytest.raises(ValidationError, match="at most 0"):
        make.goal(project, now=NOW)


def test_who_sees_no_persons_is_told_of_no_small_group(sold: Project) -> None:
    found = standings.standing(make.goal(sold, now=NOW), sees_persons=False, now=NOW, before=2)
    assert set(found.numbers) == {0.0}
    assert found.progress == 0
