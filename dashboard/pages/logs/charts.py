"""Charts of log lines."""

from collections.abc import Mapping
from datetime import datetime

from django.http import Http404

from analytics.periods import Period
from analytics.questions.logs import log_volume
from dashboard.charts import figures, markers
from dashboard.charts.definition import Chart, Evidence, Watch
from dashboard.charts.figures import Figure
from dashboard.frame.state import State
from events.issues import search
from events.models import Project

_COLOURS = {**figures.LEVELS, "trace": 1}


def _volume(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    try:
        volume = log_volume.log_volume(
            project,
            search=search.parse(parameters.get("query", "").replace("\x00", ""), now=now),
            period=Period(state.start, state.end),
            environment=state.environment,
            now=now,
            most=90,
        )
    except search.SearchError as error:
        raise Http404(error.message) from error
    known = [level for level in _COLOURS if level in volume.levels]
    levels = {level: volume.levels[level] for level in [*known, *sorted(set(volume.levels) - set(known))]}
    end = volume.starts[-1] + volume.step if volume.starts else state.end
    return figures.stacked_bars(
        volume.starts,
        levels,
        colours=_COLOURS,
        noun="lines",
        end=end,
        markers=markers.of(project, state),
        is_unfinished=end > now,
    )


CHARTS = {
    "log_volume": Chart(
        "Lines by level",
        "lines",
        "Log lines that the search finds, by their level.",
        _volume,
        ("query",),
        evidence=Evidence("dashboard:logs", kept=("query",)),
        watch=Watch("logs", query="query"),
        start="logs",
    )
}
