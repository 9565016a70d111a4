"""Charts of web vitals."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.periods import Period
from analytics.questions.performance import latency_heatmap
from analytics.questions.vitals import vitals
from dashboard.charts import duration_figures, figures, markers
from dashboard.charts.definition import Chart, Evidence, earlier
from dashboard.charts.figures import Figure
from dashboard.frame import filters, vital_formatting
from dashboard.frame.state import State
from events.models import Project
from events.values.vitals import THRESHOLDS

_ABOUT = ("metric", "p", *filters.VITALS)


def _metric(parameters: Mapping[str, str]) -> str:
    return parameters["metric"] if parameters.get("metric") in THRESHOLDS else "LCP"


def _where(parameters: Mapping[str, str]) -> dict[str, Any]:
    return vitals.counted_by(filters.chosen(parameters, filters.VITALS))


def _trend(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    metric = _metric(parameters)
    percentile, q = vital_formatting.percentile_of(parameters.get("p", ""))
    about: dict[str, Any] = {"now": now, "q": q, "environment": state.environment, **_where(parameters)}
    found = vitals.vitals(project, period=Period(state.start, state.end), **about)
    series = {f"{metric} {percentile}": _line(found, metric)}
    before = {}
    if state.compare == "prev":
        then = vitals.vitals(project, period=Period(*state.previous), **about)
        before[f"{metric} {percentile}"] = _line(then, metric)
    figure = figures.lines(
        found.starts,
        series,
        noun=vital_formatting.NAMES[metric],
        end=state.end,
        unit="" if metric == "CLS" else "ms",
        markers=markers.of(project, state),
        before=before,
        earlier=earlier(state),
    )
    return duration_figures.thresholds(figure, *THRESHOLDS[metric])


def _line(found: vitals.Vitals, metric: str) -> list[float | None]:
    [vital] = [one for one in found.metrics if one.metric == metric]
    return [None if value is None else round(value, 4) for value in vital.trend]


def _shares(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = vitals.vitals(
        project,
        period=Period(state.start, state.end),
        now=now,
        environment=state.environment,
        **_where(parameters),
    )
    series = {
        f"{one.metric} p75": [
            None if value is None else round(value / THRESHOLDS[one.metric][0], 3) for value in one.trend
        ]
        for one in found.metrics
        if one.metric in ("LCP", "INP", "CLS")
    }
    figure = figures.lines(
        found.starts, series, noun="Of the good threshold", end=state.end, unit="×", markers=markers.of(project, state)
    )
    return duration_figures.thresholds(figure, 1.0, 1.0)


def _heatmap(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    metric = _metric(parameters)
    found = latency_heatmap.latency_heatmap(
        project, period=Period(state.start, state.end), now=now, metric=metric, environment=state.environment,
        **_where(parameters),
    )  # fmt: skip
    named = duration_figures.bands(found.edges, unit="" if metric == "CLS" else "ms")
    return duration_figures.heatmap(
        found.starts, named, found.counts, noun="page loads", end=state.end, markers=markers.of(project, state)
    )


CHARTS = {
    "vital_trend": Chart(
        "Over time",
        "percentile",
        "The metric's percentile per step; dashed lines are its thresholds.",
        _trend,
        _ABOUT,
        evidence=Evidence("dashboard:vitals", kept=_ABOUT),
        shared="asked",
        watched="vitals.{metric}.p75",
        start="vitals",
    ),
    "vital_heatmap": Chart(
        "Spread over time",
        "page loads",
        "How many page loads had which value, by time.",
        _heatmap,
        ("metric", *filters.VITALS),
        evidence=Evidence("dashboard:vitals", kept=("metric", *filters.VITALS)),
        shared="asked",
        watched="vitals.{metric}.p75",
        start="vitals",
    ),
    "web_vitals": Chart(
        "Core web vitals",
        "p75 ÷ good",
        "p75 of LCP, INP and CLS as a multiple of the value that is still good: below 1 passes.",
        _shares,
        filters.VITALS,
        evidence=Evidence("dashboard:vitals", kept=filters.VITALS),
        shared="asked",
        watched="vitals.LCP.p75",
        start="vitals",
    ),
}
