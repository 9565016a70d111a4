"""Pings in the style of Healthchecks: what an address asks for, pure, and the report that comes of it.

/ping/<uuid>  /ping/<ping key>/<slug>     each also with /start, /fail, /log or /<exit status>; ?rid= names the run
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from alerts.models import Monitor, PingKey
from alerts.monitors import monitor_setup, receiving
from alerts.monitors.receiving import Report
from events.scrubbing import scrub_text

BODY_LIMIT = 10_000
DAY, HOUR = 86_400, 3600
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[-a-zA-Z0-9_]{1,100}")
_STATUSES = {"": "ok", "start": "in_progress", "fail": "error", "log": "log"}


@dataclass(frozen=True, slots=True)
class Ping:
    """What an address asks for: of which monitor, by its token or by a key and a name, and what it says."""

    status: str
    token: uuid.UUID | None = field(default=None, repr=False)
    key: str = field(default="", repr=False)
    slug: str = ""
    exit_code: int | None = None
    run_id: uuid.UUID | None = None
    may_create: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str

    @property
    def is_taken(self) -> bool:
        return self.status < 400


OK, CREATED, NOT_FOUND = Answer(200, "OK"), Answer(201, "Created"), Answer(404, "not found")
BAD_ADDRESS, BAD_RUN = Answer(400, "invalid url format"), Answer(400, "invalid uuid format")


def read(path: str, query: Mapping[str, str]) -> Ping | Answer:
    """What stands behind `/ping/`, or the answer that refuses it."""
    first, *rest = path.split("/")
    if _UUID.fullmatch(first) and (rest == [""] or len(rest) < 2):
        token, key, slug, action = uuid.UUID(first), "", "", (rest or [""])[0]
        if not _is_action(action):
            return NOT_FOUND
    elif _NAME.fullmatch(first) and len(rest) in (1, 2) and _NAME.fullmatch(rest[0]):
        token, key, slug, action = None, first, rest[0], (rest[1:] or [""])[0]
        if len(rest) == 2 and (not action or not _is_action(action)):
            return NOT_FOUND
        if slug != slug.lower():
            return BAD_ADDRESS
    else:
        return NOT_FOUND
    exit_code = None
    if action.isdecimal():
        if int(action[:9]) > 255:
            return BAD_ADDRESS
        exit_code = int(action)
        action = "fail" if exit_code else ""
    run = query.get("rid")
    if run is not None and not _UUID.fullmatch(run.lower()):
        return BAD_RUN
    run_id = uuid.UUID(run) if run is not None else None
    return Ping(_STATUSES[action], token, key, slug, exit_code, run_id, query.get("create") == "1")


def take(ping: Ping, body: bytes, *, now: datetime) -> Answer:
    """Write the ping down, whose beginning of a body this is, and answer it."""
    said = scrub_text(body[:BODY_LIMIT].decode("utf-8", "replace").replace("\0", "\ufffd")) if body else ""
    with transaction.atomic():
        monitor, is_new = _monitor_of(ping, now=now)
        if monitor is None:
            return NOT_FOUND
        report = Report(
            status=ping.status, at=now, is_ping=True, run_id=ping.run_id, exit_code=ping.exit_code, body=said
        )
        receiving.receive(monitor, report, now=now)
    return CREATED if is_new else OK


def _is_action(action: str) -> bool:
    return action in _STATUSES or (action.isascii() and action.isdecimal())


def _monitor_of(ping: Ping, *, now: datetime) -> tuple[Monitor | None, bool]:
    monitors = Monitor.objects.select_related("project").filter(project__deleted_at=None)
    if ping.token is not None:
        return monitors.filter(token=ping.token).first(), False
    key = PingKey.objects.select_related("project").filter(key=ping.key, project__deleted_at=None).first()
    if key is None:
        return None, False
    found = monitors.filter(project_id=key.project_id, slug=ping.slug).first()
    if found is not None or not ping.may_create or len(ping.slug) > 50:
        return found, False
    if not monitor_setup.has_room(key.project_id):
        return None, False
    made, is_new = monitors.get_or_create(
        project_id=key.project_id, slug=ping.slug,
        defaults={
            "name": ping.slug, "kind": Monitor.Kind.SIMPLE, "schedule": str(DAY), "margin_seconds": HOUR,
            "max_runtime_seconds": HOUR, "source": Monitor.Source.PING, "created_at": now,
        },
    )  # fmt: skip
    return made, is_new
