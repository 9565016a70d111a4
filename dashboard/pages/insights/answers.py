"""Each question answered: its figures by the name of their chart, its numbers, and what has to be said besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import actions, calendar, cohorts, features, formula_trends, funnels, journeys
from analytics.questions.product.acts import Scope
from analytics.questions.product.formula_trends import LETTERS, Series
from analytics.questions.product.funnels import Cut
from analytics.questions.product.trends import NUMBERS, ROLLING, Line
from dashboard.charts import figures, markers, product_figures
from dashboard.charts.definition import earlier
from dashboard.charts.figures import Figure
from dashboard.frame import formatting
from dashboard.frame.state import State
from dashboard.pages.insights import asking
from events.models import Project

CUT_OFF = "The first or last bucket is cut by the period, so it counts less."


@dataclass(frozen=True, slots=True)
class Answer:
    """`numbers` are (name, value, note); `measured` are the same as numbers for comparing, `points` what the first of
    them was along time."""

    figures: Mapping[str, Figure]
    numbers: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())
    measured: tuple[Number, ...] = ()
    points: tuple[tuple[datetime, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """One number of an answer; of a share, a part of one."""

    name: str
    value: float | None
    is_share: bool = False


def of_trends(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    about = _scope(project, state, asked)
    given = asking.trends(asked, about)
    found = readers.ask(formula_trends.formula_trends, project, sees_persons=state.sees_persons, **given)
    first: Series = given["series"][0]
    whole = given["formula"] or first.event
    names = [name or whole for name in product_figures.names_of([(line.value, line.is_other) for line in found.lines])]
    series: dict[str, tuple[float | None, ...]] = {
        name: tuple(_rounded(number) for number in line.numbers) for name, line in zip(names, found.lines, strict=True)
    }
    measures = {one.measure for one in given["series"]}
    before: dict[str, Sequence[float | None]] = {}
    if state.compare == "prev" and len(found.lines) == 1 and not given["by"]:
        before[names[0]] = _before(project, state, asked, about, given)
    noun = _noun(given)
    is_count = not given["formula"] and measures.isdisjoint(NUMBERS)
    end = max(state.end, given["calendar"].edges[-1])
    figure = figures.lines(
        found.starts, series if found.lines else {}, noun=noun.capitalize(), end=end, unit="count" if is_count else "",
        markers=markers.of(project, state), before=before, earlier=earlier(state),
        is_unfinished=bool(found.lines) and not found.is_whole[-1],
    )  # fmt: skip
    zone = calendar.zone_of(asked.get("tz", "").strip())
    notes = [CUT_OFF] if found.lines and not all(found.is_whole) else []
    notes += _rest(project, state, found.values, found.lines)
    if measures & {"people", "visits", *ROLLING}:
        notes.append("Numbers of several buckets or lines do not add up: the same people may be in each.")
    when = "at the end" if measures <= set(ROLLING) else "in the whole period"
    if given["formula"]:
        notes.append(f"{_legend(given['series'])}. A division by zero, or by nothing, is a gap.")
    return Answer(
        {"trend": product_figures.dated(figure, found.starts, given["calendar"].unit, zone)},
        tuple((name, formatting.compact(line.total), when) for name, line in zip(names, found.lines, strict=True)),
        tuple(notes),
        tuple(Number(name, line.total) for name, line in zip(names, found.lines, strict=True)),
        tuple(zip(found.starts, found.lines[0].numbers, strict=True)) if found.lines else (),
    )  # fmt: skip


def _noun(given: Mapping[str, Any]) -> str:
    """What the lines of a trend count, in a few words."""
    first: Series = given["series"][0]
    if given["formula"]:
        return str(given["formula"])
    if len(given["series"]) > 1:
        return "Series per step"
    words = first.measure.replace("_", " ")
    return f"{words} of {first.of}" if first.measure in NUMBERS else f"{words} per step"


def _legend(series: Sequence[Series]) -> str:
    """`A: people of signup, B: sum of price of paid`."""
    return ", ".join(f"{letter.upper()}: {one.words}" for letter, one in zip(LETTERS, series, strict=False))


def _before(
    project: Project,
    state: State,
    asked: Mapping[str, str],
    about: Scope,
    given: Mapping[str, object],
) -> tuple[float | None, ...]:
    """The line of the period before, bucket by bucket."""
    then = replace(about, period=about.period.previous())
    again = asking.trends({**asked, "unit": given["calendar"].unit}, then)  # type: ignore[attr-defined]
    lines = readers.ask(formula_trends.formula_trends, project, sees_persons=state.sees_persons, **again).lines
    return tuple(_rounded(number) for number in lines[0].numbers) if lines else ()


def of_funnels(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    given = asking.funnels(asked, _scope(project, state, asked))
    found = readers.ask(funnels.funnels, project, sees_persons=state.sees_persons, **given)
    notes = []
    if found.left_out:
        notes.append(f"{found.left_out:,} people did what is excluded and are left out.")
    notes += _rest(project, state, found.values, found.cuts)
    times = found.times
    spread = " · ".join(
        f"{name} {product_figures.seconds(value)}"
        for name, value in (("mean", times.mean), ("p75", times.p75), ("p90", times.p90))
    )
    numbers = (
        ("Conversion", formatting.percent(found.conversion, digits=1), f"{found.steps[0].people:,} began"),
        ("Time to convert", product_figures.seconds(times.median), f"median; {spread}"),
    )
    measured = (
        Number("Conversion", found.conversion, is_share=True),
        *(Number(f"{n} {step.event}", step.people) for n, step in enumerate(found.steps, 1)),
    )
    return Answer({"funnel": product_figures.steps(found)}, numbers, tuple(notes), measured)


def of_journeys(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    given = asking.journeys(asked, _scope(project, state, asked))
    found = readers.ask(journeys.journeys, project, sees_persons=state.sees_persons, **given)
    notes = ["A session ends where nothing happens for 30 minutes; the same station twice in a row is one."]
    if found.hidden_edges:
        notes.append(
            f"{found.hidden_edges:,} rarer ways, gone {found.hidden_sessions:,} times, are not shown: "
            f"the {len(found.edges)} most frequent are."
        )
    measured = (Number("Sessions", found.sessions),)
    return Answer({"journeys": product_figures.ways(found)}, (), tuple(notes), measured)


def of_cohorts(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    given = asking.cohorts(asked, _scope(project, state, asked))
    found = readers.ask(cohorts.cohorts, project, sees_persons=state.sees_persons, **given)
    zone = calendar.zone_of(asked.get("tz", "").strip())
    numbers = tuple(
        (f"After {later} {found.unit}{'s' if later > 1 else ''}", formatting.percent(found.mean[later], digits=0),
         "of cohorts that know it whole")
        for later in (1, 7, 14, 30)
        if later < len(found.mean) and found.mean[later] is not None
    )  # fmt: skip
    measured = (
        Number("Began", sum(cohort.people[0] for cohort in found.cohorts)),
        *(Number(name, found.mean[later], is_share=True) for later in (1, 7) if later < len(found.mean)
          for name in [f"Back after {later} {found.unit}{'s' if later > 1 else ''}"]),
    )  # fmt: skip
    return Answer({"cohorts": product_figures.table_of_cohorts(found, zone)}, numbers, (), measured)


def of_usage(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    given = asking.usage(asked, _scope(project, state, asked))
    found = readers.ask(features.features, project, sees_persons=state.sees_persons, **given)
    unit, starts = given["calendar"].unit, [bucket.start for bucket in found.buckets]
    zone = calendar.zone_of(asked.get("tz", "").strip())
    end = max(state.end, given["calendar"].edges[-1])
    shares = [round(100 * one.users / one.active, 2) if one.active else None for one in found.buckets]
    is_unfinished = bool(found.buckets) and not found.buckets[-1].is_whole
    share = figures.lines(
        starts, {"share": shares}, noun="Share", end=end, unit="%", markers=markers.of(project, state),
        is_unfinished=is_unfinished,
    )  # fmt: skip
    numbers = (
        ("Adoption", formatting.percent(found.share, digits=1), f"{found.users:,} of {found.active:,} people"),
        ("First use", f"{found.new:,}", "people used it for the first time"),
        ("Stickiness", formatting.percent(found.stickiness, digits=0), f"of all users are there in a mean {unit}"),
        ("Uses", formatting.compact(found.uses), "events"),
    )
    return Answer(
        {
            "feature_lives": product_figures.dated(product_figures.lives(found, end=end), starts, unit, zone),
            "feature_share": product_figures.dated(share, starts, unit, zone),
            "feature_often": product_figures.often(found, unit=unit),
        },
        numbers,
        (CUT_OFF,) if not all(bucket.is_whole for bucket in found.buckets) else (),
        (
            Number("Users", found.users),
            Number("Adoption", found.share, is_share=True),
            Number("First use", found.new),
            Number("Uses", found.uses),
        ),
        tuple((bucket.start, float(bucket.users)) for bucket in found.buckets),
    )


ANSWERS = {
    "trends": of_trends, "funnels": of_funnels, "journeys": of_journeys, "cohorts": of_cohorts, "usage": of_usage,
}  # fmt: skip


def _scope(project: Project, state: State, asked: Mapping[str, str]) -> Scope:
    return asking.scope(
        asked,
        period=Period(state.start, state.end),
        environment=state.environment,
        actions=actions.named(project.pk, *asked.values()),
    )


def _rounded(value: float | None) -> float | None:
    """As many digits as anybody reads; the API has them all."""
    return None if value is None else round(value, 6)


def _rest(project: Project, state: State, values: int, shown: Sequence[Line | Cut]) -> list[str]:
    """How much is one, to who is told how many groups there are."""
    if readers.least(project, sees_persons=state.sees_persons) or not any(one.is_other for one in shown):
        return []
    return [f"{values:,} different values; the {len(shown) - 1} largest are shown, the rest is one."]
