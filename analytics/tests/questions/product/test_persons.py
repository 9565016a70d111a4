"""Questions of people follow merges, whichever came first, also where errors and requests are asked beside events."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from analytics.periods import Period
from analytics.questions.product import calendar
from analytics.questions.product.acts import Scope
from analytics.questions.product.funnel_attempts import Definition, Step
from analytics.questions.product.funnel_losses import Met, losses
from analytics.questions.product.funnels import funnels
from analytics.questions.product.trends import trends
from analytics.questions.watched import conversions
from analytics.tests import facts
from analytics.tests.questions.product.test_web import at, event
from events.models import Project
from events.persons import keeping
from events.persons.keeping import Heard
from events.persons.rules import Told
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
# Visitors are hashes of 64 bits, which the numbers of rows do not meet.
ID = 2**60
PERIOD = Period(NOW - timedelta(days=1), NOW)
SCOPE = Scope(PERIOD)
BASKET = Definition((Step("basket"), Step("paid")), (), "ordered", timedelta(hours=1))


def merge(project: Project, visitor: int, other: int) -> None:
    with transaction.atomic():
        keeping.keep({project.pk: Heard([Told(visitor, NOW, "merge", other)])})


def people(project: Project, event: str, **more: Any) -> float | None:
    about = {"scope": SCOPE, "calendar": calendar.calendar(PERIOD, "day", NOW.tzinfo), **more}
    return trends(project, event=event, measure="people", **about).lines[0].total


def converted(project: Project) -> list[int]:
    return [step.people for step in funnels(project, definition=BASKET, scope=SCOPE).steps]


def test_who_began_as_somebody_else_is_one_person_also_in_the_past(project: Project) -> None:
    facts.store(
        project, "events",
        event(-ID, at(0), name="basket"), event(ID + 7, at(4), name="paid"), event(ID + 8, at(0), name="basket"),
        event(ID + 9, at(1), name="basket"),
    )  # fmt: skip
    facts.store(project, "errors", {"at": at(2), "event_id": f"{1:032x}", "group_hash": "e1", "user_key": ID + 9})
    facts.store(project, "requests", facts.request(at(3), status=503, user_key=ID + 10))
    assert (people(project, "*"), converted(project)) == (4, [3, 0])
    merge(project, ID + 7, -ID)
    assert (people(project, "*"), converted(project)) == (3, [3, 1])
    [loss] = losses(project, definition=BASKET, scope=SCOPE)
    assert loss.met == (Met("error", "e1", 1, 0),)
    merge(project, ID + 10, ID + 9)
    [loss] = losses(project, definition=BASKET, scope=SCOPE)
    assert {one.what for one in loss.met} == {"e1", "GET /items"}, "a request under the id that they logged in with"
    [found] = conversions.conversions(project.pk, "basket", "paid", within=timedelta(hours=1), period=PERIOD)
    over = found.over(PERIOD.start, PERIOD.end)
    assert (over.samples, over.bad) == (3, 1)
