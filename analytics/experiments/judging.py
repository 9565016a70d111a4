"""What may be said of an experiment's variants by what their people did. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from analytics.experiments.plans import Metric
from analytics.statistics import effects, samples
from analytics.statistics.effects import Effect
from analytics.statistics.samples import Moments, Sample

# Below so many people in a variant nothing is said of it, nor of how people were split.
LEAST = 100
Standing = Literal["better", "worse", "holds", "open"]
Cells = Mapping[tuple[datetime, str], Moments]


@dataclass(frozen=True, slots=True)
class Rules:
    """How an experiment is judged."""

    method: str
    level: float
    correction: str
    is_adjusted: bool


@dataclass(frozen=True, slots=True)
class Split:
    """How people were split: (variant, people, people expected); `p` is None for too few to say."""

    arms: tuple[tuple[str, int, float], ...]
    p: float | None

    @property
    def is_wrong(self) -> bool:
        return self.p is not None and self.p < effects.MISMATCH


@dataclass(frozen=True, slots=True)
class Compared:
    """A variant beside the control, by one metric. `effect` is the difference of the means, which decides; `lift` the
    same as a part of the control's mean. `p` is corrected for how much is asked at once. `problem` says why nothing is
    said."""

    variant: str
    count: int
    mean: float | None
    effect: Effect | None = None
    lift: Effect | None = None
    p: float | None = None
    standing: Standing = "open"
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One metric: the control's people and mean, and each other variant beside it."""

    metric: Metric
    control: str
    count: int
    mean: float | None
    others: tuple[Compared, ...]


def split(counts: Mapping[str, int], shares: Sequence[tuple[str, float]]) -> Split:
    """Whether people came to the variants in the planned shares."""
    total, whole = sum(counts.get(name, 0) for name, _ in shares), sum(share for _, share in shares)
    arms = tuple((name, counts.get(name, 0), total * share / whole) for name, share in shares)
    wanted = [(count, share) for (_, count, _), (_, share) in zip(arms, shares, strict=True) if share > 0]
    p = effects.sample_ratio(*zip(*wanted, strict=True)) if total >= LEAST and len(wanted) > 1 else None
    return Split(arms, p)


def judge(
    found: Sequence[tuple[Metric, Cells]], variants: Sequence[str], control: str, rules: Rules, *, is_split_wrong: bool
) -> list[Judged]:
    """All metrics, corrected together: those that decide as one family, those that guard as another."""
    judged = [_judged(metric, _whole(cells), variants, control, rules) for metric, cells in found]
    for is_guardrail in (False, True):
        places = [
            (row, place)
            for row, one in enumerate(judged)
            for place, other in enumerate(one.others)
            if one.metric.is_guardrail == is_guardrail and other.effect is not None and other.effect.p is not None
        ]
        ps = effects.corrected([_p(judged[row].others[place]) for row, place in places], method=rules.correction)
        for (row, place), p in zip(places, ps, strict=True):
            others = list(judged[row].others)
            others[place] = replace(others[place], p=p)
            judged[row] = replace(judged[row], others=tuple(others))
    return [
        replace(one, others=tuple(_stood(one, other, rules, is_split_wrong=is_split_wrong) for other in one.others))
        for one in judged
    ]


def over_time(
    metric: Metric, cells: Cells, variants: Sequence[str], control: str, rules: Rules
) -> Iterator[tuple[datetime, str, Effect | None]]:
    """The effect as it was with the people exposed until the end of each day: (day, variant, effect)."""
    sums: dict[str, Moments] = {}
    for day in sorted({day for day, _ in cells}):
        for name in variants:
            sums[name] = sums.get(name, Moments()) + cells.get((day, name), Moments())
        judged = _judged(metric, sums, variants, control, rules)
        yield from ((day, other.variant, other.effect) for other in judged.others)


def _whole(cells: Cells) -> dict[str, Moments]:
    found: dict[str, Moments] = {}
    for (_, variant), moments in sorted(cells.items()):
        found[variant] = found.get(variant, Moments()) + moments
    return found


