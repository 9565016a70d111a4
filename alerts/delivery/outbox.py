"""Rows of the outbox: one message for one channel, told apart by its dedup id."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

from alerts.delivery import messages
from alerts.delivery.messages import ENDS, Message
from alerts.models import Channel, Notification
from events.models import Transition
from events.runtime import bell


def dedup_id(*parts: object) -> str:
    """What tells a repetition from another message: the same parts give the same id."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]


def notification(
    channel: Channel, message: Message, *, transition: Transition | None = None, now: datetime
) -> Notification:
    """The row, not stored yet."""
    return Notification(
        channel=channel,
        kind=message.kind,
        transition=transition,
        issue_id=message.issue_id,
        dedup=message.dedup,
        thread=message.thread[:32],
        payload_version=messages.VERSION,
        payload=messages.pack(message),
        next_attempt_at=now,
        created_at=now,
    )


def put(made: Iterable[Notification]) -> int:
    """Into the outbox, with the caller's transaction; what is there already stays as it is. How many."""
    created = Notification.objects.bulk_create(made, ignore_conflicts=True)
    bell.ring_on_commit(bell.NOTIFICATIONS)
    return len(created)


def hearers(thread: str, project_ids: Collection[int]) -> set[int]:
    """The channels that were told, or will be, and not of the end yet."""
    return {channel_id for channel_id, _ in open_threads([thread], project_ids)}


def open_threads(threads: Collection[str], project_ids: Collection[int]) -> set[tuple[int, str]]:
    """The pairs (channel, thread) of which a beginning was told, or will be, and not the end yet."""
    told = Notification.objects.filter(channel__project_id__in=project_ids, thread__in=threads)
    last = told.exclude(status=Notification.Status.DEAD).order_by("channel_id", "thread", "-id")
    last = last.distinct("channel_id", "thread")
    return {(pk, thread) for pk, thread, kind in last.values_list("channel_id", "thread", "kind") if kind not in ENDS}


def remote_id(one: Notification) -> str:
    """The receiver's id of what this message ends; "" where there is none to change."""
    if not one.thread or one.kind not in ENDS:
        return ""
    sent = Notification.objects.filter(channel_id=one.channel_id, thread=one.thread, pk__lt=one.pk)
    sent = sent.filter(status=Notification.Status.SENT).exclude(remote_id="").exclude(kind__in=ENDS)
    return sent.order_by("-pk").values_list("remote_id", flat=True).first() or ""
