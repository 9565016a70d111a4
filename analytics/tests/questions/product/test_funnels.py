"""The funnel in SQL and the one by hand say the same of random people; and what each rule means."""

from __future__ import annotations

import statistics
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.periods import Period
from analytics.questions.product import funnel_attempts
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.funnel_attempts import Definition, Exclusion, Step
from analytics.questions.product.funnel_losses import Met, losses
from analytics.questions.product.funnels import Cut, Funnel, funnels
from analytics.tests import facts
from analytics.tests.questions.product import by_hand
from analytics.tests.questions.product.test_web import at, event
from events.models import Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SCOPE = Scope(Period(NOW - timedelta(days=1), NOW))
NAMES = ("a", "b", "c", "$x")


def of(*steps: str, order: str = "ordered", within: float = 60, without: str = "") -> Definition:
    """`?b` is optional; `without` is excluded from the first step to the last."""
    made = tuple(Step(text.removeprefix("?"), text.startswith("?")) for text in steps)
    excluded = (Exclusion(without, 1, len(made)),) if without else ()
    return Definition(made, excluded, order, within * MINUTE)


def asked(project: Project, definition: Definition, *done: tuple[str, float], **more: Any) -> list[int]:
    """How many came to each step, of one person who did these things at these minutes."""
    facts.store(project, "events", *(_row(1, name, minute, n) for n, (name, minute) in enumerate(done)))
    return [step.people for step in funnels(project, definition=definition, scope=SCOPE, **more).steps]


def _row(person: int, name: str, minute: float, n: int, **columns: Any) -> dict[str, Any]:
    row = event(person, at(minute), name=name, **columns)
    return {**row, "event_id": f"{person:08x}{n:024x}"}


moments = st.integers(0, 6)
histories = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(NAMES), moments), max_size=22)
chosen = st.sampled_from(("a", "b", "c", "*"))
exclusions = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 3), st.integers(2, 4)), max_size=2)


@st.composite
def definitions(draw: Any) -> Definition:
    """Any funnel that makes sense."""
    order = draw(st.sampled_from(funnel_attempts.ORDERS))
    names = draw(st.lists(chosen, min_size=2, max_size=4, unique=order == "unordered"))
    steps = tuple(
        Step(name, order == "ordered" and 0 < n < len(names) - 1 and draw(st.booleans()))
        for n, name in enumerate(names)
    )
    excluded = tuple(
        Exclusion(*one) for one in draw(exclusions) if one[1] < one[2] <= len(steps) and order != "unordered"
    )
    return Definition(steps, excluded, order, draw(st.integers(1, 6)) * MINUTE)


@given(history=histories, definition=definitions())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_people_are_counted_as_by_hand(
    project: Project, history: list[tuple[int, str, int]], definition: Definition
) -> None:
    rows = [_row(person, name, minute, n * 7919 % 101) for n, (person, name, minute) in enumerate(history)]
    with transaction.atomic():
        facts.store(project, "events", *rows)
        found = funnels(project, definition=definition, scope=SCOPE)
        transaction.set_rollback(True)
    assert_as_by_hand(found, rows, definition)


def assert_as_by_hand(found: Funnel, rows: list[Any], definition: Definition) -> None:
    expected = by_hand.funnel(rows, definition)
    kept = [reached for reached in expected.values() if reached is not None]
    count = len(definition.steps)
    assert [step.people for step in found.steps] == [sum(bool(one[k]) for one in kept) for k in range(count)]
    assert found.left_out == len(expected) - len(kept)
    whole = [(one[-1][-1] - one[-1][0]).total_seconds() for one in kept if one[-1]]
    assert found.times.median == (statistics.median(whole) if whole else None)
    if definition.order == "unordered":
        return
    for k in range(1, count):
        is_optional = definition.steps[k].is_optional
        furthest = [one[k] if is_optional else _furthest(one, definition) for one in kept if one[k]]
        place = sum(not step.is_optional for step in definition.steps[:k])
        took = [(own[place] - own[place - 1]).total_seconds() for own in furthest]
        assert found.steps[k].times.median == (statistics.median(took) if took else None), k


def _furthest(reached: list[Any], definition: Definition) -> tuple[datetime, ...]:
    taken = [one for one, step in zip(reached, definition.steps, strict=True) if one and not step.is_optional]
    return max(taken, key=len)


