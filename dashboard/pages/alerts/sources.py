"""Others' alerts as the pages show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from alerts.models import ForeignAlert, ForeignSource, Notice
from events.models import Project

LATEST = 50


@dataclass(frozen=True, slots=True)
class Way:
    """What somebody copies into the settings of a sender."""

    title: str
    text: str


def listed(project: Project) -> QuerySet[ForeignSource]:
    """The sources with how many of their alerts are on."""
    on = Count("alerts", filter=Q(alerts__is_on=True))
    return project.foreign_sources.select_related("watchdog").annotate(on=on)


def latest(project: Project) -> QuerySet[ForeignAlert]:
    """What is on first, then what ended last."""
    found = ForeignAlert.objects.filter(source__project=project).select_related("source")
    return found.order_by("-is_on", "-received_at", "-pk")[:LATEST]


def notice_of(found: ForeignAlert) -> Notice | None:
    notices = Notice.objects.filter(foreign=found).select_related("acknowledged_by")
    return notices.prefetch_related("notifications__channel").first()


def matchers_of(found: ForeignAlert) -> str:
    """What silences just this alert, as the form takes it."""
    labels = {**found.labels, "rule": found.name, "source": found.source.name}
    labels.pop("alertname", None)
    return ", ".join(f"{name}={value}" for name, value in labels.items() if value and "," not in value)


def address(project: Project) -> str:
    """Where senders of this project send to."""
    return settings.OBS_PUBLIC_URL + reverse("alerts-in", args=[project.slug])


def ways(project: Project, token: str) -> list[Way]:
    """How Alertmanager and Grafana are told."""
    url = address(project)
    receiver = (
        "receivers:\n  - name: formaos\n    webhook_configs:\n"
        f"      - url: {url}\n        send_resolved: true\n        http_config:\n"
        f"          authorization:\n            credentials: {token}\n"
    )
    grafana = (
        f"Contact point: Webhook\nURL: {url}\nHTTP method: POST\nAuthorization header, scheme: Bearer\n"
        f"Authorization header, credentials: {token}\n"
    )
    body = '{"alerts": [{"status": "firing", "labels": {"alertname": "Test", "severity": "info"}}]}'
    curl = f"curl -fsS -H 'Authorization: Bearer {token}' -d '{body}' {url}"
    return [Way("Alertmanager", receiver), Way("Grafana", grafana), Way("To try it", curl)]
