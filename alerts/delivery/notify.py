"""Transitions become notifications: who wants to hear of what, and when many become one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from alerts.delivery import fallback, messages, outbox, quiet
from alerts.delivery.channels import KINDS
from alerts.delivery.messages import LEVELS, Message
from alerts.delivery.outbox import dedup_id, notification, put
from alerts.models import Channel, Notification
from events.models import Issue, Project, Transition

BATCH = 500
STORM = 20  # messages a minute that a channel takes one by one
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DIGEST_LINES = 10
_OF_OURSELVES = (Notification.Kind.DIGEST, Notification.Kind.QUIET, Notification.Kind.CHANNEL, Notification.Kind.TEST)


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
        made.append(notification(other, message, now=now))
    return put(made)


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
        thread=thread_of(issue.pk),
        link=issue_link(transition.project, issue),
    )


def thread_of(issue_id: int) -> str:
    """What all messages of one issue have in common."""
    return dedup_id("issue", issue_id)


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
    off, opened = _off(by_project), _open_threads(transitions)
    # The lock makes two notifiers count the messages of one channel one after the other.
    locked = Channel.objects.select_for_update(of=("self",), no_key=True).defer("config").select_related("project")
    for channel in locked.filter(project__in=by_project, is_enabled=True).order_by("pk"):
        made = []
        for transition in by_project[channel.project_id]:
            if transition.kind == Transition.Kind.RESOLVED:
                named = [channel] if _hears_the_end(channel, transition, opened) else []
            else:
                named = [one for one in (channel, *off.get(channel.pk, ())) if _is_wanted(one, transition)]
            if named:
                instead_of = "" if named[0] == channel else named[0].name
                made.append(_of_transition(channel, transition, instead_of=instead_of, now=now))
        if made:
            _keep(channel, made, now=now)
    Transition.objects.filter(pk__in=[transition.pk for transition in transitions]).update(claimed_at=now)
    return len(transitions)


def _open_threads(transitions: Iterable[Transition]) -> set[tuple[int, str]]:
    ended = [one for one in transitions if one.kind == Transition.Kind.RESOLVED]
    threads = [thread_of(one.issue_id) for one in ended]
    return outbox.open_threads(threads, {one.project_id for one in ended}) if ended else set()


def _hears_the_end(channel: Channel, transition: Transition, opened: Collection[tuple[int, str]]) -> bool:
    """Whether the beginning was told there, and its kind tells ends."""
    return KINDS[channel.kind].HEARS_RESOLVED and (channel.pk, thread_of(transition.issue_id)) in opened


def _is_wanted(channel: Channel, transition: Transition) -> bool:
    environment = str(transition.detail.get("environment", ""))
    return wants(channel, kind=transition.kind, level=transition.issue.level, environment=environment)


def _off(project_ids: Iterable[int]) -> dict[int, list[Channel]]:
    """By each channel that is on, those it stands in for."""
    found: dict[int, list[Channel]] = defaultdict(list)
    for channel in Channel.objects.filter(project__in=project_ids, is_enabled=False).defer("config"):
        other = fallback.stand_in(channel) if fallback.needs_one(channel) else None
        if other is not None:
            found[other.pk].append(channel)
    return found


def listeners(named: QuerySet[Channel], project_id: int) -> list[Channel]:
    """The channels that somebody named, or else all of the project, as far as they are on or another stands in."""
    chosen = list(named.defer("config")) or list(Channel.objects.filter(project_id=project_id).defer("config"))
    return [channel for channel in chosen if channel.is_enabled or fallback.needs_one(channel)]


def lock(channels: Iterable[Channel]) -> None:
    """Lock channels that several messages of one transaction go to, in the order that all who lock them keep."""
    locked = Channel.objects.select_for_update(of=("self",), no_key=True).filter(pk__in={one.pk for one in channels})
    list(locked.order_by("pk").values_list("pk"))


def tell(channels: Iterable[Channel], message: Message, *, now: datetime) -> int:
    """Put a message that is about no issue into the outbox of those channels that want it, in the caller's transaction.

    How many channels will hear; `message.dedup` is told apart by channel. The end of something goes to whoever was told
    of its beginning, and to nobody else.
    """
    given = list(channels)
    if message.is_end and message.thread:
        heard = outbox.hearers(message.thread, {channel.project_id for channel in given})
        return put_to(dict.fromkeys(heard, ""), message, now=now)
    to: dict[int, str] = {}
    for channel in given:
        if not wants(channel, kind="alert", level=message.level, environment=message.environment):
            continue
        other = channel if channel.is_enabled else fallback.stand_in(channel)
        if other is not None and (other is channel or other.pk not in to):
            to[other.pk] = "" if other is channel else channel.name
    return put_to(to, message, now=now)


def put_to(to: Mapping[int, str], message: Message, *, now: datetime) -> int:
    """Into the outbox of these channels, as far as they are on; each with the name of the one it stands in for."""
    # The same lock, in the same order, as for transitions: what a channel had lately is counted by one at a time.
    locked = Channel.objects.select_for_update(of=("self",), no_key=True).defer("config").select_related("project")
    for channel in locked.filter(pk__in=to, is_enabled=True).order_by("pk"):
        own = replace(message, dedup=dedup_id(message.dedup, channel.pk), instead_of=to[channel.pk])
        _keep(channel, [notification(channel, own, now=now)], now=now)
    return len(to)


def _of_transition(channel: Channel, transition: Transition, *, instead_of: str = "", now: datetime) -> Notification:
    message = of_transition(transition, dedup=dedup_id("transition", channel.pk, transition.pk))
    return notification(channel, replace(message, instead_of=instead_of), transition=transition, now=now)


def _keep(channel: Channel, made: Sequence[Notification], *, now: datetime) -> None:
    """Into the outbox: one by one, folded into a digest, or held until the channel's quiet hours end."""
    until = quiet.ends_at(channel, now=now)
    held = [one for one in made if until and one.payload["level"] != "fatal"]
    passing = [one for one in made if one not in held]
    if held and until:
        _fold(channel, held, kind=Notification.Kind.QUIET, due=until, now=now)
    spacing = _spacing(channel, len(passing), now=now) if passing else None
    if spacing is not None:
        before = Notification.objects.filter(channel=channel, kind=Notification.Kind.DIGEST).order_by("-id").first()
        due = max(now, before.next_attempt_at + spacing) if before else now
        _fold(channel, passing, kind=Notification.Kind.DIGEST, due=due, now=now)
    put(made)


