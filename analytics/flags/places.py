"""Where people fell before they logged in: remembered for flags whose experience continues.

A person is a pseudonym of the distinct id, and what is remembered are the numbers that the anonymous id hashes to: the
id itself is stored nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from analytics.flags import definitions
from analytics.flags.definitions import Book, Flag, Place
from analytics.models import FlagPlace
from events.values import pseudonyms

# After so long the anonymous id would not be known to its browser either.
KEPT = timedelta(days=395)


def pseudonym(book: Book, distinct_id: str) -> str:
    return pseudonyms.of(book.pepper, "flag", distinct_id)


def of(book: Book, distinct_id: str, *, anonymous_id: str, now: datetime) -> dict[int, Place]:
    """The places remembered of somebody, by flag; those of a just known anonymous id are remembered by this."""
    flags = [flag for flag in book.flags.values() if flag.is_continuous and flag.is_active]
    if not flags or not distinct_id:
        return {}
    person = pseudonym(book, distinct_id)
    found = _read(person, flags)
    missing = [flag for flag in flags if flag.id not in found]
    if anonymous_id and anonymous_id != distinct_id and missing:
        # The anonymous id may itself have been told to keep an older place: a second log-in on one device.
        older = _read(pseudonym(book, anonymous_id), missing)
        made = {flag.id: older.get(flag.id) or definitions.place(flag.key, anonymous_id) for flag in missing}
        FlagPlace.objects.bulk_create(
            [
                FlagPlace(
                    flag_id=flag_id, person=person, created_at=now,
                    rollout=place.rollout, variant=place.variant, holdout=place.holdout,
                )
                for flag_id, place in made.items()
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        found = _read(person, flags)  # of two requests at once, the first has decided
    return found


def _read(person: str, flags: Sequence[Flag]) -> dict[int, Place]:
    rows = FlagPlace.objects.filter(person=person, flag_id__in=[flag.id for flag in flags])
    return {
        flag_id: Place(rollout, variant, holdout)
        for flag_id, rollout, variant, holdout in rows.values_list("flag_id", "rollout", "variant", "holdout")
    }


def forget(*, now: datetime) -> int:
    """Delete what is older than KEPT; returns how much that was."""
    deleted, _ = FlagPlace.objects.filter(created_at__lt=now - KEPT).delete()
    return deleted
