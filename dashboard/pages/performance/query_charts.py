"""Charts of one statement."""

from collections.abc import Mapping
from datetime import datetime

from django.http import Http404

from analytics.periods import Period
from analytics.questions.performance import query_detail
from analytics.questions.performance.query_detail import QueryDetail
from dashboard.charts import figures, markers
from dashboard.charts.definition import Chart, Evidence, Watch
from dashboard.charts.figures import Figure
from dashboard.frame.state import State
from events.models import Project


def _detail(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> QueryDetail:
    found = query_detail.query_detail(
        project,
        fingerprint=parameters.get("query", "")[:64].replace("\x00", ""),
        period=Period(state.start, state.end),
        now=now,
        environment=state.environment,
    )
    if found is None:
        raise Http404("This statement did not run in this period.")
    return found


def _runs(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = _detail(project, state, parameters, now)
    return figures.stacked_bars(
        found.starts, {"runs": found.counts}, colours={"runs": 1}, noun="runs", end=found.starts[-1] + found.step,
        markers=markers.of(project, state), is_unfinished=state.end >= now,
    )  # fmt: skip


def _duration(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = _detail(project, state, parameters, now)
    values = [None if value is None else round(value, 2) for value in found.p95s]
    return figures.lines(
        found.starts, {"p95": values}, noun="One run", end=state.end, unit="ms", markers=markers.of(project, state)
    )


_EVIDENCE = Evidence("dashboard:queries", kept=("query",), narrowed={"query": "dashboard:query"}, in_path="query")

CHARTS = {
    "query_runs": Chart(
        "Runs",
        "",
        "How often the statement ran.",
        _runs,
        ("query",),
        evidence=_EVIDENCE,
        shared="asked",
        watch=Watch(metric="queries.count", cut={"fingerprint": "query"}),
    ),
    "query_duration": Chart(
        "Duration",
        "p95 of one run",
        "How long one run took.",
        _duration,
        ("query",),
        evidence=_EVIDENCE,
        shared="asked",
        watch=Watch(metric="queries.p95", cut={"fingerprint": "query"}),
    ),
}
