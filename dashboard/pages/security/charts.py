"""Charts of what was refused."""

from collections.abc import Mapping
from datetime import datetime

from analytics.periods import Period
from analytics.questions.security import security_events
from dashboard.charts import figures, markers
from dashboard.charts.definition import Chart, Evidence
from dashboard.charts.figures import Figure
from dashboard.frame import formatting
from dashboard.frame.state import State
from events.models import Project

_COLOURS = {"key_refused": 5, "login_failed": 4, "csp": 1, "rate_limited": 6, "scope_refused": 2}


def _events(project: Project, state: State, parameters: Mapping[str, str], now: datetime) -> Figure:
    found = security_events.security_events(
        project,
        period=Period(state.start, state.end),
        now=now,
        environment=state.environment,
        kind=parameters.get("kind", "")[:40],
    )
    named = {formatting.SECURITY.get(kind, kind): counts for kind, counts in found.kinds.items()}
    return figures.stacked_bars(
        found.starts,
        named,
        colours={formatting.SECURITY[kind]: place for kind, place in _COLOURS.items()},
        noun="security events",
        end=found.starts[-1] + found.step if found.starts else state.end,
        markers=markers.of(project, state),
        is_unfinished=state.end >= now,
    )


CHARTS = {
    "security": Chart(
        "Security events",
        "",
        "What was refused, reported or limited, by kind.",
        _events,
        ("kind",),
        evidence=Evidence("dashboard:security", kept=("kind",)),
        watched="security.count",
        start="security",
    )
}