def _spacing(channel: Channel, arriving: int, *, now: datetime) -> timedelta | None:
    """What `fold_spacing` says of what the channel had lately."""
    if KINDS[channel.kind].TAKES_EACH:
        return None
    recent = Notification.objects.filter(channel=channel, created_at__gt=now - HOUR, created_at__lte=now).aggregate(
        in_minute=Count("pk", filter=Q(created_at__gt=now - MINUTE) & ~Q(kind__in=_OF_OURSELVES)),
        in_hour=Count("pk", filter=~Q(status=Notification.Status.SUPPRESSED)),
    )
    hourly = settings.OBS_MAILS_PER_HOUR if channel.kind == Channel.Kind.EMAIL else None
    return fold_spacing(arriving=arriving, hourly=hourly, **recent)


def _fold(channel: Channel, made: Collection[Notification], *, kind: str, due: datetime, now: datetime) -> None:
    """Into the digest of that kind: one that waits already, or a new one that leaves when it is due."""
    digests = Notification.objects.filter(channel=channel, kind=kind).order_by("-id")
    waiting = digests.filter(status=Notification.Status.PENDING, attempts=0, claimed_until__isnull=True)
    folded = [messages.unpack(one.payload) for one in made]
    digest = waiting.select_for_update(skip_locked=True).first()
    if digest is not None:
        digest.payload = messages.pack(digest_of(messages.unpack(digest.payload), folded))
        digest.save(update_fields=["payload"])
    else:
        empty = Message(
            kind=kind,
            dedup=dedup_id(kind, channel.pk, *(one.dedup for one in made)),
            title="",
            project=folded[0].project,
            at=now.isoformat(),
            level="debug",
            link=settings.OBS_PUBLIC_URL + reverse("dashboard:issue-list", args=[channel.project.slug]),
        )
        digest = notification(channel, digest_of(empty, folded), now=due)
        digest.created_at = now
        digest.save(force_insert=True)
    for one in made:
        one.status, one.digest = Notification.Status.SUPPRESSED, digest


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
