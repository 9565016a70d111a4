"""A chart on a page: its addresses, and its figure by name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import ResolverMatch, reverse

from analytics.questions.watched.metrics import METRICS
from dashboard.charts import bands
from dashboard.charts.definition import Chart, Watch
from dashboard.charts.figures import Figure
from dashboard.charts.registry import CHARTS
from dashboard.frame import empty_states, filters
from dashboard.frame.state import State
from events.models import Project


@dataclass(frozen=True, slots=True)
class Card:
    """A chart on a page: addresses for its picture, its own page, its files; `figure` when it is known already.

    `share_url` is its page with absolute times, for people with a login; `is_shareable` is for those without. `mark`
    tells it from another of the same name on the page. `file_urls` are its table in further forms: (words, address)."""

    name: str
    title: str
    unit: str
    definition: str
    json_url: str
    page_url: str
    csv_url: str
    file_urls: tuple[tuple[str, str], ...]
    share_url: str
    is_shareable: bool
    alert_url: str = ""
    goal_url: str = ""
    width: str = ""
    height: str = ""
    figure: Mapping[str, Any] | None = None
    mark: str = ""


def card(
    project: Project,
    name: str,
    *,
    state: State,
    width: str = "",
    height: str = "",
    figure: Figure | None = None,
    title: str = "",
    mark: str = "",
    **parameters: str,
) -> Card:
    """The card of the chart `name` for this state and these parameters."""
    chart = CHARTS[name]
    extra = f"&{urlencode(parameters)}" if parameters else ""
    base = reverse("dashboard:chart", args=[project.slug, name])
    query = f"?{state.query}{extra}".replace("?&", "?").removesuffix("?")
    json, csv = (f"{reverse(f'dashboard:chart-{form}', args=[project.slug, name])}{query}" for form in ("json", "csv"))
    return Card(
        name=name, title=title or chart.title, unit=chart.unit, definition=chart.definition,
        json_url=json, page_url=f"{base}{query}", csv_url=csv,
        file_urls=tuple(
            (words, f"{reverse('dashboard:chart-file', args=[project.slug, name, form])}{query}")
            for words, form in (("JSON", "json"), ("Parquet", "parquet"))
        ),
        share_url=f"{base}?{state.absolute()}{extra}", is_shareable=bool(chart.shared),
        alert_url=_alert_url(project, chart, state, parameters),
        goal_url=reverse("dashboard:goal-new", args=[project.slug]) if chart.start == "analytics" else "",
        width=width, height=height, figure=figure.as_dict() if figure else None,
        mark=mark or name,
    )  # fmt: skip


def shown_at(found: ResolverMatch) -> str:
    """The chart that a page shows alone, or that is asked on it; empty for none."""
    if found.url_name == "chart":
        return str(found.kwargs["name"])
    return next((name for name, chart in CHARTS.items() if chart.page and chart.page == found.url_name), "")


def _alert_url(project: Project, chart: Chart, state: State, parameters: Mapping[str, str]) -> str:
    """The form of a rule that watches what the chart shows, cut as it is; empty where none can."""
    watch = Watch(metric=_watched(chart, parameters)) if chart.watched else chart.watch
    if watch is None:
        return ""
    cut = {"environment": state.environment, **watch.fixed}
    metric = METRICS.get(watch.metric)
    known = metric.dimensions if metric else ()
    if any(value for name, value in parameters.items() if name in filters.TITLES and name not in known):
        return ""  # the rule would watch more than the chart shows
    if watch.metric:
        if metric is None:
            return ""
        cut |= {**parameters, **{name: parameters.get(parameter, "") for name, parameter in watch.cut.items()}}
        cut = {name: value for name, value in cut.items() if name in metric.dimensions}
    where = ", ".join(f"{name}={value}" for name, value in cut.items() if value)
    given = {
        "metric": watch.metric, "name": chart.title, "where": where, "query": parameters.get(watch.query, ""),
    }  # fmt: skip
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{reverse('dashboard:rule-new', args=[project.slug, watch.kind])}?{query}"


def figure(
    project: Project, name: str, *, state: State, parameters: Mapping[str, str], now: datetime, is_shared: bool = False
) -> Figure:
    """The answer of the chart `name`; Http404 when there is no such chart, or nothing it could be about.

    Members see in it when alerts fired; who only has a link does not.
    """
    if name not in CHARTS:
        raise Http404("No such chart.")
    chart = CHARTS[name]
    found = chart.ask(project, state, parameters, now)
    if found.is_empty and chart.start and not is_shared:
        found = replace(found, fill=empty_states.line(project, chart.start, now=now))
    if is_shared or not chart.watched:
        return found
    return bands.shaded(found, bands.of_metric(project, _watched(chart, parameters), state=state))


def _watched(chart: Chart, parameters: Mapping[str, str]) -> str:
    """The name of the metric that the chart shows."""
    return chart.watched.format_map({"metric": "LCP", **parameters})
