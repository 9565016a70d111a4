"""What was refused at the doors, as security facts: logins, keys, scopes, rates; by the minute, so nobody fills a disk.

Counts gather in the process and go through the inbox when their minute is over. A kill loses a minute of them; nothing
depends on them, since each refusal is counted in the ledger or in the audit trail as well.
"""

import threading
import uuid
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError

from events.accounts.server_project import server_project
from events.ingest import inbox, payloads
from events.ingest.payloads import Packed
from events.models import ApiToken, Project
from events.values import addresses

OTHER = "(other)"
# Different refusals kept apart in one minute; beyond them the address is left out.
MOST = 1000
KINDS = ("login_failed", "key_refused", "scope_refused", "rate_limited")


class Refusal(NamedTuple):
    """One kind of refusal at one door. `project_id` is None where no project is concerned, or none is known."""

    minute: int
    project_id: int | None
    kind: str
    reason: str
    address: str


class Buffer:
    """Refusals of this process, until their minute is over."""

    def __init__(self) -> None:
        self._counts: Counter[Refusal] = Counter()
        self._lock = threading.Lock()

    def note(
        self, kind: str, *, now: datetime, project_id: int | None = None, reason: str = "", address: str = ""
    ) -> None:
        """Count one refusal; of the address only its network is remembered."""
        refusal = Refusal(int(now.timestamp() // 60), project_id, kind, reason[:60], addresses.cut(address))
        with self._lock:
            if len(self._counts) >= MOST and refusal not in self._counts:
                # Neither addresses nor project ids, which a stranger chooses, may make the table grow.
                refusal = refusal._replace(address=OTHER, project_id=None)
            self._counts[refusal] += 1

    def flush(self, *, now: datetime) -> int:
        """Put the refusals of minutes that are over into the inbox; return how many rows that are."""
        minute = int(now.timestamp() // 60)
        with self._lock:
            due = {refusal: count for refusal, count in self._counts.items() if refusal.minute < minute}
            for refusal in due:
                del self._counts[refusal]
        if not due:
            return 0
        try:
            _accept(due, now=now)
        except (DatabaseError, InterfaceError):
            with self._lock:
                self._counts.update(due)
            raise
        return len(due)


buffer = Buffer()
note = buffer.note


def note_scope(token: ApiToken, scope: str, *, address: str, now: datetime) -> None:
    """Count a call for which its token lacks the scope."""
    note("scope_refused", now=now, project_id=token.project_id, reason=scope, address=address)


def _accept(due: dict[Refusal, int], *, now: datetime) -> None:
    named = {refusal.project_id for refusal in due if refusal.project_id is not None}
    known = set(Project.objects.filter(pk__in=named).values_list("pk", flat=True))
    by_project: defaultdict[int, list[dict[str, object]]] = defaultdict(list)
    for refusal, count in due.items():
        project_id = refusal.project_id if refusal.project_id in known else server_project().pk
        by_project[project_id].append(
            {
                "timestamp": datetime.fromtimestamp(refusal.minute * 60, tz=UTC).timestamp(),
                "kind": refusal.kind,
                "reason": refusal.reason,
                "address": refusal.address,
                "quantity": count,
            }
        )
    for project_id, items in by_project.items():
        packed = Packed("refusal", uuid.uuid4(), len(items), payloads.pack({"items": items}))
        inbox.accept([packed], project_id=project_id, key_id=None, now=now)
