"""The list of incidents, and what is told of one, as files and in the API."""

from typing import Any

from alerts.models import Incident, IncidentAlert
from dashboard.exports.lists import Asked, Listed, named, table
from dashboard.pages.incidents import presenting


def _incidents(asked: Asked) -> Any:
    chosen = presenting.listed(asked.project, presenting.asked(asked.parameters))
    return Incident.objects.filter(pk__in=chosen.order_by().values("pk"))


def _alerts(asked: Asked) -> Any:
    return IncidentAlert.objects.filter(incident__project=asked.project, incident=asked.number("incident_id"))


LISTS: dict[str, Listed] = {
    "incidents": table(
        "Incidents", _incidents,
        named(
            "title", "severity", "state", "environment", "began_at", "acknowledged_at", "resolved_at",
            led_by="commander__username",
        ),
        pages=("incident-list",), takes=("state", "severity", "query"),
    ),
    "incident-alerts": table(
        "Alerts of the incident", _alerts, named("source", "title", "severity", "labels", "words", "began_at"),
        pages=("incident",), needs=("incident_id",),
    ),
}  # fmt: skip