def _judged(
    metric: Metric, groups: Mapping[str, Moments], variants: Sequence[str], control: str, rules: Rules
) -> Judged:
    known = {name: groups[name] for name in variants if name in groups and groups[name].count > 1}
    told = _samples(metric, known, rules)
    plain = {name: _sample(metric, one) for name, one in known.items()}
    counts = {name: groups[name].count if name in groups else 0 for name in variants}
    means = {name: one.mean if (one := plain.get(name)) else None for name in variants}
    first = told.get(control)
    others = []
    for name in variants:
        if name == control:
            continue
        second, mean = told.get(name), means[name]
        if problem := _problem(counts[control], counts[name], first, second):
            others.append(Compared(name, counts[name], mean, problem=problem))
            continue
        assert first is not None
        assert second is not None
        effect = _effect(first, second, rules, is_relative=False)
        if rules.method == "bayesian" and metric.is_share and not rules.is_adjusted:
            hits = (round(one.mean * one.count) for one in (first, second))
            effect = replace(effect, chance=effects.chance_of_more(next(hits), first.count, next(hits), second.count))
        lift = _effect(first, second, rules, is_relative=True) if first.mean > 0 else None
        others.append(Compared(name, counts[name], mean, effect, lift))
    return Judged(metric, control, counts[control], means[control], tuple(others))


def _effect(first: Sample, second: Sample, rules: Rules, *, is_relative: bool) -> Effect:
    compare = {"fixed": effects.fixed, "bayesian": effects.bayesian}.get(rules.method, effects.sequential)
    return compare(first, second, level=rules.level, is_relative=is_relative)


def _samples(metric: Metric, groups: dict[str, Moments], rules: Rules) -> dict[str, Sample | None]:
    if rules.is_adjusted and not metric.is_ratio and any(one.squares_beside for one in groups.values()):
        return dict(samples.adjusted(groups))
    return {name: _sample(metric, one) for name, one in groups.items()}


def _sample(metric: Metric, moments: Moments) -> Sample | None:
    if metric.is_ratio:
        return samples.ratio(moments)
    return samples.share(moments) if metric.is_share else samples.mean(moments)


def _problem(people: int, others: int, first: Sample | None, second: Sample | None) -> str:
    """Why two groups cannot be compared; empty where they can."""
    if not people or not others:
        return "No exposure yet." if not people and not others else "Nobody was exposed to one of the two yet."
    if min(people, others) < LEAST:
        return f"Fewer than {LEAST} people in a variant: too early to say anything."
    if first is None or second is None:
        return "What it is divided by has not happened yet."
    if not samples.is_sound(first):
        return "The control's numbers are all the same: there is nothing to compare with."
    if not samples.is_sound(second):
        return "The variant's numbers are all the same: there is nothing to compare."
    return ""


def _p(other: Compared) -> float:
    assert other.effect is not None
    assert other.effect.p is not None
    return other.effect.p


def _stood(one: Judged, other: Compared, rules: Rules, *, is_split_wrong: bool) -> Compared:
    """The verdict: none where people were not split as planned."""
    if other.effect is None:
        return other
    if is_split_wrong:
        return replace(other, problem="People were not split as planned: no verdict.")
    sign = 1 if one.metric.more_is_better else -1
    if _is_clear(other, rules):
        return replace(other, standing="better" if other.effect.value * sign > 0 else "worse")
    if one.metric.is_guardrail and one.mean is not None:
        lost = -other.effect.low if one.metric.more_is_better else other.effect.high
        if lost <= one.metric.margin * abs(one.mean):
            return replace(other, standing="holds")
    return other


def _is_clear(other: Compared, rules: Rules) -> bool:
    assert other.effect is not None
    if other.effect.chance is not None:
        return abs(other.effect.chance - 0.5) > 0.5 - rules.level / 2
    return other.p is not None and other.p < rules.level


def together(metric: Metric, cells: Cells) -> Sample | None:
    """Everybody as one group; None where there are too few to say anything of."""
    moments = samples.joined(cells.values())
    return _sample(metric, moments) if moments.count > 1 else None
