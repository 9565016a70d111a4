"""The results of an experiment, from the facts; and as they are frozen with its decision."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics.experiments import judging, plans
from analytics.experiments.judging import Judged, Rules, Split
from analytics.flags import books
from analytics.models import Experiment, Flag
from analytics.periods import Period
from analytics.questions.variants import experiments as facts
from analytics.statistics.effects import Effect
from analytics.statistics.samples import Sample

# What is looked back on to plan.
BEFORE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Course:
    """How the effect of one metric went: `effects[variant][i]` is that of those exposed until the end of `days[i]`."""

    metric: str
    days: tuple[datetime, ...]
    effects: dict[str, list[Effect | None]]


@dataclass(frozen=True, slots=True)
class Results:
    """`several` people saw more than one variant and are left out; `courses` are of the metrics that decide."""

    at: datetime
    people: int
    several: int
    split: Split
    judged: tuple[Judged, ...]
    courses: tuple[Course, ...]


def rules_of(experiment: Experiment) -> Rules:
    return Rules(experiment.method, experiment.level, experiment.correction, experiment.is_adjusted)


def period_of(experiment: Experiment, *, now: datetime) -> Period:
    """When people are exposed for it. Raises ValueError for one that did not start."""
    if experiment.started_at is None:
        raise ValueError("The experiment did not start yet.")
    return Period(experiment.started_at, max(experiment.started_at, min(experiment.ended_at or now, now)))


def of(experiment: Experiment, *, now: datetime) -> Results:
    """The results as they are now, of an experiment that started."""
    period, rules = period_of(experiment, now=now), rules_of(experiment)
    shares = [(str(name), float(share)) for name, share in experiment.shares]
    variants = [name for name, _ in shares]
    project_id, flag = experiment.project_id, experiment.flag.key
    exposed = facts.exposed(project_id, flag, period=period)
    counts: Counter[str] = Counter()
    for (_, variant), count in exposed.days.items():
        counts[variant] += count
    split = judging.split(counts, shares)
    found = [
        (metric, facts.measured(project_id, flag, metric.measure, period=period, now=now))
        for metric in plans.metrics_of(experiment.metrics)
    ]
    judged = judging.judge(found, variants, experiment.control, rules, is_split_wrong=split.is_wrong)
    courses = []
    for metric, cells in found:
        if metric.is_guardrail:
            continue
        told = list(judging.over_time(metric, cells, variants, experiment.control, rules))
        by_variant = {name: [effect for _, of, effect in told if of == name] for name in variants}
        by_variant.pop(experiment.control, None)
        courses.append(Course(metric.name, tuple(sorted({day for day, _, _ in told})), by_variant))
    people = sum(counts[name] for name in variants)
    return Results(now, people, exposed.several, split, tuple(judged), tuple(courses))


def frozen(results: Results) -> dict[str, Any]:
    """The results as JSON, whole but for how they went day by day."""
    return {
        "at": results.at.isoformat(),
        "people": results.people,
        "several": results.several,
        "split": {"p": results.split.p, "is_wrong": results.split.is_wrong,
                  "variants": [{"variant": name, "people": count, "expected": expected}
                               for name, count, expected in results.split.arms]},
        "metrics": [
            {
                "name": one.metric.name, "kind": one.metric.measure.kind, "is_guardrail": one.metric.is_guardrail,
                "more_is_better": one.metric.more_is_better, "control": one.control, "people": one.count,
                "mean": one.mean, "variants": [asdict(other) for other in one.others],
            }
            for one in results.judged
        ],
    }  # fmt: skip


def variants_of(flag: Flag) -> list[tuple[str, float]]:
    """The variants of a flag, with their shares in percent."""
    return [(name, float(share)) for name, share in books.of_row(flag).variants]


def needed(experiment: Experiment, *, now: datetime) -> tuple[plans.Required | None, str]:
    """How many people its first metric needs and how long they take; or why nobody can say.

    It goes by the two weeks before and everybody exposed to the flag then, else by what people expect.
    """
    metric = plans.metrics_of(experiment.metrics)[0]
    end = experiment.started_at or now
    period = Period(end - BEFORE, end)
    cells = facts.measured(experiment.project_id, experiment.flag.key, metric.measure, period=period, now=end)
    sample, a_day = judging.together(metric, cells), experiment.expected_people or 0.0
    if sample is not None:
        a_day = sample.count / (BEFORE / timedelta(days=1))
    elif metric.is_share and experiment.expected_share is not None:
        share = experiment.expected_share
        sample = Sample(0, share, share * (1 - share))
    else:
        return None, (
            "Nobody was exposed to the flag in the two weeks before, so nothing is known to plan by. "
            "Say which share of people you expect of the first metric, where it is a share."
        )
    variants = experiment.shares or variants_of(experiment.flag)
    found = plans.required(
        mean=sample.mean, variance=sample.variance, is_share=metric.is_share, effect=experiment.planned_effect,
        method=experiment.method, level=experiment.level, power=experiment.power, variants=max(2, len(variants)),
        people_per_day=a_day,
    )  # fmt: skip
    if found is None:
        return None, "That share or mean can not change by so much: it is nothing, all, or always the same."
    return found, ""