@pytest.mark.parametrize(
    ("definition", "done", "people"),
    [
        (of("a", "b"), [("a", 0), ("b", 60)], [1, 1]),  # the end of the window is in it
        (of("a", "b"), [("a", 0), ("b", 60.1)], [1, 0]),
        (of("a", "b"), [("a", 0), ("a", 30), ("b", 61)], [1, 1]),  # a later beginning goes on
        (of("a", "b"), [("b", 0), ("a", 0)], [1, 1]),  # equal moments are in the order of steps
        (of("a", "a"), [("a", 0)], [1, 0]),  # an event is used once
        (of("a", "b", "c"), [("a", 0), ("x", 1), ("b", 2), ("a", 3), ("c", 4)], [1, 1, 1]),
        (of("a", "b", "c", order="strict"), [("a", 0), ("b", 1), ("a", 2), ("c", 3)], [1, 1, 0]),
        (of("a", "b", order="strict"), [("a", 0), ("a", 1), ("b", 2)], [1, 1]),  # a repeat resets nothing
        (of("a", "b", order="strict"), [("a", 0), ("$x", 0), ("b", 2)], [1, 1]),  # nor do equal moments
        (of("a", "b", order="strict"), [("a", 0), ("$x", 1), ("b", 2)], [1, 0]),
        (of("a", "b", "c", order="unordered"), [("c", 0), ("a", 60)], [1, 1, 0]),
        (of("a", "b", without="x"), [("a", 0), ("x", 1), ("b", 2)], [0, 0]),
        (of("a", "b", without="x"), [("a", 0), ("b", 1), ("x", 2), ("a", 3), ("x", 4)], [1, 1]),  # it had arrived
        (of("a", "b", without="x"), [("x", 0), ("a", 0), ("b", 2)], [1, 1]),
        (of("a", "?b", "c"), [("a", 0), ("c", 1)], [1, 0, 1]),
        (of("a", "?b", "c"), [("a", 0), ("b", 1)], [1, 1, 0]),
    ],
)
def test_what_the_rules_mean(
    project: Project, definition: Definition, done: list[tuple[str, float]], people: list[int]
) -> None:
    assert asked(project, definition, *done) == people


def test_what_happens_after_the_period_does_not_count(project: Project) -> None:
    facts.store(project, "events", _row(1, "a", 350, 1), _row(1, "b", 361, 2))
    assert [step.people for step in funnels(project, definition=of("a", "b"), scope=SCOPE).steps] == [1, 0]


def test_people_are_cut_by_the_first_or_last_value_that_any_step_has(project: Project) -> None:
    facts.store(
        project, "events",
        _row(1, "a", 0, 1, properties={"plan": ""}), _row(1, "b", 1, 2, properties={"plan": "team"}),
        _row(1, "x", 0, 3, properties={"plan": "free"}),
        _row(2, "a", 0, 1, properties={"plan": "free"}), _row(2, "b", 2, 2, properties={"plan": 2.0}),
        _row(3, "a", 0, 1),
    )  # fmt: skip

    def cuts(touch: str, most: int = 8) -> tuple[Cut, ...]:
        about = {"definition": of("a", "b"), "scope": SCOPE, "by": "properties.plan"}
        return funnels(project, touch=touch, most=most, **about).cuts

    assert cuts("first") == (
        Cut("(none)", False, (1, 0), None), Cut("free", False, (1, 1), 120.0), Cut("team", False, (1, 1), 60.0),
    )  # fmt: skip
    assert {cut.value for cut in cuts("last")} == {"(none)", "team", "2"}
    assert cuts("first", most=1)[1] == Cut("(other)", True, (2, 2), 90.0)


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        (of("a"), "two steps at least"),
        (of(*"ab" * 6), "10 steps at most"),
        (of("a", "?b"), "not optional"),
        (of("a", "?b", "c", order="strict"), "in order"),
        (of("a", "a", order="unordered"), "different steps"),
        (of("a", "b", within=0), "days at most"),
        (of("a", "b", order="sideways"), "order of a funnel"),
    ],
)
def test_what_makes_no_sense_is_said(project: Project, definition: Definition, said: str) -> None:
    with pytest.raises(BadQuestion, match=said):
        funnels(project, definition=definition, scope=SCOPE)


def test_what_the_lost_met_more_often_than_the_others_comes_first(project: Project) -> None:
    facts.store(
        project, "events",
        *(_row(person, "a", 0, 1) for person in range(4)), _row(0, "b", 5, 2), _row(1, "b", 40, 2),
    )  # fmt: skip
    errors = [
        ("e1", 2, 1), ("e1", 2, 2), ("e1", 3, 30), ("e2", 2, 1), ("e2", 0, 5), ("e3", 0, 6), ("e3", 3, 31),
        ("e4", 9, 1),
    ]  # fmt: skip
    rows = [{"at": at(minute), "event_id": f"{n:032x}", "group_hash": group, "user_key": person}
            for n, (group, person, minute) in enumerate(errors)]  # fmt: skip
    facts.store(project, "errors", *rows)
    facts.store(project, "requests", facts.request(at(2), status=503, user_key=3), facts.request(at(2), user_key=2))
    facts.store(project, "vitals", facts.vital(1, 9000.0, at=at(1), user_key=2), facts.vital(2, 100.0, at=at(1)))
    [loss] = losses(project, definition=of("a", "b"), scope=SCOPE)
    assert (loss.after, loss.event, loss.lost, loss.kept) == (1, "a", 2, 2)
    assert loss.met == (
        Met("error", "e1", 2, 0), Met("page", "/", 1, 0), Met("request", "GET /items", 1, 0), Met("error", "e2", 1, 1),
    )  # fmt: skip
    with pytest.raises(BadQuestion, match="no before and after"):
        losses(project, definition=of("a", "b", order="unordered"), scope=SCOPE)
