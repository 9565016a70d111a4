"""How many runs are kept: the latest thousand of each environment of a monitor, none older than ninety days."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.models import MonitorRun, MonitorState, MonitorTransition

KEPT = timedelta(days=90)
MOST_RUNS = 1000
_AT_ONCE = 5000


def forget(*, now: datetime) -> int:
    """Deletes what is too old or too much; how many runs."""
    count, _ = MonitorRun.objects.filter(at__lt=now - KEPT).delete()
    MonitorTransition.objects.filter(at__lt=now - KEPT).delete()
    for state in MonitorState.objects.only("pk").iterator():
        count += bound(state)
    return count


def bound(state: MonitorState) -> int:
    """Deletes the runs of a state beyond the latest; how many."""
    too_many = state.runs.order_by("-at", "-pk").values_list("pk", flat=True)[MOST_RUNS : MOST_RUNS + _AT_ONCE]
    found = list(too_many)
    return MonitorRun.objects.filter(pk__in=found).delete()[0] if found else 0
