"""Notifications leave the house: claimed in a transaction, sent outside of any, judged by a pure function."""

import random
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from alerts.delivery import attempts, channel_setup, fallback, messages, notify, outbox
from alerts.delivery.attempts import Outcome
from alerts.models import Channel, Notification
from events.models import Transition
from events.models.secrets import Undecipherable

BATCH = 8
RUN_SECONDS = 10
CLAIM = timedelta(minutes=2)  # longer than any one try takes
GIVE_UP = timedelta(hours=24)
KEPT = timedelta(days=90)
FIRST_DELAY, MAX_DELAY = timedelta(seconds=5), timedelta(minutes=15)
DEFAULT_PAUSE, MAX_PAUSE = 30.0, 86_400.0  # seconds
GONE = frozenset({401, 403, 404, 410})


@dataclass(frozen=True)
class Decision:
    """What follows from a try: sent, retry, paused, minimal, dead or disabled; `at` is the moment of the next one."""

    action: str
    at: datetime | None = None


def decide(
    outcome: Outcome, *, attempts: int, created_at: datetime, is_minimal: bool, now: datetime, jitter: float
) -> Decision:
    """The verdict on one try, `attempts` counted before it; `jitter` is a random share from 0 to 1."""
    status = outcome.status
    if outcome.is_sent:
        return Decision("sent")
    if outcome.is_permanent or status in GONE:
        return Decision("disabled")
    if status == 429:
        wait = DEFAULT_PAUSE if outcome.retry_after is None else min(outcome.retry_after, MAX_PAUSE)
        return Decision("paused", now + timedelta(seconds=wait + jitter))
    if status is None or status == 408 or status >= 500:
        if now - created_at >= GIVE_UP:
            return Decision("dead")
        delay = min(FIRST_DELAY * 3 ** min(attempts, 10), MAX_DELAY)
        return Decision("retry", now + delay * jitter)
    return Decision("dead") if is_minimal else Decision("minimal", now)


def run(*, now: datetime) -> int:
    """Delivers what is due, one message a channel at a time; how many tries were made.

    A channel that failed is left alone for the rest of the run, and the run ends after RUN_SECONDS: a receiver that
    hangs holds up neither the others nor the worker.
    """
    if not Notification.objects.filter(status=Notification.Status.PENDING).exists():
        return 0
    give_up_stranded(now=now)
    failing: set[int] = set()
    tries, until = 0, time.monotonic() + RUN_SECONDS
    with ThreadPoolExecutor(BATCH) as pool:
        while time.monotonic() < until and (claimed := _claim(but=failing, now=now)):
            errands = {pool.submit(_errand(one, now=now)): one for one in claimed}
            for done in as_completed(errands):  # written down at once: what a kill finds unwritten is sent again
                notification = errands[done]
                if _settle(notification, done.result(), now=now) == "retry":
                    failing.add(notification.channel_id)
            tries += len(claimed)
    return tries


def give_up_stranded(*, now: datetime) -> int:
    """Gives up what waits for a channel that has been off for too long; how many."""
    stranded = Notification.objects.filter(
        status=Notification.Status.PENDING, channel__is_enabled=False, created_at__lte=now - GIVE_UP
    )
    return stranded.update(status=Notification.Status.DEAD, last_error="The channel was off for a day.")


def forget(*, now: datetime) -> int:
    """Deletes the log, and the transitions behind it, after KEPT; how many notifications."""
    finished = Notification.objects.exclude(status=Notification.Status.PENDING)
    count, _ = finished.filter(created_at__lt=now - KEPT).delete()
    Transition.objects.filter(claimed_at__lt=now - KEPT).delete()
    return count


@transaction.atomic
def _claim(*, but: Collection[int] = (), now: datetime) -> list[Notification]:
    """The oldest due notification of each ready channel, ours until `claimed_until`."""
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    due = Notification.objects.filter(unclaimed, status=Notification.Status.PENDING, next_attempt_at__lte=now)
    in_flight = Notification.objects.filter(
        channel=OuterRef("channel"), status=Notification.Status.PENDING, claimed_until__gt=now
    )
    unpaused = Q(channel__paused_until__isnull=True) | Q(channel__paused_until__lte=now)
    # What is said of one thing is said in order: an end never overtakes its beginning, which may wait for another try.
    sooner = Notification.objects.filter(
        channel=OuterRef("channel"),
        thread=OuterRef("thread"),
        status=Notification.Status.PENDING,
        pk__lt=OuterRef("pk"),
    )
    in_order = Q(thread="") | ~Exists(sooner)
    ready = due.filter(unpaused, ~Exists(in_flight), in_order, channel__is_enabled=True)
    first = ready.exclude(channel__in=but).order_by("channel_id", "id").distinct("channel_id").values("pk")
    claimed = list(
        due.filter(pk__in=first)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("channel__project")
        .defer("channel__config")
        .order_by("next_attempt_at")[:BATCH]
    )
    for notification in claimed:
        notification.claimed_until = now + CLAIM
    Notification.objects.bulk_update(claimed, ["claimed_until"])
    return claimed


