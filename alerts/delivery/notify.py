"""Transitions become notifications: who wants to hear of what, and when many become one."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from alerts.delivery import messages
from alerts.delivery.messages import LEVELS, Message
from alerts.models import Channel, Notification
from events.models import Issue, Project, Transition
from events.runtime import bell

BATCH = 500
STORM = 20  # messages a minute that a channel takes one by one
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DIGEST_LINES = 10
_OF_OURSELVES = (Notification.Kind.DIGEST, Notification.Kind.CHANNEL, Notification.Kind.TEST)


def claim_transitions(*, now: datetime) -> int:
    """Turns every unclaimed transition into the notifications of its project's channels; how many transitions."""
    claimed = 0
    while batch := _claim_batch(now=now):
        claimed += batch
    return claimed


def wants(channel: Channel, *, kind: str, level: str, environment: str) -> bool:
    """Whether the channel's filters let this through; what has no environment passes every environment filter."""
    if channel.transitions and kind not in channel.transitions:
        return False
    if level in LEVELS and LEVELS.index(level) < LEVELS.index(channel.min_level):
        return False
    return not channel.environments or not environment or environment in channel.environments


def fold_spacing(*, arriving: int, in_minute: int, in_hour: int, hourly: int | None) -> timedelta | None:
    """None to send one by one; otherwise the time between two digests. `hourly` bounds what leaves in an hour."""
    if hourly is not None and in_hour + arriving > hourly:
        return HOUR
    return MINUTE if in_minute + arriving > STORM else None


def about_channel(channel: Channel, *, title: str, reason: str, now: datetime) -> int:
    """Tells the project's other channels that this one needs a person, once an hour; how many were told."""
    enabled = Channel.objects.defer("config").filter(project_id=channel.project_id, is_enabled=True)
    made = []
    for other in enabled.exclude(pk=channel.pk):
        dedup = dedup_id("channel", other.pk, channel.pk, title, f"{now:%Y-%m-%dT%H}")
        message = Message(
            kind="channel",
            dedup=dedup,
            title=title,
            reason=reason,
            project=channel.project.name,
            at=now.isoformat(),
            link=settings.OBS_PUBLIC_URL + reverse("dashboard:channel-list", args=[channel.project.slug]),
        )
        made.append(_notification(other, message, now=now))
    created = Notification.objects.bulk_create(made, ignore_conflicts=True)
    bell.ring_on_commit(bell.NOTIFICATIONS)
    return len(created)


def of_transition(transition: Transition, *, dedup: str) -> Message:
    """What a transition has to say; the issue as it is now."""
    issue = transition.issue
    return Message(
        kind=transition.kind,
        dedup=dedup,
        title=issue.title,
        project=transition.project.name,
        at=transition.at.isoformat(),
        level=issue.level,
        environment=str(transition.detail.get("environment", "")),
        release=str(transition.detail.get("release", "")) or issue.last_release,
        culprit=issue.culprit,
        event_count=issue.event_count,
        user_count=issue.user_count,
        first_seen_at=issue.first_seen_at.isoformat(),
        issue_id=issue.pk,
        link=issue_link(transition.project, issue),
    )


def issue_link(project: Project, issue: Issue) -> str:
    """The address of the issue's page, for people outside."""
    return settings.OBS_PUBLIC_URL + reverse("dashboard:issue", args=[project.slug, issue.pk])


@transaction.atomic
def _claim_batch(*, now: datetime) -> int:
    unclaimed = Transition.objects.filter(claimed_at__isnull=True).select_for_update(skip_locked=True, of=("self",))
    transitions = list(unclaimed.select_related("project", "issue").order_by("id")[:BATCH])
    if not transitions:
        return 0
    by_project: dict[int, list[Transition]] = defaultdict(list)
    for transition in transitions:
        by_project[transition.project_id].append(transition)
    # The lock makes two notifiers count the messages of one channel one after the other.
    locked = Channel.objects.select_for_update(of=("self",), no_key=True).defer("config").select_related("project")
    for channel in locked.filter(project__in=by_project, is_enabled=True).order_by("pk"):
        wanted = [transition for transition in by_project[channel.project_id] if _is_wanted(channel, transition)]
        if wanted:
            _put(channel, wanted, now=now)
    Transition.objects.filter(pk__in=[transition.pk for transition in transitions]).update(claimed_at=now)
    return len(transitions)


def _is_wanted(channel: Channel, transition: Transition) -> bool:
    environment = str(transition.detail.get("environment", ""))
    return wants(channel, kind=transition.kind, level=transition.issue.level, environment=environment)


def listeners(named: QuerySet[Channel], project_id: int) -> list[Channel]:
    """The channels that somebody named, or else all of the project, as far as they are on."""
    chosen = list(named.defer("config"))
    if chosen:
        return [channel for channel in chosen if channel.is_enabled]
    return list(Channel.objects.filter(project_id=project_id, is_enabled=True).defer("config"))


