"""Exposures and measures in SQL and by hand say the same, on random people; and what each rule means."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.variants import experiments
from analytics.questions.variants.experiments import Measure
from analytics.statistics import samples
from analytics.statistics.samples import Moments
from analytics.tests import facts
from events.models import Project
from events.tests.cast import NOW
from events.tests.rows import hexed

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAYS = Period(NOW - timedelta(days=4), NOW - timedelta(days=1))
Row = dict[str, Any]
Cells = dict[tuple[datetime, str], Moments]


def event(visitor: int, at: datetime, name: str, *, path: str = "/", **columns: Any) -> Row:
    own = hexed(f"{visitor} {at} {name} {path} {columns}")
    return {"at": at, "event_id": own, "visitor": visitor, "event": name, "path": path, **columns}


def exposure(visitor: int, at: datetime, variant: str = "", *, flag: str = "basket", **properties: str) -> Row:
    said = {"$feature_flag": flag, **({"$feature_flag_response": variant} if variant else {}), **properties}
    return event(visitor, at, "$feature_flag_called", properties=said)


MEASURES = [
    Measure("conversion", 6 * HOUR, "paid"),
    Measure("conversion", 6 * HOUR, "/thanks"),
    Measure("mean", 12 * HOUR, "paid", "amount"),
    Measure("mean", 12 * HOUR, "$pageview"),
    Measure("ratio", 24 * HOUR, "paid", "amount", "$pageview"),
    Measure("ratio", 24 * HOUR, "paid", "", "paid", "amount"),
]


def crowd(dice: Random) -> list[Row]:
    rows = []
    for visitor in range(120):
        variant = dice.choice(["control", "test"])
        start = NOW - timedelta(days=dice.uniform(0, 5))
        for _ in range(dice.randrange(0, 4)):
            other = dice.choice([variant] * 5 + ["test", "false", "holdout-3"])
            at = start + HOUR * dice.uniform(0, 30)
            if dice.random() < 0.3:
                rows.append(exposure(visitor, at, **{"$feature/basket": other}))
            else:
                rows.append(exposure(visitor, at, other, flag=dice.choice(["basket"] * 6 + ["other"])))
        for _ in range(dice.randrange(0, 6)):
            amount = dice.choice(["12.5", " 3 ", "1e2", "12,50", "NaN", "true", "", "-4"])
            rows.append(
                event(
                    visitor, start + HOUR * dice.choice([-20, -3, 0, 5, 6, 12, 25]) + dice.random() * HOUR,
                    dice.choice(["paid", "$pageview"]), path=dice.choice(["/", "/thanks"]),
                    properties={"amount": amount}, is_bot=dice.random() < 0.05,
                )
            )  # fmt: skip
    return rows


def value(row: Row, property: str) -> float | None:
    if not property:
        return 1.0
    text = row["properties"].get(property, "").strip()
    return float(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII) else None


def is_meant(row: Row, text: str) -> bool:
    return row["event"] == "$pageview" and row["path"] == text if text.startswith("/") else row["event"] == text


def exposed_by_hand(rows: list[Row]) -> tuple[dict[int, tuple[datetime, str]], int]:
    """The definition: visitor -> (moment, variant), and how many saw several."""
    seen: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for row in rows:
        said = row.get("properties") or {}
        if row["event"] != "$feature_flag_called" or said.get("$feature_flag") != "basket":
            continue
        variant = said.get("$feature_flag_response", said.get("$feature/basket"))
        if variant and variant != "false" and not variant.startswith("holdout-") and DAYS.start <= row["at"] < DAYS.end:
            seen[row["visitor"]].append((row["at"], variant))
    one = {visitor: min(own) for visitor, own in seen.items() if len({variant for _, variant in own}) == 1}
    return one, len(seen) - len(one)


def measured_by_hand(rows: list[Row], measure: Measure) -> Cells:
    found: dict[tuple[datetime, str], list[Moments]] = defaultdict(list)
    for visitor, (first, variant) in exposed_by_hand(rows)[0].items():
        own = [row for row in rows if row["visitor"] == visitor]
        after = [row for row in own if first <= row["at"] <= first + measure.within and row["at"] < NOW]
        before = [row for row in own if first - measure.within <= row["at"] < first]

        def total(some: list[Row], event: str, property: str) -> float:
            return sum(value(row, property) or 0.0 for row in some if is_meant(row, event))

        y, z = total(after, measure.event, measure.property), total(before, measure.event, measure.property)
        if measure.kind == "conversion":
            y, z = min(y, 1.0), min(z, 1.0)
        elif measure.kind == "ratio":
            z = total(after, measure.over_event, measure.over_property)
        day = first.replace(hour=0, minute=0, second=0, microsecond=0)
        found[day, variant].append(Moments(1, y, z))
    return {key: samples.joined(own) for key, own in found.items()}


def test_random_people_are_counted_as_by_hand(project: Project) -> None:
    for seed in range(4):
        rows = crowd(Random(seed))
        other = Project.objects.create(slug=f"p{seed}", name="P")
        facts.store(other, "events", *rows)
        people = [row for row in rows if not row.get("is_bot")]
        one, several = exposed_by_hand(people)
        found = experiments.exposed(other.pk, "basket", period=DAYS)
        assert (sum(found.days.values()), found.several) == (len(one), several), seed
        assert one
        assert several
        for measure in MEASURES:
            cells = experiments.measured(other.pk, "basket", measure, period=DAYS, now=NOW)
            expected = measured_by_hand(people, measure)
            assert cells.keys() == expected.keys()
            assert {key: own.count for key, own in cells.items()} == {
                day: count for day, count in found.days.items() if count
            }
            for key, own in cells.items():
                for name in Moments.__slots__:
                    told = getattr(own, name), getattr(expected[key], name)
                    assert told[0] == pytest.approx(told[1], abs=1e-6), (seed, measure, key, name)


def test_the_ends_of_a_window_belong_to_it(project: Project) -> None:
    first = DAYS.start + HOUR
    moments = [timedelta(milliseconds=-1), timedelta(), 6 * HOUR, 6 * HOUR + timedelta(milliseconds=1)]
    rows = [exposure(n, first, "test") for n in range(4)]
    rows += [event(n, first + moment, "paid") for n, moment in enumerate(moments)]
    facts.store(project, "events", *rows)
    (cell,) = experiments.measured(project.pk, "basket", MEASURES[0], period=DAYS, now=NOW).values()
    assert (cell.count, cell.mean, cell.beside) == (4, 0.5, 0.25)


def test_guards_count_errors_and_slow_pages_of_the_exposed(project: Project) -> None:
    first = DAYS.start + HOUR
    facts.store(project, "events", *(exposure(n, first, "test") for n in (1, 2, 3)))
    facts.store(
        project, "errors",
        {"at": first + HOUR, "event_id": hexed("a"), "user_key": 1}, {"at": first + HOUR, "event_id": hexed("b")},
        {"at": first - HOUR, "event_id": hexed("c"), "user_key": 2},
    )  # fmt: skip
    vitals = [(1, 2600.0, "a"), (1, 2400.0, "b"), (2, 9000.0, "c"), (2, 2500.0, "c")]
    facts.store(
        project, "vitals",
        *(
            facts.vital(name, value, at=first + HOUR, user_key=who, received_at=first + place * HOUR)
            for place, (who, value, name) in enumerate(vitals, 1)
        ),
    )  # fmt: skip

    def asked(kind: Any) -> Moments:
        (cell,) = experiments.measured(project.pk, "basket", Measure(kind, 24 * HOUR), period=DAYS, now=NOW).values()
        return cell

    assert (asked("errors").mean, asked("errors").beside) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    slow = asked("slow")
    assert (slow.mean * 3, slow.beside * 3) == (pytest.approx(1), pytest.approx(3))


def test_nobody_exposed_is_nothing(project: Project) -> None:
    found = experiments.exposed(project.pk, "basket", period=DAYS)
    assert (found.days, found.several) == ({}, 0)
    for measure in (*MEASURES, Measure("errors", HOUR), Measure("slow", HOUR)):
        assert experiments.measured(project.pk, "basket", measure, period=DAYS, now=NOW) == {}
