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
from collections.abc import Iterable, Mapping
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
from events.ingest import accounting
from events.ingest.accounting import Line
from events.models import Attachment, Feedback, Project
from events.persons import keeping

LOOKS = (timedelta(hours=1, minutes=30), timedelta(hours=24))
MOST_IDS = 100


def request(project: Project, distinct_ids: Iterable[str], *, actor: Any, now: datetime) -> Erasure:
    """Erase now, and again when what was on its way has arrived. Raises ValidationError without an id."""
    given = [one.strip() for one in distinct_ids if one.strip()]
    if not 0 < len(given) <= MOST_IDS:
        raise ValidationError({"distinct_id": f"Whose? From 1 to {MOST_IDS} ids, as the SDK identifies them."})
    subject = subject_of(project, given)
    made = Erasure(project=project, requested_at=now, requested_by=actor if hasattr(actor, "pk") else None)
    made.subject = orjson.dumps({"visitors": subject.visitors, "names": subject.names}).decode()
    made.next_look_at = now
    with transaction.atomic():
        # Only now and not with the looks that follow: what they agree to from here on is a new consent.
        if count := ledger.erase(project, subject.visitors, now=now):
            made.erased = {"records of consent": count}
        made.save()
        audit.record("erasure.request", actor=actor, project=project, obj=("erasure", made.uuid), now=now)
    look(made, now=now)
    return made


def tick(*, now: datetime) -> int:
    """The further looks that are due; how many."""
    done = 0
    for one in Erasure.objects.filter(next_look_at__lte=now).select_related("project").order_by("next_look_at")[:20]:
        look(one, now=now)
        done += 1
    return done


def look(erasure: Erasure, *, now: datetime) -> None:
    """Take away what there is; after the last look, sign, and forget whom it was about."""
    known = orjson.loads(erasure.subject or "{}")
    subject = Subject(tuple(known.get("visitors", ())), tuple(known.get("names", ())))
    found = _erase(erasure.project, subject, now=now)
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


def _erase(project: Project, subject: Subject, *, now: datetime) -> dict[str, int]:
    """Facts last: an event kept in full is found by the issues that count them, which are rows."""
    found: Counter[str] = Counter()
    with transaction.atomic():
        keeping.wait_for_others(project.pk)
        for name, count in _erase_rows(project, subject, now=now).items():
            found[name] += count
    for fact in places.FACTS_OF_PEOPLE:
        found[f"facts {fact}"] += of_facts.erase(project.pk, fact, subject.visitors, now=now)
    return {name: count for name, count in found.items() if count}


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
