"""The DSN: the one line that an SDK is configured with."""

from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Q

from events.models import IngestKey, Project


def of(key: IngestKey, *, base_url: str) -> str:
    """The DSN of `key` on the server whose pages are at `base_url`."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{key.public_key}@{parts.netloc}{parts.path.rstrip('/')}/{key.project_id}"


def current_key(project: Project, *, now: datetime) -> IngestKey | None:
    """The key to show: the newest that is active and not on its way out through rotation; None when there is none."""
    usable = project.keys.filter(Q(expires_at=None) | Q(expires_at__gt=now), is_active=True)
    return usable.order_by("expires_at", "-created_at").first()
