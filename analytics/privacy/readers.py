"""Questions about people, answered for somebody: the one way that pages, charts, files and the API take.

Who may see single persons gets answers as they are, all others with small groups folded (`small_groups` has the rule).
A question that is in neither table at the end is not answered, so a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from analytics.privacy.small_groups import FOLDED, kept, rough_of, told, told_of
from analytics.questions.product import trends as trending
from analytics.questions.product.actions import counted
from analytics.questions.product.acts import BadQuestion
from analytics.questions.product.cohorts import Cohorts, cohorts, mean
from analytics.questions.product.features import Bucket, Feature, features, stickiness
from analytics.questions.product.formula_trends import formula_trends
from analytics.questions.product.funnel_losses import Loss, losses
from analytics.questions.product.funnels import Cut, Funnel, Reached, Times, funnels
from analytics.questions.product.journeys import Journeys, journeys
from analytics.questions.product.known import Known, known_events
from analytics.questions.product.trends import NUMBERS, Trend, trends
from analytics.questions.product.web import Counted, Line, Web, web
from events.models import Project

Asked = Mapping[str, Any]
Answer = TypeVar("Answer")
# The least and the most are what one person did; beyond a percentile there are to be people enough.
_SINGLE = ("min", "max")
_BEYOND = {"median": 2, "p75": 4, "p90": 10, "p95": 20, "p99": 100}


def least(project: Project, *, sees_persons: bool) -> int:
    """How many people a group needs, so that somebody is told of it; 0 for who is told of all."""
    return 0 if sees_persons else project.small_groups


def ask(question: Callable[..., Answer], project: Project, *, sees_persons: bool, **asked: Any) -> Answer:
    """What `question` says of the project to who sees persons, or does not. Raises BadQuestion for what would be about
    one of them."""
    if of := _WORKED_OUT.get(question):
        return question(project, ask=partial(ask, of, sees_persons=sees_persons), **asked)
    needed = least(project, sees_persons=sees_persons)
    fold = _FOLDS[question]
    if needed and asked.get("measure") in _SINGLE:
        raise BadQuestion("The least and the most are of single persons, whom you may not see here.")
    if needed and question in _WITH_PEOPLE:
        asked["with_people"] = True
    found = question(project, **asked)
    return fold(found, needed, asked) if needed else found


def _web(found: Web, least: int, asked: Asked) -> Web:
    total = found.total
    if total.visitors < least:
        return replace(
            found, total=Counted(), trend=((0, 0, 0),) * len(found.trend), lists=dict.fromkeys(found.lists, ())
        )
    durations = (rough_of(seconds, total.visitors, least) for seconds in (total.median_seconds, total.mean_seconds))
    counts = (total.visitors, total.visits, total.views, total.viewing, total.bounces)
    return replace(
        found,
        total=Counted(*(told(count, least) for count in counts), *durations),
        trend=tuple(
            (told(people, least), told_of(visits, people, least), told_of(views, people, least))
            for people, visits, views in found.trend
        ),
        lists={name: _lines(lines, least) for name, lines in found.lists.items()},
    )


def _lines(found: tuple[Line, ...], least: int) -> tuple[Line, ...]:
    """By what is told of them: the order of true numbers would tell more."""
    shown = [found[place] for place in kept([line.visitors for line in found], least)]
    lines = [Line(one.value, *(told(count, least) for count in (one.visitors, one.visits, one.views))) for one in shown]
    return (*sorted(lines, key=lambda one: (-one.visitors, -one.visits, one.value)), Line(FOLDED, 0, 0, 0))


def _trends(found: Trend, least: int, asked: Asked) -> Trend:
    measure = asked.get("measure", "total")

    def measured(number: float | None, people: int) -> float | None:
        if measure in NUMBERS:
            return rough_of(number, people, least * _BEYOND.get(measure, 1))
        return float(told_of(int(number or 0), people, least))

    shown = [found.lines[place] for place in kept([line.everybody or 0 for line in found.lines], least)]
    lines = [
        replace(
            line,
            total=measured(line.total, line.everybody or 0),
            numbers=tuple(measured(number, people) for number, people in zip(line.numbers, line.people, strict=True)),
            everybody=told(line.everybody or 0, least),
            people=tuple(told(people, least) for people in line.people),
        )
        for line in shown
    ]
    lines.sort(key=lambda one: (one.is_other, -(one.total or 0), one.value))
    if lines and asked.get("by"):
        count = len(found.starts)
        lines.append(trending.Line(FOLDED, True, None, (None,) * count, 0, (0,) * count))
    return replace(found, lines=tuple(lines), values=len(lines))


def _funnels(found: Funnel, least: int, asked: Asked) -> Funnel:
    def times(of: Times, people: int) -> Times:
        return Times(
            rough_of(of.mean, people, least), rough_of(of.median, people, least * _BEYOND["median"]),
            rough_of(of.p75, people, least * _BEYOND["p75"]), rough_of(of.p90, people, least * _BEYOND["p90"]),
        )  # fmt: skip

    cuts = [found.cuts[place] for place in kept([cut.people[0] for cut in found.cuts], least)]
    shown = [
        Cut(
            cut.value,
            cut.is_other,
            tuple(told(people, least) for people in cut.people),
            rough_of(cut.median, cut.people[-1], least * _BEYOND["median"]),
        )
        for cut in cuts
    ]
    shown.sort(key=lambda one: (one.is_other, -one.people[0], one.value))
    if shown:
        shown.append(Cut(FOLDED, True, (0,) * len(found.steps), None))
    steps = [
        Reached(one.event, one.is_optional, told(one.people, least), times(one.times, one.people))
        for one in found.steps
    ]
    return Funnel(
        tuple(steps), times(found.times, found.steps[-1].people), told(found.left_out, least), tuple(shown), len(shown)
    )


def _losses(found: tuple[Loss, ...], least: int, asked: Asked) -> tuple[Loss, ...]:
    return tuple(
        replace(
            loss,
            lost=told(loss.lost, least),
            kept=told(loss.kept, least),
            met=tuple(
                sorted(
                    (
                        replace(one, lost=told(one.lost, least), kept=told(one.kept, least))
                        for one in loss.met
                        if one.lost >= least
                    ),
                    key=lambda one: (-one.lost, one.kept, one.kind, one.what),
                )
            ),
        )
        for loss in found
        if loss.lost >= least
    )


def _journeys(found: Journeys, least: int, asked: Asked) -> Journeys:
    edges = [found.edges[place] for place in kept([edge.people or 0 for edge in found.edges], least)]
    shown = [replace(edge, sessions=told(edge.sessions, least), people=told(edge.people or 0, least)) for edge in edges]
    shown.sort(key=lambda one: (-one.sessions, one.place, one.source, one.target))
    people = found.people or 0
    return Journeys(told_of(found.sessions, people, least), told(people, least), tuple(shown), 0, 0)


def _cohorts(found: Cohorts, least: int, asked: Asked) -> Cohorts:
    shown = tuple(
        replace(cohort, people=tuple(told_of(people, cohort.people[0], least) for people in cohort.people))
        for cohort in found.cohorts
    )
    return replace(found, cohorts=shown, mean=mean(shown))


def _features(found: Feature, least: int, asked: Asked) -> Feature:
    def bucket(one: Bucket) -> Bucket:
        people = (one.active, one.users, one.new, one.returning, one.resurrecting, one.dormant)
        return Bucket(one.start, one.is_whole, *(told(count, least) for count in people))

    buckets, users = tuple(map(bucket, found.buckets)), told(found.users, least)
    return Feature(
        active=told(found.active, least),
        users=users,
        new=told(found.new, least),
        uses=told_of(found.uses, found.users, least),
        buckets=buckets,
        often=tuple(told(people, least) for people in found.often),
        stickiness=stickiness(buckets, users=users),
    )


def _counted(found: dict[str, tuple[int, int]], least: int, asked: Asked) -> dict[str, tuple[int, int]]:
    return {name: (told_of(events, people, least), told(people, least)) for name, (events, people) in found.items()}


def _known(found: tuple[Known, ...], least: int, asked: Asked) -> tuple[Known, ...]:
    shown = [(told(one.people or 0, least), one.name) for one in found if (one.people or 0) >= least]
    return tuple(Known(name, people) for people, name in sorted(shown, key=lambda one: (-one[0], one[1])))


# Who counts people only where they are needed: it takes as long as all the rest.
_WITH_PEOPLE = {trends, known_events, journeys}
# Worked out of the answers of another question, each of which is folded.
_WORKED_OUT: dict[Callable[..., Any], Callable[..., Any]] = {formula_trends: trends}
_FOLDS: dict[Callable[..., Any], Callable[[Any, int, Asked], Any]] = {
    web: _web, trends: _trends, funnels: _funnels, losses: _losses, journeys: _journeys, cohorts: _cohorts,
    features: _features, known_events: _known,
    counted: _counted,
}  # fmt: skip
