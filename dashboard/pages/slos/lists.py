"""Objectives, and how one burns, as files and in the API."""

from collections.abc import Iterator
from typing import Any

from alerts.models import AlertTransition, Objective
from alerts.slos import reports
from dashboard.exports.lists import Asked, Listed, Row, named, newest, table

_FIELDS = ("name", "indicator", "threshold_ms", "where", "target", "days")


def _objectives(asked: Asked) -> Iterator[Row]:
    for one in newest(asked.project.objectives.all(), asked):
        found = reports.report(one, now=asked.now)
        yield one.pk, *(getattr(one, name) for name in _FIELDS), found.state, found.good, found.present


def _history(asked: Asked) -> Any:
    return AlertTransition.objects.filter(
        alert__rule__objective__in=Objective.objects.filter(project=asked.project, pk=asked.number("objective_id"))
    )


LISTS: dict[str, Listed] = {
    "objectives": Listed(
        "Objectives", ("id", *_FIELDS, "state", "good", "burn"), _objectives, ("slos",), is_numbered=True
    ),
    "objective-alerts": table(
        "Alerts of the objective", _history,
        named("before", "after", "at", "value", "words", rule="alert__rule__name"), pages=("slo",),
        needs=("objective_id",),
    ),
}  # fmt: skip
