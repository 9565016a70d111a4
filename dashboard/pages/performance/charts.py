"""Charts of requests: rate, errors, duration, and where the time goes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from analytics.periods import Period
from analytics.questions.performance import (
    endpoint_detail,
    endpoints,
    latency_by_release,
    latency_heatmap,
    request_rates,
)
from analytics.questions.performance.request_rates import Durations, RequestRates
from dashboard.charts import duration_figures, figures, markers
from dashboard.charts.definition import Chart, Evidence, earlier
from dashboard.charts.figures import Figure
from dashboard.frame import filters
from dashboard.frame.formatting import measured
from dashboard.frame.state import State
from dashboard.pages.performance import rates
from events.models import Project, Release

_STATUSES = {"2xx": 3, "3xx": 2, "1xx": 6, "4xx": 4, "5xx": 5, "no status": 1}
_PERCENTILES = ("p50", "p75", "p95", "p99")
_ABOUT = filters.REQUESTS


def _of(state: State, parameters: Mapping[str, str]) -> dict[str, Any]:
    """What all questions about requests take."""
    return {
        "period": Period(state.start, state.end),
        "environment": state.environment,
        **request_rates.counted_by(filters.chosen(parameters, _ABOUT)),
    }


def _rates(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> RequestRates:
    return request_rates.request_rates(project, now=now, **_of(state, parameters))


def _before(
    project: Project, state: State, parameters: Mapping[str, str], now: datetime, step: timedelta
) -> RequestRates:
    asked = _of(state, parameters) | {"period": Period(*state.previous)}
    return request_rates.request_rates(project, now=now, step=step, **asked)


def _end(starts: Sequence[datetime], step: timedelta, state: State) -> datetime:
    return max(state.end, starts[-1] + step) if starts else state.end


def _throughput(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = _rates(project, state, parameters, now)
    named = {status or "no status": counts for status, counts in found.statuses.items()}
    end = _end(found.starts, found.step, state)
    before = _before(project, state, parameters, now, found.step).counts if state.compare == "prev" else ()
    return figures.stacked_bars(
        found.starts,
        {status: named[status] for status in _STATUSES if status in named},
        colours=_STATUSES,
        noun="requests",
        end=end,
        markers=markers.of(project, state),
        before=before,
        earlier=earlier(state),
        is_unfinished=end > now,
    )


def _failures(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = _rates(project, state, parameters, now)
    failed = found.statuses.get(request_rates.FAILED, (0,) * len(found.starts))
    shares = [round(100 * bad / count, 3) if count else None for bad, count in zip(failed, found.counts, strict=True)]
    return figures.lines(
        found.starts, {"5xx": shares}, noun="Failed", end=_end(found.starts, found.step, state), unit="%",
        markers=markers.of(project, state),
    )  # fmt: skip


def _latency(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = _rates(project, state, parameters, now)
    series = {name: _line(found.durations, name) for name in _PERCENTILES}
    before = {}
    if state.compare == "prev":
        then = _before(project, state, parameters, now, found.step)
        before["p95"] = _line(then.durations, "p95")
    return figures.lines(
        found.starts, series, noun="Duration", end=_end(found.starts, found.step, state), unit="ms",
        markers=markers.of(project, state), before=before, earlier=earlier(state),
    )  # fmt: skip


def _line(durations: Sequence[Durations], name: str) -> list[float | None]:
    values = [getattr(one, name) for one in durations]
    return [None if value is None else round(value, 1) for value in values]


def _heatmap(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = latency_heatmap.latency_heatmap(project, now=now, **_of(state, parameters))
    return duration_figures.heatmap(
        found.starts, duration_figures.bands(found.edges), found.counts, noun="requests",
        end=_end(found.starts, found.step, state), markers=markers.of(project, state),
    )  # fmt: skip


def _by_release(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    asked = {name: value for name, value in _of(state, parameters).items() if name != "release"}
    return duration_figures.boxes(latency_by_release.latency_by_release(project, now=now, most=12, **asked))


def _histogram(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = endpoint_detail.endpoint_detail(project, now=now, most=1, **_of(state, parameters))
    return duration_figures.histogram(found.bars, noun="requests")


def _slowest(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = endpoints.endpoints(project, now=now, sort="p95", most=8, **_of(state, parameters))
    values = [round(one.durations.p95 or 0.0, 1) for one in found]
    figure = figures.ranked_bars([one.route or "(no route)" for one in found], values, noun="p95", unit="ms")
    said = "No requests in this period."
    if found:
        said = f"Slowest is {found[0].route or '(no route)'} with a p95 of {measured(values[0], 'ms')}."
    return replace(figure, sentence=said, columns=["Endpoint", "p95 ms"])


_EVIDENCE = Evidence("dashboard:performance", kept=_ABOUT, narrowed={"route": "dashboard:endpoint"})


def _endpoints(project: Project, routes: Sequence[str], state: State) -> list[str]:
    return [rates.endpoint_url(project, "" if route == "(no route)" else route, state=state) for route in routes]


def _releases(project: Project, versions: Sequence[str], state: State) -> list[str]:
    known = set(Release.objects.filter(project=project, version__in=versions).values_list("version", flat=True))
    query = f"?{state.query}" if state.query else ""
    return [
        reverse("dashboard:release", args=[project.slug, version]) + query if version in known else ""
        for version in versions
    ]


CHARTS = {
    "throughput": Chart(
        "Throughput by status",
        "requests",
        "Requests by the class of their status.",
        _throughput,
        _ABOUT,
        evidence=_EVIDENCE,
        shared="asked",
        watched="requests.per_minute",
        start="requests",
    ),
    "failures": Chart(
        "Errors",
        "% of requests",
        "Requests answered with a 5xx, of all.",
        _failures,
        _ABOUT,
        evidence=_EVIDENCE,
        shared="asked",
        watched="requests.error_rate",
        start="requests",
    ),
    "latency": Chart(
        "Duration",
        "p50 · p75 · p95 · p99",
        "How long requests took: percentiles of each step.",
        _latency,
        _ABOUT,
        evidence=_EVIDENCE,
        shared="asked",
        watched="requests.p95",
        start="requests",
    ),
    "latency_heatmap": Chart(
        "Duration over time",
        "requests",
        "How many requests took how long, by time; darker is more.",
        _heatmap,
        _ABOUT,
        evidence=_EVIDENCE,
        shared="asked",
        watched="requests.p95",
        start="requests",
    ),
    "latency_by_release": Chart(
        "Duration by release",
        "ms",
        "Median, middle half, and 5th to 95th percentile of each release, oldest first.",
        _by_release,
        filters.REQUESTS,
        named=_releases,
        shared="asked",
        watched="requests.p95",
        start="requests",
    ),
    "duration_histogram": Chart(
        "Durations",
        "requests",
        "How many requests took how long; the scale is logarithmic.",
        _histogram,
        _ABOUT,
        shared="asked",
        watched="requests.p95",
        start="requests",
    ),
    "slowest_endpoints": Chart(
        "Slowest endpoints",
        "p95",
        "Routes with the highest p95 of the period.",
        _slowest,
        _ABOUT,
        named=_endpoints,
        shared="asked",
        watched="requests.p95",
        start="requests",
    ),
}
