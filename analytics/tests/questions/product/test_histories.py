"""What people did comes in order, whole people in each piece, however it was stored and whoever is one person now."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analytics.periods import Period
from analytics.questions.product import funnel_people, histories
from analytics.questions.product.acts import Scope
from analytics.questions.product.funnel_attempts import Definition, Exclusion, Step
from analytics.questions.product.funnels import funnels
from analytics.tests import facts
from analytics.tests.questions.product.test_funnels import assert_as_by_hand
from analytics.tests.questions.product.test_web import at, event
from events.models import Person, PersonId, Project
from events.tests.cast import NOW

DAY = Period(at(-1440), NOW)
NAMES = ("a", "b", "c", "d")


def batches(random: Random, *, visitors: int, rows: int, span: int) -> list[pa.RecordBatch]:
    """Batches as files are read: each in runs of visitors, whose moments ascend; visitors come again in others."""
    made = []
    for _ in range(random.randrange(1, 6)):
        some = sorted(
            (random.randrange(visitors) - 5, random.randrange(span), random.randrange(4))
            for _ in range(random.randrange(1, rows))
        )
        who, us, what = zip(*some, strict=True)
        made.append(pa.record_batch({"who": list(who), "us": list(us), "what": list(what)}))
    return made


@pytest.mark.parametrize("seed", range(40))
def test_rows_are_put_in_order(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    random = Random(seed)
    monkeypatch.setattr(histories, "PIECE", random.choice([1, 7, 1000]))
    span = random.choice([3, 1000, 2**61])  # the last is too long to be one number with a person
    sent = batches(random, visitors=random.choice([1, 9, 200]), rows=120, span=span)
    merged = {visitor: 1000 + visitor // 3 for visitor in range(-5, 60, random.choice([1, 2]))}
    persons = histories.Persons(pa.table({"visitor": list(merged), "person": list(merged.values())}))
    found = [
        histories._mended(make(), lambda what: what)
        for make in histories.Runs(sent, histories._as_it_is).pieces(persons)
    ]
    rows = [row for piece in found for row in zip(*map(list, (piece.who, piece.us, piece.what)), strict=True)]
    wanted = sorted(
        (merged.get(row["who"], row["who"]), row["us"], row["what"]) for batch in sent for row in batch.to_pylist()
    )
    assert rows == wanted
    people = [set(piece.who.tolist()) for piece in found]
    assert all(not one & other for one, other in pairwise(people))
    assert all(len(piece.who) <= histories.PIECE or len(own) == 1 for piece, own in zip(found, people, strict=True))


def test_nothing_is_no_piece() -> None:
    nobody = histories.Persons(pa.table({"visitor": pa.array([], pa.int64()), "person": pa.array([], pa.int64())}))
    assert list(histories.Runs([], histories._as_it_is).pieces(nobody)) == []


def test_a_name_is_a_bit_and_the_first_step_decides() -> None:
    codes = list(range(100, 110))
    for count in (3, 7, 8, 10):
        means = funnel_people._means(np.array([100, 99, 100 + count - 1], np.uint64), codes[:count])
        assert means.tolist() == [1, 0, 1 << (count - 1)]
        assert funnel_people._rank(means, count).tolist() == [1, 1 << count, 1 << (count - 1)]
    assert funnel_people._rank(np.array([0b110, 0b1000], np.int32), 3).tolist() == [2, 8]  # what is excluded is no step


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_funnels_of_many_files_are_those_by_hand(project: Project, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Visitors are one person across files, moments are shared, and the engine sorts where there is too much."""
    random = Random(seed)
    monkeypatch.setattr(histories, "PIECE", 20)
    person = Person.objects.create(project=project, created_at=NOW)
    for visitor in (1, 4, 7):
        PersonId.objects.create(project=project, person=person, visitor=visitor)
    rows: list[dict[str, Any]] = []
    for _ in range(4):
        some = [event(random.randrange(10), at(-random.randrange(300)), name=random.choice(NAMES)) for _ in range(40)]
        facts.store(project, "events", *some)
        rows += some
    known = [{**row, "visitor": person.pk if row["visitor"] in (1, 4, 7) else row["visitor"]} for row in rows]
    order = ("ordered", "strict", "unordered")[seed % 3]
    excluded = (Exclusion("d", 1, 3),) if seed >= 3 and order != "unordered" else ()
    definition = Definition(tuple(map(Step, "abc")), excluded, order, at(60) - at(0))
    for most in (histories.MOST, 10):
        monkeypatch.setattr(histories, "MOST", most)
        found = funnels(project, definition=definition, scope=Scope(DAY))
        assert_as_by_hand(found, known, definition)
