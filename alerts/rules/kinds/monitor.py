"""Scheduled jobs, as a rule: runs that were missed, failed or took too long, or a job that is late or down.

A monitor tells of itself; a rule adds severity, labels and receivers, and may watch all jobs at once. A monitor that is
muted is judged all the same, so that the rule alone speaks of it; one that is paused is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from alerts.models import MonitorRun, MonitorState, MonitorTransition
from alerts.rules.contract import Asked, Field, Judged, Verdict, choice, cut, whole
from analytics.questions.watched.metrics import Metric
from analytics.questions.watched.series import History, counted

TITLE = "Monitor"
SAYS = "Tells you when scheduled jobs are missed, fail, are late or take too long."
METRIC = Metric("monitors", "Scheduled jobs", "check_ins", "state", "in a row")
IS_PROMPT = True
GONE = Judged(Verdict.CLEAR, words="it is watched no more")
WHEN = {
    "down": "is down, as it decides itself",
    "late": "is late or down",
    "missed": "misses runs",
    "failed": "fails",
    "too_long": "takes too long",
    "any": "misses, fails or takes too long",
}
_STATES = {"down": {"down"}, "late": {"late", "down"}}
_ENDS = {
    "missed": {"missed"}, "failed": {"error"}, "too_long": {"timeout"}, "any": {"missed", "error", "timeout"},
}  # fmt: skip
_SAID = {
    "missed": "was missed", "error": "failed", "timeout": "took too long", "ok": "was well", "down": "is down",
    "late": "is late", "up": "is up", "new": "waits for its first report", "paused": "is paused",
    "unknown": "is unknown",
}  # fmt: skip
_CLOSED = ["ok", "error", "missed", "timeout"]
DIMENSIONS = ("monitor", "environment")
# Evidence shows as much of what was before.
SHOWN = timedelta(days=7)
FIELDS = (
    Field("when", "When a job", "any", tuple(WHEN.items())),
    Field("times", "so many times in a row", "1", help="Of runs; a job that is late or down is so at once."),
)


def clean(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "when": choice(given, "when", tuple(WHEN)),
        "times": whole({"times": 1, **given}, "times", most=100),
    }


def check(config: Mapping[str, Any], where: Mapping[str, Sequence[str]], group_by: Sequence[str]) -> None:
    cut(DIMENSIONS, where, (), "Scheduled jobs")
    cut((), (), group_by, "A rule of jobs alerts for each job and environment and")


def names(group_by: Sequence[str]) -> tuple[str, ...]:
    return DIMENSIONS


def needs(config: Mapping[str, Any]) -> timedelta:
    return SHOWN


def read(asked: Asked) -> list[History]:
    states = MonitorState.objects.filter(monitor__project=asked.project, monitor__is_enabled=True)
    for name, values in asked.where.items():
        states = states.filter(**{"monitor__slug__in" if name == "monitor" else "environment__in": list(values)})
    read_ = _past if asked.is_past else _present
    return read_(states.select_related("monitor"), asked)


def judge(config: Mapping[str, Any], history: History, *, at: datetime) -> Judged:
    places = [place for place, moment in enumerate(history.at) if moment < at]
    if not places:
        return Judged(Verdict.NO_DATA, None, None, f"{history.about}: no report yet")
    row = history.bad[places[-1]].count
    least = 1 if config["when"] in _STATES else config["times"]
    words = f"{history.about}, {row:,} in a row" if row > 1 else history.about
    return Judged(Verdict.BREACH if row >= least else Verdict.CLEAR, float(row), float(least), words, len(places))


def says(config: Mapping[str, Any]) -> str:
    return f"A job that {WHEN[config['when']]}"


def _present(states: QuerySet[MonitorState], asked: Asked) -> list[History]:
    """Each as it is now; how many runs ended so in a row, the monitor has counted."""
    when, found = asked.config["when"], []
    ended = MonitorRun.objects.filter(state=OuterRef("pk"), status__in=_CLOSED).order_by("-at", "-pk")
    if when in _ENDS:
        states = states.annotate(ended=Subquery(ended.values("status")[:1]))
    for state in states:
        says_now = state.status if when in _STATES else getattr(state, "ended", None)
        if says_now is None:
            continue
        is_bad = says_now in (_STATES.get(when) or _ENDS[when])
        row = (1 if when in _STATES else max(1, state.failures)) if is_bad else 0
        moment = min(state.since or asked.period.start, asked.period.end - timedelta(microseconds=1))
        about = f"{state} {_SAID.get(says_now, says_now)}{f': {state.words}' if is_bad and state.words else ''}"
        found.append(counted(METRIC, _labels(state), [(moment, 1, row)], step=timedelta(minutes=1), about=about))
    return found


def _past(states: QuerySet[MonitorState], asked: Asked) -> list[History]:
    """What each was, end by end or change by change."""
    when = asked.config["when"]
    bad = _STATES.get(when) or _ENDS[when]
    within = {"state__in": states, "at__gte": asked.period.start, "at__lt": asked.period.end}
    if when in _STATES:
        changes = MonitorTransition.objects.filter(**within).order_by("at", "pk")
        rows = list(changes.values_list("state_id", "at", "after"))
    else:
        closed = MonitorRun.objects.filter(**within, status__in=_CLOSED).order_by("at", "pk")
        rows = list(closed.values_list("state_id", "at", "status"))
    points: dict[int, list[tuple[datetime, int, int]]] = defaultdict(list)
    for pk, at, status in rows:
        before = points[pk][-1][2] if points[pk] else 0
        points[pk].append((at, 1, before + 1 if status in bad else 0))
    named = {state.pk: state for state in states}
    return [
        counted(METRIC, _labels(named[pk]), found, step=timedelta(minutes=5), about=str(named[pk]))
        for pk, found in sorted(points.items(), key=lambda item: -sum(row for _, _, row in item[1]))
    ]


def _labels(state: MonitorState) -> tuple[str, str]:
    return state.monitor.slug, state.environment
