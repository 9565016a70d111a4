"""What somebody says of consent, and what follows at once: who takes it back is nobody in particular from then on.

All ids of a person are taken back together. Their places in flags go, so that flags meet them as strangers; what was
counted before stays, as it was counted with consent, unless they want it erased as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from analytics.models import Erasure
from analytics.privacy import erasing, places
from analytics.privacy.subjects import subject_of
from events.consent import ledger, standing
from events.models import ConsentRecord, Project
from events.persons import reading, rules
from events.visitors.naming import COOKIELESS

LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_new`: the ledger has more than before; `erasure` where everything was to go."""

    state: str
    is_new: bool
    erasure: Erasure | None = None


def checked(distinct_id: str) -> str:
    """The id, trimmed. Raises ValidationError for one that can be nobody's."""
    named = distinct_id.replace("\0", "").strip()
    if not rules.is_legal(named) or named == COOKIELESS or len(named) > LONGEST_ID:
        raise ValidationError({"distinct_id": f"Whose? An id of one person, at most {LONGEST_ID} characters."})
    return named


def give(
    project: Project, distinct_id: str, *, source: str, now: datetime, version: str = "", at: datetime | None = None
) -> Outcome:
    """Somebody agrees. Raises ValidationError for an id that can be nobody's."""
    visitor = reading.visitor_of(project, checked(distinct_id))
    is_new = ledger.record(project.pk, visitor, state=ledger.GIVEN, source=source, version=version, at=at, now=now)
    return Outcome(ledger.GIVEN, is_new)


def withdraw(
    project: Project, distinct_id: str, *, source: str, now: datetime, version: str = "", at: datetime | None = None,
    erases: bool = False, actor: Any = None,
) -> Outcome:  # fmt: skip
    """Somebody takes it back, under all of their ids, and with `erases` has all that is kept of them taken away.

    Raises ValidationError for an id that can be nobody's.
    """
    named = checked(distinct_id)
    own = reading.visitor_of(project, named)
    subject = subject_of(project, [named])
    say = partial(ledger.record, project.pk, state=ledger.WITHDRAWN, source=source, version=version, at=at, now=now)
    with transaction.atomic():
        agreed = standing.agreeing(project.pk, subject.visitors) | {own}
        # One order for all who write, and no record twice: a list of what happened, not of what is.
        news = [say(visitor) for visitor in sorted(agreed)]
        places.remembered(project, subject).delete()
    erasure = erasing.request(project, [named], actor=actor, now=now) if erases else None
    return Outcome(ledger.WITHDRAWN, any(news), erasure)


def records(project: Project, distinct_ids: Iterable[str]) -> list[ConsentRecord]:
    """All that a person said, the newest first: of who was erased as well, for who names the id."""
    visitors = subject_of(project, distinct_ids).visitors
    found = [*ledger.of_people(project, visitors), *ledger.sealed(project, visitors)]
    return sorted(found, key=lambda one: -one.number)


def state_of(project: Project, distinct_id: str) -> ConsentRecord | None:
    """What an id said last; None for who said nothing, or was erased."""
    return ledger.of_people(project, [reading.visitor_of(project, distinct_id)]).first()


def as_rows(found: Iterable[ConsentRecord]) -> Iterator[list[Any]]:
    """Lines of a table: COLUMNS."""
    for one in found:
        yield [
            one.number, one.at.isoformat(), one.recorded_at.isoformat(), one.pseudonym, one.purpose, one.state,
            one.version, one.source, bytes(one.mac).hex(),
        ]  # fmt: skip


COLUMNS = ("number", "at", "recorded_at", "subject", "purpose", "state", "version", "source", "mac")
