"""Who watches the watcher: trouble of this server itself is told by every way that still works, and so is its end.

Trouble is told when two looks in a row found it. It goes to the addresses of OBS_ADMIN_EMAILS straight from here, for
what is wrong may be the outbox, and to each channel that a superuser chose for it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from alerts.delivery import attempts, fallback, notify, outbox
from alerts.delivery.messages import Message
from alerts.models import Channel, HouseTrouble, HouseWatch, Notification, Rule, Watch
from events.models import OutcomeCount, Transition

logger = logging.getLogger(__name__)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OUTBOX_AGE = timedelta(minutes=5)
LATE = timedelta(minutes=2)  # two ticks of the most frequent rule
# Fewer records than this are awaited in the silence in the quietest hour of a day: nothing may be chance.
LEAST_AWAITED = 5.0


@dataclass(frozen=True)
class Found:
    """What one look came to."""

    troubles: Mapping[str, str]
    told: int = 0
    ended: int = 0


def look(*, now: datetime) -> Found:
    """Find what is wrong, remember since when, and tell what is new and what is over."""
    troubles = {**_ingest(now=now), **_outbox(now=now), **late(now=now), **_channels()}
    told = ended = 0
    for name, words in troubles.items():
        known, is_new = HouseTrouble.objects.get_or_create(name=name, defaults={"since": now, "words": words[:300]})
        if not is_new and known.told_at is None and _tell("house", known, now=now):
            HouseTrouble.objects.filter(pk=known.pk).update(told_at=now)
            told += 1
    for over in HouseTrouble.objects.exclude(name__in=troubles):
        if over.told_at is None or _tell("house_ended", over, now=now):
            ended += over.told_at is not None
            over.delete()
    return Found(troubles, told, ended)


def late(*, now: datetime) -> dict[str, str]:
    """Rules or monitors that wait to be looked at for more than two ticks."""
    found = {}
    waiting = Rule.objects.filter(is_enabled=True, next_eval_at__lt=now - LATE).order_by("next_eval_at").first()
    if waiting is not None:
        found["rules"] = f"Alert rules are judged late: one waits for {_span(now - waiting.next_eval_at)}."
    watch = Watch.objects.first()
    if watch is not None and watch.looked_at < now - LATE:
        found["monitors"] = f"Monitors were not looked at for {_span(now - watch.looked_at)}."
    return found


def hearers() -> tuple[list[str], list[Channel]]:
    """Addresses and channels that are told."""
    chosen = Channel.objects.filter(is_house=True, is_enabled=True).defer("config").select_related("project")
    return settings.OBS_ADMIN_EMAILS, list(chosen)


def _ingest(*, now: datetime) -> dict[str, str]:
    received = OutcomeCount.objects.filter(outcome=OutcomeCount.Outcome.RECEIVED)
    total = received.aggregate(total=Coalesce(Sum("quantity"), 0))["total"]
    watch = HouseWatch.objects.first() or HouseWatch(rose_at=now, received=total)
    if watch.received != total:
        watch.received, watch.rose_at = total, now
    if watch.pk and now - watch.looked_at > timedelta(minutes=settings.OBS_INGEST_SILENCE_MINUTES):
        watch.rose_at = now  # nobody looked: the silence may have been ours
    watch.looked_at = now
    watch.save()
    silence = now - watch.rose_at
    if silence < timedelta(minutes=settings.OBS_INGEST_SILENCE_MINUTES):
        return {}
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    hours = received.filter(hour__gte=this_hour - DAY - HOUR, hour__lt=this_hour - HOUR).values("hour")
    counts = [row["count"] for row in hours.annotate(count=Sum("quantity"))]
    quietest = min(counts) if len(counts) == 24 else 0
    awaited = quietest * settings.OBS_INGEST_SILENCE_MINUTES / 60
    if awaited < LEAST_AWAITED:
        return {}
    usual = f"the quietest hour of the last day brought {quietest:,} records"
    return {"ingest": f"Nothing arrived for {_span(silence)}; {usual}."}


def _outbox(*, now: datetime) -> dict[str, str]:
    """Messages that could leave and do not. What waits for another try, or behind one that does, is another matter."""
    pending = Notification.objects.filter(status=Notification.Status.PENDING)
    sooner = pending.filter(channel=OuterRef("channel"), thread=OuterRef("thread"), pk__lt=OuterRef("pk"))
    unpaused = Q(channel__paused_until__isnull=True) | Q(channel__paused_until__lte=now - OUTBOX_AGE)
    stuck = pending.filter(unpaused, next_attempt_at__lte=now - OUTBOX_AGE, channel__is_enabled=True)
    oldest = stuck.filter(Q(thread="") | ~Exists(sooner)).order_by("next_attempt_at").first()
    since = oldest.next_attempt_at if oldest else None
    unclaimed = Transition.objects.filter(claimed_at__isnull=True).order_by("id").first()
    if unclaimed is not None and unclaimed.at <= now - OUTBOX_AGE:
        since = min(since or unclaimed.at, unclaimed.at)
    return {"outbox": f"Messages wait to be sent: the oldest for {_span(now - since)}."} if since else {}


def _channels() -> dict[str, str]:
    off = Channel.objects.filter(is_enabled=False).exclude(disabled_reason=fallback.BY_HAND)
    return {
        f"channel {channel.pk}": f"“{channel.name}” of {channel.project.name} is off: {channel.disabled_reason}"
        for channel in off.defer("config").select_related("project").order_by("pk")[:100]
    }


def _tell(kind: str, trouble: HouseTrouble, *, now: datetime) -> bool:
    """Whether anybody will hear of it; the log does in any case."""
    (logger.error if kind == "house" else logger.info)("%s: %s", kind, trouble.words)
    message = Message(
        kind=kind,
        dedup=outbox.dedup_id(kind, trouble.name, trouble.since.isoformat()),
        thread=outbox.dedup_id("house", trouble.name),
        title=trouble.words,
        project="This server",
        at=now.isoformat(),
        level="fatal" if kind == "house" else "info",
        details=(("Since", f"{trouble.since:%Y-%m-%d %H:%M} UTC"), ("Lasted", _lasted(kind, trouble, now=now))),
        link=settings.OBS_PUBLIC_URL + reverse("dashboard:system"),
    )
    addresses, channels = hearers()
    with transaction.atomic():
        heard = notify.put_to(_wanted(kind, message, channels), message, now=now)
    if not addresses:
        return heard > 0 or not channels
    sent = attempts.make("email", {"addresses": addresses}, message, now=now)
    if not sent.is_sent:
        logger.error("OBS_ADMIN_EMAILS could not be told: %s", sent.error)
    return heard > 0 or sent.is_sent


def _wanted(kind: str, message: Message, channels: list[Channel]) -> dict[int, str]:
    heard = outbox.hearers(message.thread, {channel.project_id for channel in channels})
    ids = {channel.pk for channel in channels}
    return dict.fromkeys(heard if kind == "house_ended" else ids, "")


def _lasted(kind: str, trouble: HouseTrouble, *, now: datetime) -> str:
    return _span(now - trouble.since) if kind == "house_ended" else ""


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
