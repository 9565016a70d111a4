"""The ledger of consent: one chained record for each statement, and the proof that none was altered.

A record's `mac` is HMAC-SHA256(OBS_AUDIT_KEY, "consent", previous mac + canonical JSON of the record), in which `seal`
stands for the person: HMAC-SHA256(OBS_AUDIT_KEY, nonce, project and visitor). So a person can be forgotten and the
chain stays whole: without the visitor, only who names the id finds their records; without the nonce, nobody does.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery

from events.accounts import audit
from events.consent import standing
from events.consent.standing import GIVEN as GIVEN
from events.consent.standing import WITHDRAWN as WITHDRAWN
from events.models import ConsentRecord, Project

# How long a proof outlives its end: as long as claims are commonly raised, from the withdrawal on.
KEPT = timedelta(days=3 * 365)
LONGEST_VERSION = 80
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('consent', %s))"
_MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` found; the ledger is whole when there are no problems. `head` is the last mac, in hex."""

    records: int
    head: str
    problems: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.problems


def record(
    project_id: int,
    visitor: int,
    *,
    state: str,
    source: str,
    now: datetime,
    version: str = "",
    at: datetime | None = None,
) -> bool:
    """Keep what a visitor said, in the caller's transaction if there is one; False where it says nothing new.

    Said again, and said before what is known (of an import), are nothing new. Taken back without a version, it is the
    version that was agreed to. Raises the database's error.
    """
    at, version = min(at or now, now), version.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST_VERSION]
    if _is_known(project_id, visitor, state, version, at):
        return False
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [project_id])
        if _is_known(project_id, visitor, state, version, at):
            return False
        chain = ConsentRecord.objects.filter(project_id=project_id).order_by("-number")
        number, mac = chain.values_list("number", "mac").first() or (0, None)
        if state == WITHDRAWN and not version:
            rows = ConsentRecord.objects.filter(project_id=project_id, visitor=visitor).order_by("-number")
            version = rows.values_list("version", flat=True).first() or ""
        nonce = secrets.token_bytes(16)
        made = ConsentRecord(
            project_id=project_id, number=number + 1, visitor=visitor, state=state, version=version, source=source,
            at=at, recorded_at=now, nonce=nonce, previous_mac=bytes(mac) if mac else audit.GENESIS,
        )  # fmt: skip
        made.seal = _seal(nonce, project_id, visitor)
        made.mac = _mac(made)
        made.save(force_insert=True)
        transaction.on_commit(lambda: standing.changed(project_id, [visitor]))
    return True


def of_people(project: Project, visitors: Collection[int]) -> QuerySet[ConsentRecord]:
    """The records that still name one of these visitors, the newest first."""
    return project.consents.filter(visitor__in=visitors).order_by("-number")


def sealed(project: Project, visitors: Collection[int]) -> list[ConsentRecord]:
    """The records of who was erased, found by the id that somebody names: what can be shown to them, or a court."""
    kept = project.consents.filter(visitor=None, nonce__isnull=False).order_by("-number")
    return [one for one in kept.iterator(chunk_size=2000) if any(_is_about(one, visitor) for visitor in visitors)]


def erase(project: Project, visitors: Collection[int], *, now: datetime) -> int:
    """Consent ends with what it was for; the records stay as proof, and name nobody. How many there were."""
    for visitor in sorted(standing.agreeing(project.pk, visitors)):
        record(project.pk, visitor, state=WITHDRAWN, source=ConsentRecord.Source.ERASURE.value, now=now)
    count = of_people(project, visitors).order_by().update(visitor=None)
    transaction.on_commit(lambda: standing.changed(project.pk, visitors))
    return count


def forget(*, now: datetime) -> int:
    """Make records nobody's whose end is longer ago than KEPT; how many. Those of who agrees still are kept."""
    old = now - KEPT
    last = ConsentRecord.objects.filter(project=OuterRef("project"), visitor=OuterRef("visitor")).order_by("-number")
    ended = ConsentRecord.objects.filter(visitor__isnull=False, recorded_at__lt=old).annotate(
        last_state=Subquery(last.values("state")[:1]), last_at=Subquery(last.values("recorded_at")[:1])
    )
    due = ended.filter(last_state=WITHDRAWN, last_at__lt=old).values_list("pk", flat=True)
    count = ConsentRecord.objects.filter(pk__in=list(due[:10_000])).update(visitor=None, nonce=None)
    return count + ConsentRecord.objects.filter(
        visitor=None, nonce__isnull=False, recorded_at__lt=old
    ).update(nonce=None)  # fmt: skip


def verify(project: Project) -> Report:
    """What is wrong with the project's ledger, read from its beginning."""
    problems: list[str] = []
    previous, count = audit.GENESIS, 0
    for one in project.consents.order_by("number").iterator(chunk_size=2000):
        count += 1
        if bytes(one.previous_mac) != previous:
            problems.append(f"record {one.number} does not follow the one before it")
        problems += _wrong(one)
        previous = bytes(one.mac)
    return Report(count, previous.hex(), tuple(problems[:_MAX_PROBLEMS]))


def _wrong(one: ConsentRecord) -> Iterable[str]:
    if not hmac.compare_digest(bytes(one.mac), _mac(one)):
        yield f"record {one.number} was altered"
    if one.visitor is not None and not _is_about(one, one.visitor):
        yield f"record {one.number} names another person than it did"


def _is_known(project_id: int, visitor: int, state: str, version: str, at: datetime) -> bool:
    rows = ConsentRecord.objects.filter(project_id=project_id, visitor=visitor).order_by("-number")
    last = rows.values_list("state", "version", "at").first()
    if last is None:
        return False
    is_same = last[0] == state and (state == WITHDRAWN or last[1] == version)
    return is_same or at < last[2]


def _is_about(one: ConsentRecord, visitor: int) -> bool:
    return hmac.compare_digest(bytes(one.seal), _seal(bytes(one.nonce or b""), one.project_id, visitor))


def _seal(nonce: bytes, project_id: int, visitor: int) -> bytes:
    return hmac.digest(
        settings.OBS_AUDIT_KEY.encode(), b"consent seal\0" + nonce + f"{project_id} {visitor}".encode(), hashlib.sha256
    )


def _mac(one: ConsentRecord) -> bytes:
    fields = {
        "project": one.project_id,
        "number": one.number,
        "seal": bytes(one.seal).hex(),
        "purpose": one.purpose,
        "state": one.state,
        "version": one.version,
        "source": one.source,
        "at": one.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "recorded_at": one.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    return audit.chained(one.previous_mac, fields, label=b"consent\0")
