"""Charts of releases: how many sessions and users went without a crash."""

from collections.abc import Mapping
from datetime import datetime

from analytics.periods import Period
from analytics.questions.releases import release_health
from dashboard.charts import figures, markers
from dashboard.charts.definition import Chart, Evidence
from dashboard.charts.figures import Figure
from dashboard.frame.state import State
from events.models import Project


def _crash_free(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    trend = release_health.health_trend(
        project, period=Period(state.start, state.end), environment=state.environment,
        release=parameters.get("release", "")[:200] or None,
    )  # fmt: skip
    series = {
        "sessions": [_percent(health.crash_free_sessions) for health in trend.health],
        "users": [_percent(health.crash_free_users) for health in trend.health],
    }
    figure = figures.lines(
        trend.starts, series, noun="Crash-free", end=state.end, unit="%", markers=markers.of(project, state)
    )
    lowest = min((value for values in series.values() for value in values if value is not None), default=100.0)
    # Above the line, which is at the top as a rule, there is room for the labels of deploys.
    span = (100 - lowest) * 1.2 + 0.5
    figure.layout["yaxis"] |= {"range": [max(0.0, 100 - span), 100 + span * 0.14], "rangemode": "normal"}
    return figure


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 3)


CHARTS = {
    "crash_free": Chart(
        "Crash-free",
        "%",
        "Share of sessions and of users without a crash, by when the session began.",
        _crash_free,
        ("release",),
        evidence=Evidence("dashboard:event-list", kept=("release",), fixed={"handled": "no"}),
        shared="always",
        watched="sessions.crash_rate",
        start="sessions",
    ),
}
