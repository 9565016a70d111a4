"""Takes away what is kept of one person, everywhere, and leaves a signed receipt.

What was on its way (the inbox, the spool) is a row an hour later at most, and files that were written anew are off the
disk by then: so each erasure looks again twice before it is done, and forgets whom it was about.

Records of consent stay and name nobody any more: that somebody agreed, and that it ended, has to be proven to
authorities and courts afterwards as well (GDPR, articles 7 (1) and 17 (3) b and e).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from analytics.models import Erasure
from analytics.privacy import places
from analytics.privacy.subjects import Subject, subject_of
from events.accounts import audit
from events.consent import ledger
from events.facts import claims, open_tables
from events.facts import erasing as of_facts
from events.ingest import accounting
from events.ingest.accounting import Line
from events.models import Attachment, Feedback, Project
from events.persons import keeping

log = logging.getLogger(__name__)

LOOKS = (timedelta(hours=1, minutes=30), timedelta(hours=24))
MOST_IDS = 100
# People whose looks are due together; each file is written anew once for all of them.
AT_ONCE = 1000
_STATE = ("erased", "looks", "next_look_at", "subject", "done_at", "signature")
_ADD = """
UPDATE analytics_erasure AS one
SET erased = one.erased || jsonb_build_object(%s::text, coalesce((one.erased ->> %s::text)::bigint, 0) + more.count)
FROM unnest(%s::bigint[], %s::bigint[]) AS more(id, count) WHERE one.id = more.id
"""


def request(project: Project, distinct_ids: Iterable[str], *, actor: Any, now: datetime) -> Erasure:
    """Erase now, and again when what was on its way has arrived. Raises ValidationError without an id."""
    [made] = request_all(project, [distinct_ids], actor=actor, now=now)
    return made


def request_all(project: Project, people: Iterable[Iterable[str]], *, actor: Any, now: datetime) -> list[Erasure]:
    """The same for many people at once, with a receipt for each: their facts are taken out in one pass."""
    made = []
    with transaction.atomic():
        for distinct_ids in people:
            given = [one.strip() for one in distinct_ids if one.strip()]
            if not 0 < len(given) <= MOST_IDS:
                raise ValidationError({"distinct_id": f"Whose? From 1 to {MOST_IDS} ids, as the SDK identifies them."})
            subject = subject_of(project, given)
            one = Erasure(project=project, requested_at=now, requested_by=actor if hasattr(actor, "pk") else None)
            one.subject = orjson.dumps({"visitors": subject.visitors, "names": subject.names}).decode()
            one.next_look_at = now
            # Only now and not with the looks that follow: what they agree to from here on is a new consent.
            if count := ledger.erase(project, subject.visitors, now=now):
                one.erased = {"records of consent": count}
            one.save()
            audit.record("erasure.request", actor=actor, project=project, obj=("erasure", one.uuid), now=now)
            made.append(one)
    look(made, now=now)
    return made


def tick(*, now: datetime, seconds: float = 300.0) -> int:
    """The further looks that are due, those of a project together; how many. Projects take turns, and workers that are
    at the same people share their days."""
    found = Erasure.objects.filter(next_look_at__lte=now)
    projects = found.order_by().values_list("project_id", flat=True).distinct()
    count = 0
    for _, project_id in claims.Turns("erase", [(project_id, project_id) for project_id in projects], seconds=seconds):
        due = list(found.filter(project_id=project_id).select_related("project").order_by("next_look_at")[:AT_ONCE])
        count += look(due, now=now)
    return count


def look(erasures: Sequence[Erasure], *, now: datetime) -> int:
    """Take away what there is of the people of one project; after the last look, sign, and forget whom it was about.
    How many looks were ended here; another worker that was at the same ends the others."""
    if not erasures:
        return 0
    try:
        _erase(erasures[0].project, erasures, now=now)
    except _Ended:
        log.info("another worker ended the look at erasures of project %s", erasures[0].project_id)
        for one in erasures:
            one.refresh_from_db(fields=_STATE)
        return 0
    return sum(_end(one, now=now) for one in erasures)


def _subject(erasure: Erasure) -> Subject:
    known = orjson.loads(erasure.subject or "{}")
    return Subject(tuple(known.get("visitors", ())), tuple(known.get("names", ())))


class _Ended(Exception):
    """An erasure that this worker is at was ended by another: its receipt is signed, and nothing may be added."""


def _note(what: str, counts: Mapping[int, int]) -> None:
    """Add to the receipts of erasures, by their keys, in the transaction that takes it away: whoever dies, nothing is
    counted twice or not at all. Raises _Ended, and takes the transaction back with it."""
    found = {pk: count for pk, count in counts.items() if count}
    # Locked in the order of their ids, so that two workers never wait for each other.
    open_ones = Erasure.objects.select_for_update().filter(pk__in=list(found), done_at=None).order_by("pk")
    if len(open_ones.values_list("pk", flat=True)) < len(found):
        raise _Ended
    if found:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [what, what, list(found), list(found.values())])


def _end(erasure: Erasure, *, now: datetime) -> bool:
    """Whether this worker ended the look; where two were at it, the first does."""
    with transaction.atomic():
        locked = Erasure.objects.select_for_update().get(pk=erasure.pk)
        is_first = not locked.done_at and locked.looks == erasure.looks
        if is_first:
            locked.looks += 1
            if locked.looks <= len(LOOKS):
                locked.next_look_at = locked.requested_at + LOOKS[locked.looks - 1]
            else:
                locked.next_look_at, locked.subject, locked.done_at = None, None, now
                locked.signature = signature(receipt(locked))
                audit.record(
                    "erasure.done", actor="system", project=locked.project, obj=("erasure", locked.uuid), now=now
                )
            locked.save()
    erasure.refresh_from_db(fields=_STATE)
    return is_first


def receipt(erasure: Erasure) -> dict[str, Any]:
    """What can be shown to whoever asked: which request, when, and how much of what; nobody is named."""
    return {
        "erasure": str(erasure.uuid),
        "project": erasure.project.slug,
        "requested_at": erasure.requested_at.isoformat(),
        "done_at": erasure.done_at.isoformat() if erasure.done_at else None,
        "erased": erasure.erased,
    }


def signature(document: Mapping[str, Any]) -> str:
    """HMAC-SHA256 of the receipt, in hex, under the key that the audit trail is chained with."""
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return hmac.digest(settings.OBS_AUDIT_KEY.encode(), b"erasure\0" + text, hashlib.sha256).hex()


def is_genuine(document: Mapping[str, Any], signed: str) -> bool:
    return hmac.compare_digest(signature(document), signed)


def _erase(project: Project, erasures: Sequence[Erasure], *, now: datetime) -> None:
    """Facts last: an event kept in full is found by the issues that count them, which are rows."""
    subjects = {one.pk: _subject(one) for one in erasures}
    for pk, subject in subjects.items():
        with transaction.atomic():
            keeping.wait_for_others(project.pk)
            for what, count in _erase_rows(project, subject, now=now).items():
                _note(what, {pk: count})
    everybody = {visitor for subject in subjects.values() for visitor in subject.visitors}
    for fact in places.FACTS_OF_PEOPLE:
        of_facts.erase(project.pk, fact, everybody, now=now, note=partial(_note_facts, fact, subjects))
    open_tables.forget(now=now)


def _note_facts(fact: str, subjects: Mapping[int, Subject], gone: Mapping[int, int]) -> None:
    _note(
        f"facts {fact}",
        {pk: sum(gone.get(visitor, 0) for visitor in subject.visitors) for pk, subject in subjects.items()},
    )


def _erase_rows(project: Project, subject: Subject, *, now: datetime) -> dict[str, int]:
    """How many rows went, where any did; in the caller's transaction."""
    kept = list(places.occurrences(project, subject))
    event_ids = places.event_ids(project, subject, kept)
    letters = list(places.dead_letters(project, subject))
    accounting.write(_filtered(project, letters), now=now)
    for one in (*kept, *letters):
        one.delete()
    deleted = {
        "events kept in full": len(kept),
        "dead letters": len(letters),
        "attachments": _gone(Attachment.objects.filter(project=project, event_id__in=event_ids)),
        "feedback": _gone(Feedback.objects.filter(project=project, event_id__in=event_ids)),
        "users of issues": _gone(places.issue_users(project, subject)),
        "overrides of flags": _gone(places.overrides(project, subject)),
        "places in flags": _gone(places.remembered(project, subject)),
    }
    people = places.people(project, subject)
    deleted["persons"] = people.count()
    people.delete()
    return {name: count for name, count in deleted.items() if count}


def _filtered(project: Project, letters: Iterable[Any]) -> Counter[Line]:
    lines: Counter[Line] = Counter()
    for letter in letters:
        lines[Line(project.pk, letter.kind, "filtered", "erased")] += letter.quantity
    return lines


def _gone(rows: Any) -> int:
    return int(rows.delete()[0])
