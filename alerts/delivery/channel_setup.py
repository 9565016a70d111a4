"""Channels, as people manage them: each change is audited in its own transaction and never shows a secret."""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.delivery import attempts, messages
from alerts.delivery.attempts import Outcome
from alerts.delivery.channels import KINDS, InvalidConfig
from alerts.delivery.messages import Message
from alerts.models import Channel, DeliveryAttempt, Notification
from events.accounts import audit
from events.models import Project, Transition
from events.models.secrets import Undecipherable
from events.runtime import bell

SYSTEM = "system"
TAKEN = "Another channel of this project has this name."


@dataclass(frozen=True, kw_only=True)
class Conduct:
    """When a channel is told and who stands in for it."""

    fallback: Channel | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_days: Collection[int] = ()
    quiet_zone: str = ""
    is_house: bool = False


CONDUCT = tuple(field.name for field in fields(Conduct))


def create(
    project: Project,
    *,
    kind: str,
    name: str,
    config: Mapping[str, str],
    transitions: Collection[str] = (),
    min_level: str = "debug",
    environments: Collection[str] = (),
    conduct: Conduct | None = None,
    actor: Any,
    now: datetime,
) -> Channel:
    """A new channel of the project; raises ValidationError, also for an address that may not be reached from here."""
    channel = Channel(project=project, kind=kind, created_at=now)
    _demand_superuser(channel, actor=actor)
    _put_name(channel, name)
    _put_filters(channel, transitions=transitions, min_level=min_level, environments=environments)
    _put_conduct(channel, conduct, actor=actor)
    _put_config(channel, config)
    channel.full_clean(exclude=["config", "masked"])
    with transaction.atomic():
        channel.save(force_insert=True)
        audit.record("channel.create", actor=actor, project=project, obj=channel, detail=_detail(channel), now=now)
    return channel


def update(
    channel: Channel,
    *,
    name: str,
    config: Mapping[str, str],
    transitions: Collection[str],
    min_level: str,
    environments: Collection[str],
    conduct: Conduct | None = None,
    actor: Any,
    now: datetime,
) -> Channel:
    """The changed channel; fields of `config` left empty keep what is stored, as does no `conduct`.

    Raises ValidationError.
    """
    _demand_superuser(channel, actor=actor)
    _put_name(channel, name)
    _put_filters(channel, transitions=transitions, min_level=min_level, environments=environments)
    _put_conduct(channel, conduct, actor=actor)
    changes = {field: value for field, value in config.items() if value.strip()}
    if changes:
        _put_config(channel, changes)
    channel.full_clean(exclude=["config", "masked"])
    detail = {**_detail(channel), "changed": sorted(changes)}
    names = ["name", "transitions", "min_level", "environments", *CONDUCT, *(["config", "masked"] if changes else [])]
    with transaction.atomic():
        channel.save(update_fields=names)
        audit.record("channel.update", actor=actor, project=channel.project, obj=channel, detail=detail, now=now)
    return channel


def named(project_id: int, names: Collection[str], *, field: str = "channels") -> list[Channel]:
    """The project's channels of these names. Raises ValidationError for one that there is not."""
    found = list(Channel.objects.filter(project_id=project_id, name__in=list(names)).defer("config"))
    missing = set(names) - {channel.name for channel in found}
    if missing:
        raise ValidationError({field: f"There is no channel {', '.join(sorted(missing))}."})
    return found


def demand_own(channels: Collection[Channel], project_id: int, *, field: str = "channels") -> None:
    """Raises ValidationError where one of the channels is another project's."""
    if any(channel.project_id != project_id for channel in channels):
        raise ValidationError({field: "Channels of this project only."})


def enable(channel: Channel, *, actor: Any, now: datetime) -> bool:
    """Whether the channel was off: it takes messages again, at once."""
    changed = {"is_enabled": True, "disabled_reason": "", "disabled_at": None, "paused_until": None}
    return _switch(channel, "channel.enable", changed, actor=actor, now=now)


