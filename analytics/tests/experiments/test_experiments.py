"""Experiments: planned, started, judged, decided with what was known, and never judged by too little."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from analytics.experiments import changing, judging, plans, results
from analytics.flags import changing as flags
from analytics.models import Experiment
from analytics.tests.experiments import make
from events.models import AuditEntry, Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_variant_that_does_better_is_seen_and_its_decision_keeps_the_evidence(
    project: Project, alice: Any, now: datetime
) -> None:
    made = make.running(project, now=now)
    make.people(project, {"control": (600, 0.2), "test": (600, 0.35)}, start=now - 4 * DAY)
    found = results.of(made, now=now)
    assert (found.people, found.several, found.split.is_wrong) == (1200, 0, False)
    paid, errors = found.judged
    (test,) = paid.others
    assert (paid.count, paid.mean, test.mean, test.standing) == (600, pytest.approx(0.2), pytest.approx(0.35), "better")
    assert test.effect is not None
    assert test.effect.value == pytest.approx(0.15)
    assert test.lift is not None
    assert test.lift.value == pytest.approx(0.75)
    assert errors.others[0].problem.startswith("The control's numbers are all the same")
    (course,) = found.courses
    assert course.metric == "Paid"
    assert course.effects["test"][-1] == test.effect
    assert len(course.days) == len(course.effects["test"]) > 2

    changing.decide(made, "test", "People pay more often.", actor=alice, now=now)
    made.refresh_from_db()
    assert (made.state, made.decision, made.ended_at, made.decided_by) == ("decided", "test", now, alice)
    assert made.evidence["metrics"][0]["variants"][0]["standing"] == "better"
    make.people(project, {"control": (600, 0.9)}, start=now - 2 * DAY, seed=2)
    made.refresh_from_db()
    assert made.evidence["people"] == 1200
    actions = AuditEntry.objects.filter(action__startswith="experiment.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "experiment.create", "experiment.start", "experiment.decide",
    ]  # fmt: skip


@pytest.mark.parametrize("method", Experiment.Method.values)
def test_no_difference_is_not_called_one(project: Project, now: datetime, method: str) -> None:
    made = make.running(project, now=now, method=method)
    make.people(project, {"control": (500, 0.3), "test": (500, 0.31)}, start=now - 4 * DAY)
    (test,) = results.of(made, now=now).judged[0].others
    assert test.effect is not None
    assert test.effect.low < 0 < test.effect.high
    assert test.standing == "open"
    assert json.dumps(results.frozen(results.of(made, now=now)), allow_nan=False)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "No exposure yet."),
        ({"control": (150, 0.5)}, "Nobody was exposed to one of the two yet."),
        ({"control": (150, 0.5), "test": (99, 0.5)}, "Fewer than 100 people"),
        ({"control": (150, 0.0), "test": (150, 0.5)}, "The control's numbers are all the same"),
        ({"control": (150, 0.5), "test": (150, 1.0)}, "The variant's numbers are all the same"),
    ],
)
def test_of_too_little_nothing_is_said(
    project: Project, now: datetime, counts: dict[str, tuple[int, float]], said: str
) -> None:
    made = make.running(project, now=now, metrics=[make.PAID])
    if counts:
        make.people(project, counts, start=now - 4 * DAY)
    (test,) = results.of(made, now=now).judged[0].others
    assert test.problem.startswith(said)
    assert (test.effect, test.standing) == (None, "open")


def test_a_wrong_split_silences_every_verdict(project: Project, now: datetime) -> None:
    made = make.running(project, now=now)
    make.people(project, {"control": (500, 0.2), "test": (700, 0.5)}, start=now - 4 * DAY)
    found = results.of(made, now=now)
    assert found.split.is_wrong
    assert [arm[2] for arm in found.split.arms] == [600, 600]
    assert {other.standing for one in found.judged for other in one.others} == {"open"}
    assert found.judged[0].others[0].problem == "People were not split as planned: no verdict."


def test_a_guardrail_warns_or_holds() -> None:
    rules = judging.Rules("sequential", 0.05, "holm", is_adjusted=False)
    (guard,) = plans.metrics_of([*plans.checked([make.PAID, {**make.ERRORS, "margin": 0.5}])[1:]])

    def standing(share: float) -> str:
        cells = {
            (NOW, name): judging.Moments(4000, hits, 0, 4000 * hits * (1 - hits), 0, 0)
            for name, hits in (("control", 0.1), ("test", share))
        }
        (one,) = judging.judge([(guard, cells)], ["control", "test"], "control", rules, is_split_wrong=False)
        return one.others[0].standing

    assert [standing(share) for share in (0.2, 0.11, 0.05)] == ["worse", "holds", "better"]


def test_many_questions_need_more_evidence() -> None:
    cells = {(NOW, name): judging.Moments(1000, share, 0, 0, 0, 0)
             for name, share in (("control", 0.3), ("b", 0.345), ("c", 0.345))}  # fmt: skip
    metrics = plans.metrics_of(plans.checked([{**make.PAID, "name": str(n)} for n in range(3)]))
    told = {}
    for correction in ("none", "holm", "bh"):
        rules = judging.Rules("fixed", 0.05, correction, is_adjusted=False)
        judged = judging.judge(
            [(metric, cells) for metric in metrics], ["control", "b", "c"], "control", rules, is_split_wrong=False
        )
        told[correction] = {other.standing for one in judged for other in one.others}
    assert told == {"none": {"better"}, "holm": {"open"}, "bh": {"better"}}


def test_what_it_needs_is_said_before_it_starts(project: Project, now: datetime) -> None:
    made = make.draft(project, now=now, method="fixed", planned_effect=0.25)
    assert "Nobody was exposed" in results.needed(made, now=now)[1]
    made.expected_share, made.expected_people = 0.2, 206.0
    assert results.needed(made, now=now)[0] == plans.Required(1031, 2 * 1031 / 206)  # Evan Miller: 1,030.2
    make.people(project, {"control": (350, 0.2), "test": (350, 0.2)}, start=now - 5 * DAY)
    assert results.needed(made, now=now)[0] == plans.Required(1031, 2 * 1031 / 50)
    made.method = "sequential"
    always = results.needed(made, now=now)[0]
    assert always is not None
    assert 1031 < always.size < 2500


def test_only_what_can_be_told_apart_starts(project: Project, now: datetime) -> None:
    made = make.draft(project, now=now)
    flags.switch(made.flag, is_active=False, actor="test", now=now)
    made.flag.refresh_from_db()
    with pytest.raises(ValidationError, match="is off"):
        changing.start(made, actor="test", now=now)
    with pytest.raises(ValidationError, match="does not run"):
        changing.stop(made, actor="test", now=now)
    with pytest.raises(ValidationError, match="did not start"):
        changing.decide(made, "test", "because", actor="test", now=now)
    flags.switch(made.flag, is_active=True, actor="test", now=now)
    made = changing.start(made, actor="test", now=now)
    assert made.shares == [["control", 50], ["test", 50]]
    with pytest.raises(ValidationError, match="is fixed"):
        changing.put(made, {"name": "Other"}, actor="test", now=now)
    with pytest.raises(ValidationError, match="archive the flag"):
        flags.delete(made.flag, actor="test", now=now)
    made = changing.stop(made, actor="test", now=now + DAY)
    assert results.period_of(made, now=now + 9 * DAY).end == now + DAY


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"control": "nobody"}, "control"), ({"level": 0.9}, "level"), ({"level": "x"}, "level"),
        ({"planned_effect": 0}, "planned_effect"), ({"planned_effect": None}, "planned_effect"),
        ({"metrics": []}, "metrics"), ({"metrics": [make.ERRORS]}, "metrics"), ({"metrics": "x"}, "metrics"),
        ({"metrics": [{**make.PAID, "event": ""}]}, "metrics"), ({"metrics": [make.PAID, make.PAID]}, "metrics"),
        ({"metrics": [{**make.PAID, "kind": "sum"}]}, "metrics"), ({"method": "guess"}, "method"),
        ({"metrics": [{**make.PAID, "kind": "ratio"}]}, "metrics"), ({"expected_share": 2}, "expected_share"),
        ({"metrics": [{**make.PAID, "hours": 0}]}, "metrics"), ({"name": ""}, "name"),
    ],
)  # fmt: skip
def test_what_is_not_sound_is_refused_by_field(
    project: Project, now: datetime, sent: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        make.draft(project, now=now, **sent)
    assert field in refused.value.message_dict
    assert not Experiment.objects.exists()
