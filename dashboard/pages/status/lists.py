"""What a status page shows and what was published on it, as files and in the API."""

from typing import Any

from alerts.models import StatusComponent, StatusNotice
from dashboard.exports.lists import Listed, named, table
from events.accounts import access

_OF_PAGE: dict[str, Any] = {"pages": ("status-page",), "role": access.EDITOR}
LISTS: dict[str, Listed] = {
    "status-components": table(
        "Components of the status page",
        lambda asked: StatusComponent.objects.filter(page__project=asked.project),
        named("name", "description", "position", "sources", "since"), **_OF_PAGE,
    ),
    "status-notices": table(
        "Published on the status page",
        lambda asked: StatusNotice.objects.filter(page__project=asked.project),
        named(
            "kind", "title", "impact", "status", "components", "started_at", "monitoring_at", "ended_at",
            "scheduled_for", "scheduled_until",
        ),
        **_OF_PAGE,
    ),
}  # fmt: skip
