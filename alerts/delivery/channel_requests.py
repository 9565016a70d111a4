"""Channels as programs send them: only what changes, the fallback by its name, and whether the channel is on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.functions import Cast

from alerts.delivery import channel_setup, delivery_log, fallback
from alerts.delivery.channel_setup import CONDUCT, Conduct
from alerts.delivery.channels import KINDS
from alerts.models import Channel
from events.models import Project, secrets
from events.models.secrets import Undecipherable

SECURE = ("url", "secret", "routing_key", "addresses")
_FILTERS = ("transitions", "min_level", "environments")


@transaction.atomic
def create(project: Project, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Channel:
    """A new channel. Raises ValidationError, by field."""
    channel = Channel(project=project, kind=sent["kind"])
    values = {**_values(channel, sent), "name": sent["name"], "actor": actor, "now": now}
    return _switched(channel_setup.create(project, kind=channel.kind, **values), sent, actor=actor, now=now)


@transaction.atomic
def change(channel: Channel, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Channel:
    """The channel with what was sent changed; the rest stays. Raises ValidationError, by field."""
    if sent.get("kind", channel.kind) != channel.kind:
        raise ValidationError({"kind": "A channel keeps its kind: make another one."})
    if set(sent) - {"is_enabled", "kind"}:
        values = {**_values(channel, sent), "name": sent.get("name", channel.name), "actor": actor, "now": now}
        channel = channel_setup.update(channel, **values)
    return _switched(channel, sent, actor=actor, now=now)


def listed(project: Project) -> QuerySet[Any]:
    """The project's channels as the page lists them, each with `sealed`: its secrets as they are stored, encrypted."""
    return delivery_log.channels(project).select_related("project").annotate(sealed=Cast("config", models.TextField()))


def secure_fields(kind: str, sealed: str) -> dict[str, bool]:
    """Which of the kind's fields are set and can be read; what they say stays here."""
    try:
        config = orjson.loads(secrets.decrypt(sealed))
    except Undecipherable:
        config = {}
    return {name: bool(config.get(name)) for name in KINDS[kind].FIELDS}


def _values(channel: Channel, sent: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "config": _config(channel, sent),
        "conduct": Conduct(**{name: _conduct(channel, name, sent) for name in CONDUCT}),
        **{name: sent.get(name, getattr(channel, name)) for name in _FILTERS},
    }


def _config(channel: Channel, sent: Mapping[str, Any]) -> dict[str, str]:
    """What was sent of the kind's fields. Raises ValidationError for a field that it does not have."""
    given = {name: sent[name] for name in SECURE if name in sent}
    for name in given:
        if name not in KINDS[channel.kind].FIELDS:
            raise ValidationError({name: f"{channel.get_kind_display()} has no such field."})
    if "addresses" in given:
        given["addresses"] = " ".join(given["addresses"])
    return given


def _conduct(channel: Channel, name: str, sent: Mapping[str, Any]) -> Any:
    if name != "fallback" or name not in sent:
        return sent.get(name, getattr(channel, name))
    wanted = sent[name]
    return channel_setup.named(channel.project_id, [wanted], field=name)[0] if wanted else None


def _switched(channel: Channel, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Channel:
    if sent.get("is_enabled", channel.is_enabled) != channel.is_enabled:
        if sent["is_enabled"]:
            channel_setup.enable(channel, actor=actor, now=now)
        else:
            channel_setup.disable(channel, reason=fallback.BY_HAND, actor=actor, now=now)
    return channel