def disable(channel: Channel, *, reason: str, actor: Any = SYSTEM, now: datetime) -> bool:
    """Whether the channel was on: it takes no more messages, what waits is given up after a day."""
    changed = {"is_enabled": False, "disabled_reason": reason[:200], "disabled_at": now}
    return _switch(channel, "channel.disable", changed, actor=actor, now=now)


def delete(channel: Channel, *, actor: Any, now: datetime) -> None:
    """Removes the channel and its delivery log."""
    with transaction.atomic():
        obj = ("channel", channel.pk)
        detail = _detail(channel)
        channel.delete()
        audit.record("channel.delete", actor=actor, project=channel.project, obj=obj, detail=detail, now=now)


def test(channel: Channel, *, actor: Any, now: datetime) -> Outcome:
    """The outcome of a test message, sent now and once, also to a channel that is off; it stands in the log."""
    message = Message(
        kind="test",
        dedup=uuid.uuid4().hex,
        title=f"“{channel.name}” can be reached",
        project=channel.project.name,
        at=now.isoformat(),
        level="info",
    )
    try:
        outcome = attempts.make(channel.kind, stored(channel), message, now=now)
    except Undecipherable as error:
        outcome = Outcome(error=str(error), is_permanent=True)
    status = Notification.Status.SENT if outcome.is_sent else Notification.Status.DEAD
    with transaction.atomic():
        notification = Notification.objects.create(
            channel=channel,
            kind=Notification.Kind.TEST,
            dedup=message.dedup,
            payload_version=messages.VERSION,
            payload=messages.pack(message),
            status=status,
            attempts=1,
            next_attempt_at=now,
            last_status=outcome.status,
            last_error=outcome.error,
            remote_id=outcome.remote_id,
            latency_ms=outcome.latency_ms,
            created_at=now,
            sent_at=now if outcome.is_sent else None,
        )
        log(notification, outcome, decision=status.value, now=now)
        detail = {"is_sent": outcome.is_sent, "status": outcome.status}
        audit.record("channel.test", actor=actor, project=channel.project, obj=channel, detail=detail, now=now)
    return outcome


def retry(notification: Notification, *, actor: Any, now: datetime) -> str:
    """Why what was given up is not tried once more, in words; "" where it is."""
    channel = notification.channel
    if not channel.is_enabled:
        return f"“{channel.name}” is off: enable it first."
    fields = {"status": Notification.Status.PENDING, "next_attempt_at": now, "claimed_until": None, "is_minimal": False}
    dead = Notification.objects.filter(pk=notification.pk, status=Notification.Status.DEAD)
    with transaction.atomic():
        if notification.kind == Notification.Kind.TEST or not dead.update(**fields):
            return "Only what was given up can be tried again; send a test anew."
        detail = {"dedup": notification.dedup}
        audit.record("delivery.retry", actor=actor, project=channel.project, obj=notification, detail=detail, now=now)
    bell.ring_on_commit(bell.NOTIFICATIONS)
    return ""


def stored(channel: Channel) -> dict[str, Any]:
    """The channel's configuration in plain; raises Undecipherable."""
    return json.loads(channel.config)


def is_name_taken(channel: Channel, name: str) -> bool:
    """Whether another channel of its project has the name."""
    return Channel.objects.filter(project_id=channel.project_id, name=name).exclude(pk=channel.pk).exists()


def check_config(channel: Channel, given: Mapping[str, str]) -> dict[str, Any]:
    """The configuration that these fields make of the channel; raises ValidationError."""
    kind = KINDS.get(channel.kind)
    if kind is None:
        raise ValidationError({"kind": "Not a kind of channel."})
    missing = [name for name in kind.FIELDS if name not in given]
    try:
        before = stored(channel) if channel.pk and missing else {}
    except Undecipherable as error:
        raise ValidationError({missing[0]: f"{error} Give all fields anew."}) from None
    if isinstance(before.get("addresses"), list):
        before["addresses"] = " ".join(before["addresses"])
    try:
        return kind.clean({**before, **given})
    except InvalidConfig as error:
        raise ValidationError({error.field: error.reason}) from None


