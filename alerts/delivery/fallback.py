"""Where a message goes that a channel could not deliver: to its fallback, once, and it says so.

A copy is never forwarded again, so no ring of channels can pass one round.
"""

from dataclasses import replace
from datetime import datetime

from alerts.delivery import messages, outbox
from alerts.models import Channel, Notification

BY_HAND = "By hand."  # why a channel is off that a person switched off: nobody stands in for it
_OWN = (Notification.Kind.CHANNEL, Notification.Kind.TEST)


def stand_in(channel: Channel) -> Channel | None:
    """The first channel along the fallbacks that is on."""
    seen, following = {channel.pk}, channel.fallback_id
    while following is not None and following not in seen:
        seen.add(following)
        found = Channel.objects.defer("config").select_related("project").filter(pk=following).first()
        if found is None or found.is_enabled:
            return found
        following = found.fallback_id
    return None


def needs_one(channel: Channel) -> bool:
    """Whether it is off by a failure, so that another stands in."""
    return not channel.is_enabled and channel.fallback_id is not None and channel.disabled_reason != BY_HAND


def forward(notification: Notification, *, now: datetime) -> Channel | None:
    """The channel that gets the message in place of its own; None where none does."""
    message = messages.unpack(notification.payload)
    other = stand_in(notification.channel)
    if other is None or message.instead_of or notification.kind in _OWN:
        return None
    told = Notification.objects.filter(channel=other, kind=message.kind, created_at=notification.created_at)
    if message.thread and told.filter(thread=message.thread).exclude(status=Notification.Status.DEAD).exists():
        return other  # it was told of the same at the same time
    copy = replace(message, dedup=outbox.dedup_id("fallback", notification.dedup), instead_of=notification.channel.name)
    made = outbox.notification(other, copy, now=now)
    made.transition_id = notification.transition_id
    outbox.put([made])
    return other


def forward_all(channel: Channel, *, now: datetime) -> int:
    """What waits for a channel that just went off goes to its fallback; how many messages. None, if it has none."""
    if stand_in(channel) is None:
        return 0
    waiting = list(Notification.objects.filter(channel=channel, status=Notification.Status.PENDING).order_by("pk"))
    for one in waiting:
        one.channel = channel
        other = forward(one, now=now)
        one.status = Notification.Status.DEAD
        one.last_error = f"The channel is off; it went to “{other.name}”." if other else "The channel is off."
        one.claimed_until = None
    Notification.objects.bulk_update(waiting, ["status", "last_error", "claimed_until"])
    return len(waiting)
