"""Monitors as the pages show them: one line an environment, the last runs as a bar, and how a job reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Case, IntegerField, QuerySet, Value, When

from alerts.models import Monitor, MonitorRun, MonitorState
from alerts.monitors import monitor_setup, telling
from dashboard.reading import zones
from events.models import IngestKey, Project

BARS = 30
SHOWN = 200
BAR_WIDTH, BAR_HEIGHT = 5, 22
_CURL = "curl -fsS -m 10 --retry 5 -o /dev/null"
_GRAVITY = ("down", "late", "up", "new", "paused")
# The latest runs of each state by its index; a window over all runs would read a thousand of each.
_LATEST = """
SELECT run.* FROM unnest(%s::bigint[]) AS state(id) CROSS JOIN LATERAL (
    SELECT id, state_id, status, at, duration_ms FROM alerts_monitorrun
    WHERE state_id = state.id AND status <> 'log' ORDER BY at DESC, id DESC LIMIT %s) AS run
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One run in the row of bars, drawn at `x`, as high as it was long."""

    x: int
    y: float
    height: float
    status: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A monitor in one environment; without a state it has never reported."""

    monitor: Monitor
    state: MonitorState | None
    schedule: str
    expected: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Snippet:
    name: str
    title: str
    text: str


def lines(project: Project) -> list[Line]:
    """What is down first, then what is late; the first SHOWN."""
    gravity = Case(
        *(When(status=name, then=Value(place)) for place, name in enumerate(_GRAVITY)), output_field=IntegerField()
    )
    states = list(
        MonitorState.objects.filter(monitor__project=project)
        .select_related("monitor")
        .order_by(gravity, "monitor__name", "environment", "pk")[:SHOWN]
    )
    silent = list(project.monitors.filter(states=None)[: SHOWN - len(states)])
    bars = bars_of(states)
    found = [line(state.monitor, state, bars.get(state.pk, ())) for state in states]
    return found + [line(monitor, None, ()) for monitor in silent]


def line(monitor: Monitor, state: MonitorState | None, bars: Sequence[Bar]) -> Line:
    expected = telling.clock(state.due_at, monitor.zone) if state else ""
    return Line(monitor, state, telling.in_words(monitor), expected, tuple(bars))


def bars_of(states: Sequence[MonitorState]) -> dict[int, tuple[Bar, ...]]:
    """The last BARS runs of each state, the oldest first."""
    runs: dict[int, list[MonitorRun]] = {}
    for run in MonitorRun.objects.raw(_LATEST, [[state.pk for state in states], BARS]):
        runs.setdefault(run.state_id, []).append(run)
    return {pk: _drawn(sorted(found, key=lambda run: (run.at, run.pk))) for pk, found in runs.items()}


def runs_of(monitor: Monitor) -> QuerySet[MonitorRun]:
    return MonitorRun.objects.filter(state__monitor=monitor).select_related("state").order_by("-at", "-pk")


def ways(monitor: Monitor) -> list[Snippet]:
    """Lines to paste that make a job report; they hold the monitor's secret address."""
    url = f"{settings.OBS_PUBLIC_URL}/ping/{monitor.token}"
    line = monitor.schedule if monitor.kind == Monitor.Kind.CRON else "0 3 * * *"
    return [
        Snippet("ping", "When it is done", f"{_CURL} {url}"),
        Snippet("exit", "Crontab, with its exit status", f"{line} /usr/local/bin/job.sh; {_CURL} {url}/$?"),
        Snippet(
            "run", "Start and end, so that its length is known",
            f"RID=$(cat /proc/sys/kernel/random/uuid)\n{_CURL} {url}/start?rid=$RID\n"
            f"OUT=$(/usr/local/bin/job.sh 2>&1); CODE=$?\n"
            f'{_CURL} --data-raw "$OUT" "{url}/$CODE?rid=$RID"',
        ),
    ]  # fmt: skip


def by_name(project: Project) -> list[Snippet]:
    """Lines that need no monitor beforehand: by the project's ping key, and by an SDK."""
    key = monitor_setup.ping_key(project).key
    public = IngestKey.objects.filter(project=project, is_active=True).values_list("public_key", flat=True).first()
    base = settings.OBS_PUBLIC_URL
    sdk = (
        "import sentry_sdk\nfrom sentry_sdk.crons import monitor\n\n"
        '@monitor(monitor_slug="nightly-backup", monitor_config={\n'
        '    "schedule": {"type": "crontab", "value": "0 3 * * *"},\n'
        '    "timezone": "Europe/Vienna", "checkin_margin": 5, "max_runtime": 30,\n})\ndef backup():\n    ...'
    )
    celery = (
        "from sentry_sdk.integrations.celery import CeleryIntegration\n\n"
        "sentry_sdk.init(dsn=…, integrations=[CeleryIntegration(monitor_beat_tasks=True)])"
    )
    check_in = f"{base}/api/{project.pk}/cron/nightly-backup/{public or '<key>'}/?status=ok"
    return [
        Snippet("sdk", "Python: a decorator of sentry-sdk", sdk),
        Snippet("celery", "Celery beat: every entry by itself", celery),
        Snippet("named", "A ping that makes its monitor", f'{_CURL} "{base}/ping/{key}/nightly-backup?create=1"'),
        Snippet("check-in", "A check-in without an SDK, of a monitor that exists", f'{_CURL} "{check_in}"'),
    ]


def _drawn(runs: Sequence[MonitorRun]) -> tuple[Bar, ...]:
    longest = max((run.duration_ms or 0 for run in runs), default=0) or 1
    found = []
    for place, run in enumerate(runs):
        share = 1.0 if run.duration_ms is None else 0.3 + 0.7 * run.duration_ms / longest
        height = round(BAR_HEIGHT * share, 1)
        words = f"{zones.stamp(run.at)}: {run.get_status_display()}"
        if run.duration_ms is not None:
            words += f", {run.duration_ms / 1000:.1f} s"
        found.append(Bar(place * BAR_WIDTH, round(BAR_HEIGHT - height, 1), height, run.status, words))
    return tuple(found)