def _errand(notification: Notification, *, now: datetime) -> Callable[[], Outcome]:
    """What a thread has to do; it touches no database, so all it needs is read here."""
    channel = notification.channel
    try:
        config = channel_setup.stored(channel)
    except Undecipherable as error:
        return partial(Outcome, error=str(error), is_permanent=True)
    message = messages.unpack(notification.payload)
    before = outbox.remote_id(notification)
    return partial(
        attempts.make, channel.kind, config, message, minimal=notification.is_minimal, before=before, now=now
    )


@transaction.atomic
def _settle(notification: Notification, outcome: Outcome, *, now: datetime) -> str:
    """What was decided; "" when the notification is no longer ours."""
    mine = Notification.objects.filter(pk=notification.pk, claimed_until=notification.claimed_until)
    if not mine.select_for_update().exists():
        return ""  # the channel was deleted, or the claim ran out and another worker took over
    decision = decide(
        outcome,
        attempts=notification.attempts,
        created_at=notification.created_at,
        is_minimal=notification.is_minimal,
        now=now,
        jitter=random.random(),  # noqa: S311 (spreads retries; nothing to guess)
    )
    channel_setup.log(notification, outcome, decision=decision.action, now=now)
    notification.claimed_until = None
    notification.attempts += decision.action != "paused"
    notification.last_status, notification.last_error = outcome.status, outcome.error
    notification.next_attempt_at = decision.at or notification.next_attempt_at
    notification.is_minimal |= decision.action == "minimal"
    if decision.action == "sent":
        notification.status, notification.sent_at = Notification.Status.SENT, now
        notification.remote_id, notification.latency_ms = outcome.remote_id, outcome.latency_ms
    elif decision.action in ("dead", "disabled"):
        notification.status = Notification.Status.DEAD
    notification.save()
    _settle_channel(notification, decision, outcome, now=now)
    return decision.action


def _settle_channel(notification: Notification, decision: Decision, outcome: Outcome, *, now: datetime) -> None:
    channel = notification.channel
    if decision.action in ("dead", "disabled"):
        _hand_on(notification, now=now)
    rows = Channel.objects.filter(pk=channel.pk)
    if decision.action == "sent":
        wait = {"paused_until": now + timedelta(seconds=outcome.wait)} if outcome.wait else {}
        rows.update(last_sent_at=now, **wait)
    elif decision.action == "paused":
        rows.update(paused_until=decision.at)
    elif decision.action == "disabled":
        notify.about_channel(channel, title=f"“{channel.name}” was disabled", reason=outcome.error, now=now)
        channel_setup.disable(channel, reason=outcome.error, now=now)
        fallback.forward_all(channel, now=now)
    elif decision.action == "dead" and notification.kind != Notification.Kind.CHANNEL:
        notify.about_channel(channel, title=f"“{channel.name}” lost a message", reason=outcome.error, now=now)


def _hand_on(notification: Notification, *, now: datetime) -> None:
    """What was given up goes to the fallback, and with it the end of what was never told here."""
    other = fallback.forward(notification, now=now)
    if other is not None:
        notification.last_error = f"{notification.last_error} It went to “{other.name}”."[:200]
        notification.save(update_fields=["last_error"])
    if not notification.thread or notification.kind in messages.ENDS:
        return
    told = Notification.objects.filter(channel_id=notification.channel_id, thread=notification.thread)
    if told.filter(status=Notification.Status.SENT, created_at__gte=notification.created_at - GIVE_UP).exists():
        return
    for end in told.filter(status=Notification.Status.PENDING, kind__in=messages.ENDS).select_related("channel"):
        fallback.forward(end, now=now)
        end.status, end.last_error = Notification.Status.DEAD, "Nobody was told of its beginning here."
        end.save(update_fields=["status", "last_error"])
