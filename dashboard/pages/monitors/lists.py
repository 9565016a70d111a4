"""Lists of scheduled jobs and of the runs of one, as files and in the API. Addresses by which jobs report are secrets
and no columns."""

from typing import Any

from alerts.models import MonitorRun, MonitorState
from dashboard.exports.lists import Asked, Listed, belonging, named, table

_STATE = named("environment", "status", "since", "due_at", "last_at", "last_ok_at", "words")


def _states(asked: Asked) -> Any:
    found = MonitorState.objects.filter(monitor__project=asked.project)
    return found.filter(monitor=asked.number("monitor_id")) if "monitor_id" in asked.parameters else found


LISTS: dict[str, Listed] = {
    "monitors": table(
        "Monitors", lambda asked: asked.project.monitors.all(),
        named("name", "slug", "kind", "schedule", "zone", "is_enabled", "is_muted"), pages=("monitor-list",),
    ),
    "monitor-states": table(
        "Monitors by environment", _states, {**_STATE, "monitor": "monitor__name"},
        pages=("monitor-list", "monitor"), takes=("monitor_id",),
    ),
    "monitor-runs": table(
        "Runs of the monitor", belonging(MonitorRun, "state__monitor", parameter="monitor_id"),
        named(
            "status", "at", "ended_at", "duration_ms", "exit_code", "release", "trace_id",
            environment="state__environment",
        ),
        pages=("monitor",), needs=("monitor_id",),
    ),
}  # fmt: skip
