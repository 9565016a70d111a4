"""Which threads answer a path, and how large a body it may have."""

from dataclasses import dataclass
from enum import Enum

from django.conf import settings

from alerts.monitors import pings
from analytics.flag_views import LONGEST
from analytics.urls import may_be_evaluated
from events.endpoints.middleware import may_be_ingest, may_carry_files
from events.releases import uploads

# The form around the chunks of an upload.
_FORM_BYTES = 1024 * 1024
# What a job may send along before it is taken for something else.
_PING_BYTES = 256 * 1024 * 1024


class Lane(Enum):
    """Who answers: ingest's threads, flags', those of pages, or the event loop itself where nothing can wait."""

    INGEST = 1
    PAGES = 2
    LOOP = 3
    FLAGS = 4


@dataclass(frozen=True, slots=True)
class Route:
    """`kept` is how much of a body is read for whoever answers; the rest is passed over."""

    lane: Lane
    largest: int
    kept: int | None = None


class Routes:
    """The routes of an installation's settings."""

    def __init__(self) -> None:
        self.ingest = Route(Lane.INGEST, settings.OBS_MAX_BODY_BYTES)
        self.files = Route(Lane.INGEST, settings.OBS_MAX_DECOMPRESSED_BYTES)
        self.uploads = Route(Lane.PAGES, uploads.REQUEST_BYTES + _FORM_BYTES)
        # Of a ping's body the beginning is kept; one that is longer is no reason to lose the ping.
        self.pings = Route(Lane.PAGES, _PING_BYTES, kept=pings.BODY_LIMIT)
        self.pages = Route(Lane.PAGES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        self.health = Route(Lane.LOOP, 0)
        self.flags = Route(Lane.FLAGS, LONGEST)

    def of(self, path: str) -> Route:
        if may_be_ingest(path):
            return self.files if may_carry_files(path) else self.ingest
        if may_be_evaluated(path):
            return self.flags
        if path.startswith("/api/0/"):
            return self.uploads
        if path.startswith("/ping/"):
            return self.pings
        return self.health if path == "/healthz" else self.pages
