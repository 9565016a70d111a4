"""Charts of hosts and processes: one a gauge."""

from collections.abc import Mapping
from datetime import datetime

from analytics.periods import Period
from analytics.questions.hosts import hosts
from dashboard.charts import figures, markers
from dashboard.charts.definition import Ask, Chart, Evidence, Watch
from dashboard.charts.figures import Figure
from dashboard.frame import filters
from dashboard.frame.state import State
from dashboard.pages.hosts import gauges
from events.models import Project


def _asks(name: str) -> Ask:
    gauge = gauges.GAUGES[name]

    def ask(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
        found = hosts.hosts(
            project,
            period=Period(state.start, state.end),
            now=now,
            environment=state.environment,
            host=filters.chosen(parameters, filters.HOSTS).get("host", ""),
            resources=(gauge.resource,),
            most=90,
        )
        series = {host or "(no name)": values for host, values in gauges.trends(found, name).items()}
        return figures.lines(
            found.starts,
            series,
            noun=gauge.title,
            end=state.end,
            markers=markers.of(project, state),
            unit=gauge.unit if gauge.unit in ("%", "MB") else "",
        )

    return ask


CHARTS = {
    f"host_{name}": Chart(
        gauge.title,
        gauge.unit,
        f"Mean per step of {' or '.join(gauge.names)}; the six highest hosts.",
        _asks(name),
        filters.HOSTS,
        evidence=Evidence("dashboard:resources", kept=filters.HOSTS),
        shared="asked",
        start="hosts",
        watch=Watch(metric="metrics.mean", fixed={"name": gauge.names[0]}),
    )
    for name, gauge in gauges.GAUGES.items()
}
