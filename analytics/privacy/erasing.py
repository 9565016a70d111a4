"""Takes away what is kept of one person, everywhere, and leaves a signed receipt.

What was on its way (the inbox, the spool) is a row an hour later at most, and files that were written anew are off the
disk by then: so each erasure looks again twice before it is done, and forgets whom it was about.

Records of consent stay and name nobody any more: that somebody agreed, and that it ended, has to be proven to
authorities and courts afterwards as well (GDPR, articles 7 (1) and 17 (3) b and e).
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from analytics.models import Erasure
from analytics.privacy import places
from analytics.privacy.subjects import Subject, subject_of
from events.accounts import audit
from events.consent import ledger
from events.facts import erasing as of_facts
from events.facts import open_tables
from events.ingest import accounting
from events.ingest.accounting import Line
from events.models import Attachment, Feedback, Project
from events.persons import keeping

LOOKS = (timedelta(hours=1, minutes=30), timedelta(hours=24))
MOST_IDS = 100
# People whose looks are due together; each file is written anew once for all of them.
AT_ONCE = 1000


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


def tick(*, now: datetime) -> int:
    """The further looks that are due, those of a project together; how many."""
    found = Erasure.objects.filter(next_look_at__lte=now).select_related("project").order_by("next_look_at")
    due = list(found[:AT_ONCE])
    for project in {one.project for one in due}:
        look([one for one in due if one.project == project], now=now)
    return len(due)


def look(erasures: Sequence[Erasure], *, now: datetime) -> None:
    """Take away what there is of the people of one project; after the last look, sign, and forget whom it was about."""
    if not erasures:
        return
    subjects = [_subject(one) for one in erasures]
    for erasure, found in zip(erasures, _erase(erasures[0].project, subjects, now=now), strict=True):
        _note(erasure, found, now=now)


def _subject(erasure: Erasure) -> Subject:
    known = orjson.loads(erasure.subject or "{}")
    return Subject(tuple(known.get("visitors", ())), tuple(known.get("names", ())))


def _note(erasure: Erasure, found: Mapping[str, int], *, now: datetime) -> None:
    with transaction.atomic():
        locked = Erasure.objects.select_for_update().get(pk=erasure.pk)
        if locked.done_at:
            return
        total = Counter(locked.erased) + Counter(found)
        erasure.erased, erasure.looks = dict(sorted(total.items())), locked.looks + 1
        if erasure.looks <= len(LOOKS):
            erasure.next_look_at = erasure.requested_at + LOOKS[erasure.looks - 1]
        else:
            erasure.next_look_at, erasure.subject, erasure.done_at = None, None, now
            erasure.signature = signature(receipt(erasure))
            audit.record(
                "erasure.done", actor="system", project=erasure.project, obj=("erasure", erasure.uuid), now=now
            )
        erasure.save()


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


def _erase(project: Project, subjects: Sequence[Subject], *, now: datetime) -> list[dict[str, int]]:
    """What was taken away of each. Facts last: an event kept in full is found by the issues that count them, which are
    rows."""
    found: list[Counter[str]] = []
    for subject in subjects:
        with transaction.atomic():
            keeping.wait_for_others(project.pk)
            found.append(Counter(_erase_rows(project, subject, now=now)))
    everybody = {visitor for subject in subjects for visitor in subject.visitors}
    for fact in places.FACTS_OF_PEOPLE:
        gone = of_facts.erase(project.pk, fact, everybody, now=now)
        for subject, own in zip(subjects, found, strict=True):
            own[f"facts {fact}"] += sum(gone[visitor] for visitor in subject.visitors)
    open_tables.forget(now=now)
    return [{name: count for name, count in own.items() if count} for own in found]


def _erase_rows(project: Project, subject: Subject, *, now: datetime) -> dict[str, int]:
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
    return deleted


def _filtered(project: Project, letters: Iterable[Any]) -> Counter[Line]:
    lines: Counter[Line] = Counter()
    for letter in letters:
        lines[Line(project.pk, letter.kind, "filtered", "erased")] += letter.quantity
    return lines


def _gone(rows: Any) -> int:
    return int(rows.delete()[0])
