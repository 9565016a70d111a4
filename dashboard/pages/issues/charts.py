"""Charts of errors and of one issue."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.http import Http404

from analytics.periods import Period
from analytics.questions.errors import error_trend, issue_detail
from dashboard.charts import figures, markers
from dashboard.charts.definition import Chart, Evidence, Watch, earlier
from dashboard.charts.figures import Figure
from dashboard.frame.state import State
from events.issues import triage
from events.models import Project


def _issue_trend(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    wanted = parameters.get("issue", "")
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 19):
        raise Http404("No such issue.")
    issue = triage.get_or_404(project, int(wanted))
    trend = issue_detail.trend(issue, start=state.start, end=state.end, environment=state.environment)
    end = max(state.end, trend.starts[-1] + trend.step) if trend.starts else state.end + timedelta(hours=1)
    return figures.stacked_bars(
        trend.starts,
        {"events": trend.counts},
        colours={"events": 1},
        noun="events",
        end=end,
        markers=markers.of(project, state),
    )


def _errors(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    trend = error_trend.error_trend(project, period=Period(state.start, state.end), environment=state.environment)
    levels = {level: trend.levels[level] for level in figures.LEVELS if level in trend.levels}
    end = max(state.end, trend.starts[-1] + trend.step) if trend.starts else state.end
    before: Sequence[float] = ()
    if state.compare == "prev":
        then = error_trend.error_trend(
            project, period=Period(*state.previous), environment=state.environment, step=trend.step
        )
        before = then.totals
    return figures.stacked_bars(
        trend.starts, levels, colours=figures.LEVELS, noun="errors", end=end, markers=markers.of(project, state),
        before=before, earlier=earlier(state), is_unfinished=end > now,
    )  # fmt: skip


CHARTS = {
    "errors": Chart(
        "Errors by level",
        "errors",
        "Error events by their level; dotted lines are deploys.",
        _errors,
        evidence=Evidence("dashboard:event-list", series="level"),
        shared="always",
        watched="errors.count",
        start="errors",
    ),
    "issue_trend": Chart(
        "Events",
        "",
        "Events of this issue in each step of the period; dotted lines are deploys.",
        _issue_trend,
        ("issue",),
        evidence=Evidence("dashboard:event-list", kept=("issue",)),
        shared="always",
        watch=Watch("issue"),
    ),
}
