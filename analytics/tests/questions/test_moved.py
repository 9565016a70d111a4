"""What moved: nothing of chance beyond the share that is allowed, what was planted, and what rows say."""

import random
from datetime import timedelta
from typing import Any

import pytest

from analytics.questions.incidents.moved import Candidate, moved, ranked
from analytics.tests import facts
from events.models import Project
from events.tests import make
from events.tests.cast import NOW

MINUTE = timedelta(minutes=1)


def poisson(dice: random.Random, mean: float) -> int:
    """Knuth's way for small means, the normal one beyond."""
    if mean > 60:
        return max(0, round(dice.gauss(mean, mean**0.5)))
    limit, count, product = 2.718281828**-mean, 0, dice.random()
    while product > limit:
        count, product = count + 1, product * dice.random()
    return count


def candidate(dice: random.Random, name: str, *, times: float = 1.0, wild: float = 0.0) -> Candidate:
    """A thing with a rate of its own, seen in twelve slices before; `wild` is how far its rate strays by itself."""
    rate, tries = dice.uniform(0.005, 0.2), dice.randrange(200, 3000)

    def hits(of: int, factor: float) -> int:
        strays = dice.gammavariate(1 / wild, wild) if wild else 1.0
        return min(of, poisson(dice, rate * of * factor * strays))

    before = tuple(float(hits(tries, 1.0)) for _ in range(12))
    return Candidate("endpoint fails", name, hits(tries, times), tries, before, (float(tries),) * 12)


@pytest.mark.parametrize("wild", [0.0, 0.05])
def test_where_nothing_moved_hardly_anything_is_named(wild: float) -> None:
    dice = random.Random(11)
    runs = [ranked([candidate(dice, f"r{n}", wild=wild) for n in range(60)]) for _ in range(60)]
    assert sum(bool(found) for found in runs) / len(runs) <= 0.1


def test_what_was_planted_is_found_and_the_rest_is_rarely_chance() -> None:
    dice, found, wrong, planted = random.Random(7), 0, 0, 0
    for _ in range(30):
        things = [candidate(dice, f"bad{n}", times=4.0, wild=0.02) for n in range(5)]
        things += [candidate(dice, f"calm{n}", wild=0.02) for n in range(45)]
        names = [one.name for one in ranked(things)]
        planted += 5
        found += sum(name.startswith("bad") for name in names)
        wrong += sum(name.startswith("calm") for name in names)
    assert found / planted > 0.95
    assert wrong / max(1, found + wrong) <= 0.05


def test_small_and_better_things_are_not_named() -> None:
    better = Candidate("endpoint fails", "better", 5, 5000, (100.0,) * 12, (1000.0,) * 12)
    slight = Candidate("endpoint fails", "slight", 24_000, 100_000, (20_000.0,) * 12, (100_000.0,) * 12)
    few = Candidate("endpoint fails", "few", 6, 6, (0.0,) * 12, (5.0,) * 12)
    assert ranked([better, slight, few]) == []


@pytest.mark.django_db
def test_it_reads_endpoints_errors_and_hosts(project: Project) -> None:
    start, rows, readings = NOW - 20 * MINUTE, [], []
    for minute in range(-380, 20):
        at, is_now = start + minute * MINUTE, minute >= 0
        for route in ("GET /a", "GET /b"):
            bad = is_now and route == "GET /a"
            rows += [
                facts.request(
                    at, route=route, status=500 if bad and n < 2 else 200, duration_ms=900.0 if bad else 100.0
                )
                for n in range(3)
            ]
        readings.append(facts.reading("system.cpu.utilization", 0.9 if is_now else 0.2, at=at, host="web-1"))
        readings.append(facts.reading("system.cpu.utilization", 0.2, at=at, host="web-2"))
    facts.filled(project, "requests", *rows)
    facts.filled(project, "metrics", *readings)
    issue = make.issue(project, groups=1, title="It breaks")
    make.hours(issue.groups.get(), {1: 400, **dict.fromkeys(range(2, 20), 2)})
    found = moved(project.pk, start=start, end=NOW, now=NOW)
    named: dict[tuple[str, str], Any] = {(one.kind, one.name): one for one in found}
    assert set(named) == {
        ("endpoint fails", "GET /a"),
        ("endpoint is slow", "GET /a"),
        ("host is busy", "web-1 system.cpu.utilization"),
        ("error", "It breaks"),
    }
    assert named["endpoint fails", "GET /a"].words.startswith("from nothing, at least ×")
    assert named["error", "It breaks"].issue_id == issue.pk
