"""Monitors as programs send them: the fields of Wanted, the names of channels, and whether it is paused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from alerts.delivery import channel_setup
from alerts.models import Monitor
from alerts.monitors import monitor_setup
from alerts.monitors.monitor_setup import Wanted
from events.models import Project

FIELDS = tuple(Wanted.__dataclass_fields__)


@transaction.atomic
def create(project: Project, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Monitor:
    """A new monitor. Raises ValidationError, by field."""
    channels = channel_setup.named(project.pk, sent.get("channels", ()))
    wanted = Wanted(**{name: sent[name] for name in FIELDS if name in sent})
    monitor = monitor_setup.create(project, wanted, channels=channels, actor=actor, now=now)
    return _switched(monitor, sent, actor=actor, now=now)


@transaction.atomic
def change(monitor: Monitor, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Monitor:
    """The monitor with what was sent changed; the rest stays. Raises ValidationError, by field."""
    if set(sent) - {"is_enabled"}:
        wanted = Wanted(**{name: sent.get(name, getattr(monitor, name)) for name in FIELDS})
        channels = list(monitor.channels.defer("config"))
        if "channels" in sent:
            channels = channel_setup.named(monitor.project_id, sent["channels"])
        monitor = monitor_setup.update(monitor, wanted, channels=channels, actor=actor, now=now)
    return _switched(monitor, sent, actor=actor, now=now)


def _switched(monitor: Monitor, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Monitor:
    if "is_enabled" in sent and sent["is_enabled"] != monitor.is_enabled:
        switch = monitor_setup.resume if sent["is_enabled"] else monitor_setup.pause
        switch(monitor, actor=actor, now=now)
    return monitor
