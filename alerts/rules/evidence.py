"""What was known when an alert changed: written down once as JSON, drawn later without asking again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from alerts.models import Rule
from alerts.rules.contract import Judged
from analytics.questions.watched.series import History
from events.releases import deploys as arrivals

POINTS = 120
DEPLOYS = timedelta(hours=2)


def of(rule: Rule, history: History | None, judged: Judged, *, needs: timedelta, at: datetime) -> dict[str, Any]:
    """The rule as it was, the value, the series before it (at most POINTS), and the deploys of the two hours before."""
    return {
        "version": 1,
        "rule": {
            "name": rule.name,
            "kind": rule.kind,
            "metric": rule.metric,
            "where": rule.where,
            "group_by": rule.group_by,
            "config": rule.config,
            "for_minutes": rule.for_minutes,
        },
        "value": judged.value,
        "threshold": judged.threshold,
        "words": judged.words,
        "samples": judged.samples,
        "unit": history.metric.unit if history else "",
        "series": series(history, needs=needs, at=at) if history else [],
        "deploys": deploys(rule, at=at),
    }


def series(history: History, *, needs: timedelta, at: datetime) -> list[list[Any]]:
    """[moment in ISO form, value or null] of what the judgement rests on, evenly cut."""
    first = at - needs
    width = max(1, -(-int((at - first) / history.step) // POINTS)) * history.step
    return [[moment.isoformat(), found.value] for moment, found in history.along(first, at, width)]


def deploys(rule: Rule, *, at: datetime) -> list[dict[str, str]]:
    """The latest first."""
    found = arrivals.arrived(rule.project).filter(finished_at__gt=at - DEPLOYS, finished_at__lte=at)
    return [
        {"at": deploy.finished_at.isoformat(), "release": deploy.release.version, "environment": deploy.environment}
        for deploy in found[:5]
        if deploy.finished_at
    ]
