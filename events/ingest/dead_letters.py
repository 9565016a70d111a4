"""Items that could not be digested: kept scrubbed, readable and replayable."""

import traceback
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from events import scrubbing
from events.accounts import audit
from events.models import DeadLetter, InboxItem
from events.runtime.progress import Watch, unwatched

_NAMED = 500  # so many numbers an entry holds; the count is of all


def bury(item: InboxItem, error: Exception, *, now: datetime) -> DeadLetter:
    """Keep `item` with the reason it failed, in the caller's transaction."""
    trace = "".join(traceback.format_exception(error))[-8000:]
    return DeadLetter.objects.create(
        project_id=item.project_id,
        kind=item.kind,
        item_id=item.item_id,
        quantity=item.quantity,
        received_at=item.received_at,
        payload=item.payload,
        blob=item.blob,
        attempts=item.attempts,
        error=scrubbing.scrub_text(trace),
        created_at=now,
    )


def replay(letters: Iterable[DeadLetter], *, actor: Any, now: datetime, watch: Watch = unwatched) -> int:
    """Move dead letters back into the inbox with fresh attempts, under one audit entry; return how many."""
    replayed: list[int] = []
    for letter in watch(letters):
        with transaction.atomic():
            locked = DeadLetter.objects.select_for_update(skip_locked=True).filter(pk=letter.pk).first()
            if locked is None:
                continue
            InboxItem.objects.create(
                project_id=locked.project_id,
                kind=locked.kind,
                item_id=locked.item_id,
                quantity=locked.quantity,
                received_at=locked.received_at,
                payload=locked.payload,
                blob=locked.blob,
            )
            locked.delete()
            replayed.append(letter.pk)
    detail = {"dead_letters": replayed[:_NAMED], "count": len(replayed)}
    audit.record("dead_letter.replay", actor=actor, detail=detail, now=now)
    return len(replayed)
