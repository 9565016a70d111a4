"""The DSN: the one line that an SDK is configured with."""

import json
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from events.models import IngestKey, Project


def of(key: IngestKey, *, base_url: str) -> str:
    """The DSN of `key` on the server whose pages are at `base_url`."""
    return written(key.public_key, key.project_id, base_url=base_url)


def written(public_key: str, project_id: int, *, base_url: str) -> str:
    """The same of a key's parts."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{public_key}@{parts.netloc}{parts.path.rstrip('/')}/{project_id}"


DEFAULT = "http://127.0.0.1:8000"  # what OBS_PUBLIC_URL is where neither it nor PORT was given


def address() -> str:
    """Where the server is: as the settings say; where they say nothing, as it noted itself when it started.

    A command in a second terminal has not the PORT that the server was started with.
    """
    if settings.OBS_PUBLIC_URL != DEFAULT:
        return str(settings.OBS_PUBLIC_URL)
    try:
        noted = json.loads((settings.OBS_VAR_DIR / "up.json").read_text())["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT
    return noted if isinstance(noted, str) and urlsplit(noted).netloc else DEFAULT


def open_key(project: Project) -> IngestKey | None:
    """The newest usable key without limits of its own: what scripts and samples may send with from anywhere."""
    usable = project.keys.filter(expires_at=None, is_active=True, rate_per_minute=None, allowed_origins=[])
    return usable.order_by("-created_at").first()


def current_key(project: Project, *, now: datetime) -> IngestKey | None:
    """The key to show: the newest that is active and not on its way out through rotation; None when there is none."""
    usable = project.keys.filter(Q(expires_at=None) | Q(expires_at__gt=now), is_active=True)
    return usable.order_by("expires_at", "-created_at").first()
