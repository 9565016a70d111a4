"""The list of incidents, and what is told of one, as files and in the API."""

from typing import Any

from alerts.models import Incident, IncidentAlert
from dashboard.exports.lists import Asked, Listed, belonging, named, table
from dashboard.pages.incidents import presenting


def _incidents(asked: Asked) -> Any:
    chosen = presenting.listed(asked.project, presenting.asked(asked.parameters))
    return Incident.objects.filter(pk__in=chosen.order_by().values("pk"))


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
        "Alerts of the incident", belonging(IncidentAlert, "incident"),
        named("source", "title", "severity", "labels", "words", "began_at"),
        pages=("incident",), needs=("incident_id",),
    ),
}  # fmt: skip
