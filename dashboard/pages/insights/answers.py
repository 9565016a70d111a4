"""Each question answered: its figures by the name of their chart, its numbers, and what has to be said besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from analytics.periods import Period
from analytics.privacy import readers
from analytics.questions.product import calendar, cohorts, features, funnels, journeys, trends
from analytics.questions.product.acts import Scope
from analytics.questions.product.funnels import Cut
from analytics.questions.product.trends import NUMBERS, Line, Trend
from dashboard.charts import figures, product_figures
from dashboard.charts.definition import deploys
from dashboard.charts.figures import Figure
from dashboard.frame import formatting
from dashboard.frame.state import State
from dashboard.pages.insights import asking
from events.models import Project

CUT_OFF = "The first or last bucket is cut by the period, so it counts less."


@dataclass(frozen=True, slots=True)
class Answer:
    """`numbers` are (name, value, note)."""

    figures: Mapping[str, Figure]
    numbers: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())


def of_trends(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    about = _scope(state, asked)
    given = asking.trends(asked, about)
    found = readers.ask(trends.trends, project, sees_persons=state.sees_persons, **given)
    names = product_figures.names_of([(line.value, line.is_other) for line in found.lines])
    series: dict[str, tuple[float | None, ...]] = {
        name or given["event"]: line.numbers for name, line in zip(names, found.lines, strict=True)
    }
    if state.compare == "prev" and not given["by"]:
        series |= _before(project, state, asked, given, found)
    noun = f"{given['measure']} of {given['of']}" if given["measure"] in NUMBERS else f"{given['measure']} per step"
    end = max(state.end, given["calendar"].edges[-1])
    figure = figures.lines(
        found.starts, series if found.lines else {}, noun=noun.capitalize(), end=end, markers=deploys(project, state)
    )
    zone = calendar.zone_of(asked.get("tz", "").strip())
    notes = [CUT_OFF] if found.lines and not all(found.is_whole) else []
    notes += _rest(project, state, found.values, found.lines)
    if given["measure"] in ("people", "visits"):
        notes.append("Numbers of several buckets or lines do not add up: the same people may be in each.")
    return Answer(
        {"trend": product_figures.dated(figure, found.starts, given["calendar"].unit, zone)},
        tuple((name or given["event"], _number(line.total), "in the whole period")
              for name, line in zip(names, found.lines, strict=True)),
        tuple(notes),
    )  # fmt: skip


def _before(
    project: Project, state: State, asked: Mapping[str, str], given: Mapping[str, object], found: Trend
) -> dict[str, tuple[float | None, ...]]:
    """The line of the period before, bucket by bucket."""
    about = _scope(state, asked)
    earlier = replace(about, period=about.period.previous())
    again = asking.trends({**asked, "unit": given["calendar"].unit}, earlier)  # type: ignore[attr-defined]
    lines = readers.ask(trends.trends, project, sees_persons=state.sees_persons, **again).lines
    numbers = lines[0].numbers if lines else ()
    count = len(found.starts)
    return {"period before": (*numbers[:count], *([None] * (count - len(numbers))))}


def of_funnels(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    given = asking.funnels(asked, _scope(state, asked))
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
    return Answer({"funnel": product_figures.steps(found)}, numbers, tuple(notes))


def of_journeys(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    given = asking.journeys(asked, _scope(state, asked))
    found = readers.ask(journeys.journeys, project, sees_persons=state.sees_persons, **given)
    notes = ["A session ends where nothing happens for 30 minutes; the same station twice in a row is one."]
    if found.hidden_edges:
        notes.append(
            f"{found.hidden_edges:,} rarer ways, gone {found.hidden_sessions:,} times, are not shown: "
            f"the {len(found.edges)} most frequent are."
        )
    return Answer({"journeys": product_figures.ways(found)}, (), tuple(notes))


def of_cohorts(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    given = asking.cohorts(asked, _scope(state, asked))
    found = readers.ask(cohorts.cohorts, project, sees_persons=state.sees_persons, **given)
    zone = calendar.zone_of(asked.get("tz", "").strip())
    numbers = tuple(
        (f"After {later} {found.unit}{'s' if later > 1 else ''}", formatting.percent(found.mean[later], digits=0),
         "of cohorts that know it whole")
        for later in (1, 7, 14, 30)
        if later < len(found.mean) and found.mean[later] is not None
    )  # fmt: skip
    return Answer({"cohorts": product_figures.table_of_cohorts(found, zone)}, numbers)


def of_usage(project: Project, state: State, asked: Mapping[str, str]) -> Answer:
    given = asking.usage(asked, _scope(state, asked))
    found = readers.ask(features.features, project, sees_persons=state.sees_persons, **given)
    unit, starts = given["calendar"].unit, [bucket.start for bucket in found.buckets]
    zone = calendar.zone_of(asked.get("tz", "").strip())
    end = max(state.end, given["calendar"].edges[-1])
    shares = [round(100 * one.users / one.active, 2) if one.active else None for one in found.buckets]
    share = figures.lines(
        starts, {"share": shares}, noun="Share", end=end, suffix=" %", markers=deploys(project, state)
    )
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
    )


ANSWERS = {
    "trends": of_trends, "funnels": of_funnels, "journeys": of_journeys, "cohorts": of_cohorts, "usage": of_usage,
}  # fmt: skip


def _scope(state: State, asked: Mapping[str, str]) -> Scope:
    return asking.scope(asked, period=Period(state.start, state.end), environment=state.environment)


def _rest(project: Project, state: State, values: int, shown: Sequence[Line | Cut]) -> list[str]:
    """How much is one, to who is told how many groups there are."""
    if readers.least(project, sees_persons=state.sees_persons) or not any(one.is_other for one in shown):
        return []
    return [f"{values:,} different values; the {len(shown) - 1} largest are shown, the rest is one."]


def _number(value: float | None) -> str:
    return formatting.compact(int(value) if value is not None and value.is_integer() else value)
