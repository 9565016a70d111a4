"""The charts there are: name -> what it is called and how it is asked for. A new chart adds one line to `CHARTS`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse

from analytics.periods import Period
from analytics.questions.errors import error_trend, issue_detail
from analytics.questions.releases import release_health
from dashboard import charted, charts, shares
from dashboard.chart_kinds import Chart, deploys
from dashboard.charts import Figure
from dashboard.state import State
from events.issues import triage
from events.models import Project


@dataclass(frozen=True, slots=True)
class Card:
    """A chart on a page: addresses for its picture, its own page, its CSV; `figure` when it is known already.

    `share_url` is its page with absolute times, for people with a login; `is_shareable` is for those without."""

    name: str
    title: str
    unit: str
    definition: str
    json_url: str
    page_url: str
    csv_url: str
    share_url: str
    is_shareable: bool
    width: str = ""
    height: str = ""
    figure: Mapping[str, Any] | None = None


def card(
    project: Project,
    name: str,
    *,
    state: State,
    width: str = "",
    height: str = "",
    figure: Figure | None = None,
    **parameters: str,
) -> Card:
    """The card of the chart `name` for this state and these parameters."""
    chart = CHARTS[name]
    extra = f"&{urlencode(parameters)}" if parameters else ""
    base = reverse("dashboard:chart", args=[project.slug, name])
    query = f"?{state.query}{extra}".replace("?&", "?")
    return Card(
        name=name, title=chart.title, unit=chart.unit, definition=chart.definition,
        json_url=f"{reverse('dashboard:chart-json', args=[project.slug, name])}{query}",
        page_url=f"{base}{query}", csv_url=f"{reverse('dashboard:chart-csv', args=[project.slug, name])}{query}",
        share_url=f"{base}?{state.absolute()}{extra}", is_shareable=name in {*shares.CHARTS, *shares.ON_REQUEST},
        width=width, height=height, figure=figure.as_dict() if figure else None,
    )  # fmt: skip


def figure(project: Project, name: str, *, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    """The answer of the chart `name`; Http404 when there is no such chart, or nothing it could be about."""
    if name not in CHARTS:
        raise Http404("No such chart.")
    return CHARTS[name].ask(project, state, parameters, now)


def _issue_trend(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    wanted = parameters.get("issue", "")
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 19):
        raise Http404("No such issue.")
    issue = triage.get_or_404(project, int(wanted))
    trend = issue_detail.trend(issue, start=state.start, end=state.end, environment=state.environment)
    end = max(state.end, trend.starts[-1] + trend.step) if trend.starts else state.end + timedelta(hours=1)
    return charts.stacked_bars(
        trend.starts,
        {"events": trend.counts},
        colours={"events": 1},
        noun="events",
        end=end,
        markers=deploys(project, state),
    )


def _errors(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    trend = error_trend.error_trend(project, period=Period(state.start, state.end), environment=state.environment)
    levels = {level: trend.levels[level] for level in charts.LEVELS if level in trend.levels}
    end = max(state.end, trend.starts[-1] + trend.step) if trend.starts else state.end
    before: Sequence[float] = ()
    if state.compare == "prev":
        earlier = error_trend.error_trend(
            project, period=Period(*state.previous), environment=state.environment, step=trend.step
        )
        before = earlier.totals
    return charts.stacked_bars(
        trend.starts, levels, colours=charts.LEVELS, noun="errors", end=end, markers=deploys(project, state),
        before=before, is_unfinished=end > now,
    )  # fmt: skip


def _crash_free(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    trend = release_health.health_trend(
        project, period=Period(state.start, state.end), environment=state.environment,
        release=parameters.get("release", "")[:200] or None,
    )  # fmt: skip
    series = {
        "sessions": [_percent(health.crash_free_sessions) for health in trend.health],
        "users": [_percent(health.crash_free_users) for health in trend.health],
    }
    figure = charts.lines(
        trend.starts, series, noun="Crash-free", end=state.end, suffix=" %", markers=deploys(project, state)
    )
    lowest = min((value for values in series.values() for value in values if value is not None), default=100.0)
    # Above the line, which is at the top as a rule, there is room for the labels of deploys.
    span = (100 - lowest) * 1.2 + 0.5
    figure.layout["yaxis"] |= {"range": [max(0.0, 100 - span), 100 + span * 0.14], "rangemode": "normal"}
    return figure


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 3)


CHARTS: dict[str, Chart] = {
    **charted.CHARTS,
    "errors": Chart("Errors by level", "per step", "Error events by their level; dotted lines are deploys.", _errors),
    "crash_free": Chart(
        "Crash-free",
        "%",
        "Share of sessions and of users without a crash, by when the session began.",
        _crash_free,
        ("release",),
    ),
    "issue_trend": Chart(
        "Events",
        "per step",
        "Events of this issue in each step of the period; dotted lines are deploys.",
        _issue_trend,
        ("issue",),
    ),
}