def log(notification: Notification, outcome: Outcome, *, decision: str, now: datetime) -> DeliveryAttempt:
    """The line of the delivery log."""
    return DeliveryAttempt.objects.create(
        notification=notification,
        at=now,
        status=outcome.status,
        error=outcome.error,
        latency_ms=outcome.latency_ms,
        decision=decision,
    )


def _switch(channel: Channel, action: str, changed: dict[str, Any], *, actor: Any, now: datetime) -> bool:
    with transaction.atomic():
        rows = Channel.objects.filter(pk=channel.pk, is_enabled=not changed["is_enabled"])
        if not rows.update(**changed):
            return False
        for name, value in changed.items():
            setattr(channel, name, value)
        detail = {"reason": changed["disabled_reason"]} if changed["disabled_reason"] else {}
        audit.record(action, actor=actor, project=channel.project, obj=channel, detail=detail, now=now)
    return True


def _demand_superuser(channel: Channel, *, actor: Any) -> None:
    if channel.kind == Channel.Kind.APPRISE and not getattr(actor, "is_superuser", True):
        raise ValidationError({"url": "Only a superuser may add or change a channel of Apprise."})


def _put_name(channel: Channel, name: str) -> None:
    channel.name = name.strip()
    if is_name_taken(channel, channel.name):
        raise ValidationError({"name": TAKEN})


def _put_config(channel: Channel, given: Mapping[str, str]) -> None:
    config = check_config(channel, given)
    channel.config, channel.masked = json.dumps(config), KINDS[channel.kind].mask(config)[:120]


def _put_filters(
    channel: Channel, *, transitions: Collection[str], min_level: str, environments: Collection[str]
) -> None:
    unknown = set(transitions) - set(Transition.PROBLEMS)
    if unknown:
        raise ValidationError({"transitions": "Not a kind of transition."})
    channel.transitions = sorted(transitions)
    channel.min_level = min_level
    channel.environments = sorted({name.strip() for name in environments if name.strip()})


def _put_conduct(channel: Channel, conduct: Conduct | None, *, actor: Any) -> None:
    if conduct is None:
        return
    if conduct.is_house != channel.is_house and not getattr(actor, "is_superuser", True):
        raise ValidationError({"is_house": "Only a superuser may say where trouble of the server is sent."})
    if conduct.quiet_from and channel.kind in KINDS and KINDS[channel.kind].TAKES_EACH:
        raise ValidationError({"quiet_from": f"{channel.get_kind_display()} takes each message at once."})
    if (conduct.quiet_from is None) != (conduct.quiet_until is None):
        raise ValidationError({"quiet_until": "From and until, or neither: write both, such as 22:00 and 07:00."})
    if conduct.quiet_zone and conduct.quiet_zone not in available_timezones():
        raise ValidationError({"quiet_zone": "Not the name of a time zone; Europe/Berlin is one."})
    if not set(conduct.quiet_days) <= set(range(7)):
        raise ValidationError({"quiet_days": "Choose days from Monday to Sunday."})
    following = conduct.fallback
    if following is not None:
        demand_own([following], channel.project_id, field="fallback")
    while following is not None:
        if following.pk == channel.pk:
            raise ValidationError({"fallback": "These channels would send to each other in a circle."})
        after = following.fallback_id
        following = Channel.objects.defer("config").get(pk=after) if after else None
    for name in CONDUCT:
        setattr(channel, name, getattr(conduct, name))
    channel.quiet_days = sorted(set(conduct.quiet_days))


def _detail(channel: Channel) -> dict[str, Any]:
    detail: dict[str, Any] = {"kind": channel.kind, "name": channel.name, "to": channel.masked}
    if channel.fallback_id:
        detail["fallback"] = channel.fallback_id
    if channel.quiet_from and channel.quiet_until:
        detail["quiet"] = f"{channel.quiet_from:%H:%M}-{channel.quiet_until:%H:%M} {channel.quiet_zone or 'UTC'}"
    return detail
