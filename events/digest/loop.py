"""From accepted items to issues, occurrences and facts, in one transaction per batch."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, ProgrammingError, transaction
from django.db.models import Q

from events.digest import pipeline
from events.ingest import dead_letters
from events.models import InboxItem, Project
from events.runtime import bell

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
# Not an item's fault: PostgreSQL away or a migration missing, the disk full, no memory. No attempt is counted.
HOUSE_TROUBLE = (OperationalError, InterfaceError, ProgrammingError, OSError, MemoryError)
# One batch holds at most this much compressed payload: memory stays bounded whatever arrives.
MAX_BATCH_BYTES = 16 * 1024 * 1024
# Seconds from which a look at the whole inbox is seldom worth it, and for how many times as long it is spared.
LONG_LOOK, LOOKS_WITHOUT = 0.5, 20


@dataclass(frozen=True)
class Digested:
    """What one run did, in items."""

    items: int = 0
    failed: int = 0

    def __add__(self, other: "Digested") -> "Digested":
        return Digested(self.items + other.items, self.failed + other.failed)


class Floor:
    """Where this process's next look at the inbox begins: at its beginning, while that is quickly looked through.

    Rows that were digested while a dump holds the table lie between the beginning and what is due, and each look steps
    over all of them. A look that took long lets the next ones begin at its first row, for a time; what came late or is
    tried again below it is found by the look after that.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._pk = self._last = 0
        self._until = 0.0

    def begin(self) -> int:
        """The id that the look which begins now need not go below."""
        if self.clock() >= self._until:
            self._pk = 0
        return self._pk

    def looked(self, found: Sequence[int], *, began: float) -> None:
        """Note the ids that a look which began at `began` found, in order."""
        took = self.clock() - began
        self._last = found[-1] if found else self._last
        if not self._pk and took >= LONG_LOOK:
            self._until = self.clock() + LOOKS_WITHOUT * took
        if self._until > self.clock():
            self._pk = found[0] if found else self._last


floor = Floor()


def run(*, now: datetime, seconds: float = 50.0) -> Digested:
    """Digest until nothing is due or `seconds` have passed, and ring where more may be waiting then. Safe to kill, to
    repeat and to run many times at once."""
    deadline = time.monotonic() + seconds
    total = done = Digested()
    while time.monotonic() < deadline:
        done = digest_batch(now=now)
        total += done
        if done == Digested():
            break
    if done.items:  # out of time; what fails rings for nothing, and is looked at again by the clock
        bell.ring(bell.INBOX)
    return total


def digest_batch(*, now: datetime) -> Digested:
    """Claim one batch and digest it; items that cannot be are set aside one by one."""
    try:
        with transaction.atomic():
            items = _claim(settings.OBS_DIGEST_BATCH, now=now)
            if items:
                _store(items, now=now)
            return Digested(items=len(items))
    except HOUSE_TROUBLE:
        raise
    except Exception:
        logger.exception("A batch could not be digested; going through its items one by one")
    return _one_by_one(now=now)


def _store(items: Sequence[InboxItem], *, now: datetime) -> None:
    pipeline.process(items, now=now)
    waiting = Project.objects.filter(pk__in={item.project_id for item in items}, first_event_at=None)
    waiting.update(first_event_at=now)
    InboxItem.objects.filter(pk__in=[item.pk for item in items]).delete()


def _claim(limit: int, *, now: datetime) -> list[InboxItem]:
    """Lock the oldest due items that no other worker holds."""
    due = InboxItem.objects.filter(Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now))
    began = floor.clock()
    if lowest := floor.begin():
        due = due.filter(pk__gte=lowest)
    items: list[InboxItem] = []
    size = 0
    for item in due.order_by("pk").select_for_update(skip_locked=True)[:limit]:
        size += len(item.payload) + len(item.blob or b"")
        if items and size > MAX_BATCH_BYTES:
            break
        items.append(item)
    floor.looked([item.pk for item in items], began=began)
    return items


def _one_by_one(*, now: datetime) -> Digested:
    """Digest the items of a batch that failed as a whole, each in a transaction of its own."""
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now)
    total = Digested()
    for pk in InboxItem.objects.filter(due).order_by("pk").values_list("pk", flat=True)[: settings.OBS_DIGEST_BATCH]:
        total += _digest_one(pk, now=now)
    return total


def _digest_one(pk: int, *, now: datetime) -> Digested:
    with transaction.atomic():
        item = InboxItem.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if item is None:
            return Digested()
        try:
            with transaction.atomic():
                _store([item], now=now)
        except HOUSE_TROUBLE:
            raise
        except Exception as error:
            logger.warning("Item %s of kind %s failed: %s", item.item_id, item.kind, type(error).__name__)
            _set_aside(item, error, now=now)
            return Digested(failed=1)
        return Digested(items=1)


def _set_aside(item: InboxItem, error: Exception, *, now: datetime) -> None:
    """Try again later, or bury it after MAX_ATTEMPTS."""
    item.attempts += 1
    if item.attempts >= MAX_ATTEMPTS:
        dead_letters.bury(item, error, now=now)
        item.delete()
    else:
        item.next_attempt_at = now + timedelta(seconds=2**item.attempts)
        item.save(update_fields=["attempts", "next_attempt_at"])
