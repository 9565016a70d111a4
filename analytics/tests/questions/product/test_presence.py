"""Who was there when: each pair once, of persons as they are now, however much is read at a time."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from analytics.engine import QueryTooLarge, duck
from analytics.periods import Period
from analytics.questions.product import calendar, presence
from analytics.questions.product.acts import Scope
from analytics.questions.product.cohorts import cohorts
from analytics.questions.product.trends import trends
from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from events.models import Person, PersonId, Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
PERIOD = Period(NOW - timedelta(days=9, hours=5), NOW)
SCOPE = Scope(PERIOD)
BERLIN = ZoneInfo("Europe/Berlin")
# Visitors are hashes, which the small numbers of persons do not meet.
_FAR = 10**12


@pytest.fixture
def crowd(project: Project) -> list[tuple[int, float, str]]:
    """(person, days ago, event) in several files; visitors 1, 5 and 9 are one person, who is numbered 1."""
    person, random = Person.objects.create(project=project, created_at=NOW), Random(7)
    for visitor in (1, 5, 9):
        PersonId.objects.create(project=project, person=person, visitor=_FAR + visitor)
    done = []
    for _ in range(5):
        some = [(random.randrange(14), random.uniform(0.01, 12), random.choice("aab")) for _ in range(30)]
        facts.store(
            project, "events", *(event(_FAR + who, NOW - timedelta(days=ago), name=name) for who, ago, name in some)
        )
        done += some
    return [(1 if who in (5, 9) else who, ago, name) for who, ago, name in done]


@pytest.mark.parametrize("fold", [1, 20, presence.FOLD])
def test_pairs_are_those_by_hand(
    project: Project, crowd: list[tuple[int, float, str]], monkeypatch: pytest.MonkeyPatch, fold: int
) -> None:
    monkeypatch.setattr(presence, "FOLD", fold)
    monkeypatch.setattr(duck, "STREAM", 1)
    days = calendar.calendar(PERIOD, "day", BERLIN)
    found = presence.presence(project.pk, ("a", "b"), SCOPE, calendar=days, since=None)
    wanted: dict[tuple[int, int], int] = defaultdict(int)
    for who, ago, name in crowd:
        moment = NOW - timedelta(days=ago)
        inside = [n for n, start in enumerate(days.starts) if max(start, PERIOD.start) <= moment < days.edges[n + 1]]
        wanted[who, inside[0] if inside else presence.BEFORE] |= 1 if name == "a" else 2
    by_place = sorted((place, did) for (_, place), did in wanted.items())
    assert sorted(zip(found.place.tolist(), found.did.tolist(), strict=True)) == by_place
    assert found.people == len({who for who, _ in wanted})
    pairs = list(zip(found.person.tolist(), found.place.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    one = trends(project, event="a", scope=SCOPE, calendar=days, measure="people", with_people=True).lines[0]
    of_a = {pair for pair, did in wanted.items() if did & 1 and pair[1] >= 0}
    assert one.numbers == tuple(sum(place == n for _, place in of_a) for n in range(len(days.starts)))
    assert (one.total, one.everybody, one.people) == (len({who for who, _ in of_a}), one.total, one.numbers)


def test_cohorts_do_not_depend_on_how_many_are_laid_out(
    project: Project, crowd: list[tuple[int, float, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from analytics.questions.product import cohorts as module

    about = {"begin": "a", "again": "*", "scope": SCOPE, "calendar": calendar.calendar(PERIOD, "day", BERLIN)}
    whole = [cohorts(project, times=times, **about) for times in module.TIMES]
    assert sum(one.people[0] for one in whole[1].cohorts) > sum(one.people[0] for one in whole[0].cohorts) > 0
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    assert [cohorts(project, times=times, **about) for times in module.TIMES] == whole


def test_what_does_not_fit_is_said(
    project: Project, crowd: list[tuple[int, float, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duck, "STREAM", 1)  # a batch a file
    monkeypatch.setattr(presence, "FOLD", 1)
    monkeypatch.setattr(presence, "_BYTES", 2**40)
    days = calendar.calendar(PERIOD, "day", BERLIN)
    with pytest.raises(QueryTooLarge):
        trends(project, event="*", scope=SCOPE, calendar=days, measure="people")