def lock(channels: Iterable[Channel]) -> None:
    """Lock channels that several messages of one transaction go to, in the order that all who lock them keep."""
    locked = Channel.objects.select_for_update(of=("self",), no_key=True).filter(pk__in={one.pk for one in channels})
    list(locked.order_by("pk").values_list("pk"))


def tell(channels: Iterable[Channel], message: Message, *, now: datetime) -> int:
    """Put a message that is about no issue into the outbox of those channels that want it, in the caller's transaction.

    How many channels will hear; `message.dedup` is told apart by channel.
    """
    wanted = [
        channel for channel in channels
        if wants(channel, kind="alert", level=message.level, environment=message.environment)
    ]  # fmt: skip
    # The same lock, in the same order, as for transitions: what a channel had lately is counted by one at a time.
    locked = Channel.objects.select_for_update(of=("self",), no_key=True).defer("config").select_related("project")
    for channel in locked.filter(pk__in=[channel.pk for channel in wanted], is_enabled=True).order_by("pk"):
        own = replace(message, dedup=dedup_id(message.dedup, channel.pk))
        _keep(channel, [_notification(channel, own, now=now)], now=now)
    return len(wanted)


def _put(channel: Channel, transitions: Sequence[Transition], *, now: datetime) -> None:
    made = []
    for transition in transitions:
        message = of_transition(transition, dedup=dedup_id("transition", channel.pk, transition.pk))
        made.append(_notification(channel, message, transition=transition, now=now))
    _keep(channel, made, now=now)


def _keep(channel: Channel, made: Sequence[Notification], *, now: datetime) -> None:
    """Into the outbox, one by one or folded into a digest."""
    recent = Notification.objects.filter(channel=channel, created_at__gt=now - HOUR, created_at__lte=now).aggregate(
        in_minute=Count("pk", filter=Q(created_at__gt=now - MINUTE) & ~Q(kind__in=_OF_OURSELVES)),
        in_hour=Count("pk", filter=~Q(status=Notification.Status.SUPPRESSED)),
    )
    hourly = settings.OBS_MAILS_PER_HOUR if channel.kind == Channel.Kind.EMAIL else None
    spacing = fold_spacing(arriving=len(made), hourly=hourly, **recent)
    if spacing is not None:
        digest = _fold(channel, made, spacing=spacing, now=now)
        for notification in made:
            notification.status, notification.digest = Notification.Status.SUPPRESSED, digest
    Notification.objects.bulk_create(made, ignore_conflicts=True)
    bell.ring_on_commit(bell.NOTIFICATIONS)


def _fold(channel: Channel, made: Sequence[Notification], *, spacing: timedelta, now: datetime) -> Notification:
    """The digest that carries these: one that waits already, or a new one a `spacing` after the one before."""
    digests = Notification.objects.filter(channel=channel, kind=Notification.Kind.DIGEST).order_by("-id")
    waiting = digests.filter(status=Notification.Status.PENDING, attempts=0, claimed_until__isnull=True)
    folded = [messages.unpack(notification.payload) for notification in made]
    digest = waiting.select_for_update(skip_locked=True).first()
    if digest is not None:
        digest.payload = messages.pack(digest_of(messages.unpack(digest.payload), folded))
        digest.save(update_fields=["payload"])
        return digest
    empty = Message(
        kind="digest",
        dedup=dedup_id("digest", channel.pk, *(notification.dedup for notification in made)),
        title="",
        project=folded[0].project,
        at=now.isoformat(),
        level="debug",
        link=settings.OBS_PUBLIC_URL + reverse("dashboard:issue-list", args=[channel.project.slug]),
    )
    before = digests.first()
    due = max(now, before.next_attempt_at + spacing) if before else now
    digest = _notification(channel, digest_of(empty, folded), now=due)
    digest.created_at = now
    digest.save(force_insert=True)
    return digest


def digest_of(digest: Message, folded: Iterable[Message]) -> Message:
    """The digest with these added: the first few as lines, the others counted, the worst level kept."""
    added = list(folded)
    lines = [*digest.lines, *(f"{message.headline}: {messages.one_line(message.title)[:150]}" for message in added)]
    count = len(lines) + digest.more_count
    levels = [level for level in (digest.level, *(message.level for message in added)) if level in LEVELS]
    return replace(
        digest,
        title=f"{count} messages as one",
        level=max(levels, key=LEVELS.index),
        lines=tuple(lines[:DIGEST_LINES]),
        more_count=count - len(lines[:DIGEST_LINES]),
    )


def _notification(
    channel: Channel, message: Message, *, transition: Transition | None = None, now: datetime
) -> Notification:
    return Notification(
        channel=channel,
        kind=message.kind,
        transition=transition,
        issue_id=message.issue_id,
        dedup=message.dedup,
        payload_version=messages.VERSION,
        payload=messages.pack(message),
        next_attempt_at=now,
        created_at=now,
    )


def dedup_id(*parts: object) -> str:
    """What tells a repetition from another message: the same parts give the same id."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]
