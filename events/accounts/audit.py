"""The audit trail: one chained entry for each look and each change, and the proof that none was altered.

Each entry's `mac` is HMAC-SHA256(OBS_AUDIT_KEY, previous mac + canonical JSON of the entry). An edit, deletion,
insertion, swap or new number breaks the chain; a cut tail shows only against a head that was noted elsewhere: `heads`.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from events.models import AuditEntry, Project
from events.runtime.progress import Watch, unwatched
from events.values import addresses

GENESIS = bytes(32)
MAC_VERSION = 1
# One way to the database and back while others wait. Two statements, since each sees what was committed when it began:
# the second, after the lock, so that numbers stand in the order of the chain. The number is that of the advisory lock
# that puts writers in a row: any constant no other lock uses.
_NEXT = (
    "SELECT pg_advisory_xact_lock(190450967);"
    "SELECT nextval(pg_get_serial_sequence('events_auditentry', 'id')),"
    " (SELECT mac FROM events_auditentry ORDER BY id DESC LIMIT 1)"
)
_MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of the trail at a moment; `noted_at` says when, for one that was noted."""

    entry_id: int
    mac: str
    noted_at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` found; the trail is whole when there are no problems."""

    entries: int
    head: Head
    problems: tuple[str, ...]
    missing: Head | None = None  # the first of the noted heads whose entry is gone

    @property
    def is_whole(self) -> bool:
        return not self.problems


@dataclass(slots=True)
class Scope:
    """One request, token call or command: where its entries come from, and how many it wrote."""

    via: str
    address: str
    written: int = 0


_scope: ContextVar[Scope | None] = ContextVar("audit_scope", default=None)


@contextmanager
def scope(*, via: str, address: str = "") -> Iterator[Scope]:
    """While inside, entries without a `via` of their own are attributed to this one."""
    opened = Scope(via, address)
    token = _scope.set(opened)
    try:
        yield opened
    finally:
        _scope.reset(token)


def record(
    action: str,
    *,
    actor: Any,
    via: str = "",
    project: Project | None = None,
    obj: models.Model | tuple[str, object] | None = None,
    detail: Mapping[str, Any] | None = None,
    address: str = "",
    now: datetime,
) -> AuditEntry:
    """The entry just written, in the caller's transaction: call it last, other writers wait until the commit.

    `actor` is a user, a name ("system") or None; `obj` a model or (type, id); `detail` holds ids and settings, never
    contents or secrets.
    """
    current = _scope.get()
    kind, object_id = obj if isinstance(obj, tuple) else (obj._meta.model_name or "", obj.pk) if obj else ("", "")
    entry = AuditEntry(
        at=now,
        actor_id=getattr(actor, "pk", None),
        actor=str(getattr(actor, "username", actor or "system"))[:150],
        via=(via or (current.via if current else "system"))[:20],
        action=action[:40],
        project_id=project.pk if project else None,
        object_type=str(kind)[:40],
        object_id=_text(str(object_id))[:64],
        detail=_plain(detail or {}),
        address=addresses.cut(address or (current.address if current else "")),
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_NEXT)
            cursor.nextset()
            entry.pk, previous = cursor.fetchone()
        entry.mac_version = MAC_VERSION
        entry.previous_mac = bytes(previous) if previous else GENESIS
        entry.mac = _mac(entry)
        entry.save(force_insert=True)
    if current:
        current.written += 1
    return entry


def is_told() -> bool:
    """Whether the scope this runs in, if any, has its entry already."""
    current = _scope.get()
    return current is not None and current.written > 0


def head() -> Head:
    """The last entry; id 0 and the genesis mac when there is none."""
    last = AuditEntry.objects.order_by("-id").values_list("id", "mac").first()
    return Head(last[0], bytes(last[1]).hex()) if last else Head(0, GENESIS.hex())


def verify(heads: Iterable[Head] = (), *, watch: Watch = unwatched) -> Report:
    """What is wrong with the trail, read from its beginning and compared with `heads` noted earlier."""
    problems: list[str] = []
    # Of a number that was noted twice the first counts: with another mac, the second was noted after the tampering.
    expected: dict[int, Head] = {}
    for noted in heads:
        if noted.entry_id:
            expected.setdefault(noted.entry_id, noted)
    previous, last, count = GENESIS, 0, 0
    entries = AuditEntry.objects.order_by("id")
    for entry in watch(entries.iterator(chunk_size=2000), total=entries.count()):
        mac = bytes(entry.mac)
        if bytes(entry.previous_mac) != previous:
            problems.append(f"entry {entry.id} does not follow entry {last}")
        if not hmac.compare_digest(mac, _mac(entry)):
            problems.append(f"entry {entry.id} was altered")
        if (noted_head := expected.pop(entry.id, None)) and noted_head.mac != mac.hex():
            problems.append(f"entry {entry.id} is not the one whose head was noted")
        previous, last, count = mac, entry.id, count + 1
    gone = [expected[entry_id] for entry_id in sorted(expected)]
    problems = [_is_gone(noted) for noted in gone[:1]] + problems + [_is_gone(noted) for noted in gone[1:]]
    missing = gone[0] if gone else None
    return Report(count, Head(last, previous.hex()), tuple(problems[:_MAX_PROBLEMS]), missing)


def altered(entries: Iterable[AuditEntry]) -> list[int]:
    """Which of these entries are not as written: their own macs say so, whatever stands around them."""
    return [entry.pk for entry in entries if not hmac.compare_digest(bytes(entry.mac), _mac(entry))]


def _is_gone(noted: Head) -> str:
    when = f" at {noted.noted_at}" if noted.noted_at else ""
    return f"entry {noted.entry_id}, noted as a head{when}, is gone"


def _mac(entry: AuditEntry) -> bytes:
    fields: dict[str, Any] = {
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": entry.actor_id,
        "actor": entry.actor,
        "via": entry.via,
        "action": entry.action,
        "project_id": entry.project_id,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "detail": entry.detail,
        "address": entry.address,
    }
    if entry.mac_version:
        fields |= {"id": entry.pk, "mac_version": entry.mac_version}
    return chained(entry.previous_mac, fields)


def chained(previous_mac: bytes | memoryview, fields: Mapping[str, Any], *, label: bytes = b"") -> bytes:
    """HMAC-SHA256(OBS_AUDIT_KEY, label + previous mac + canonical JSON of the fields); a chain has its own label."""
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    return hmac.digest(settings.OBS_AUDIT_KEY.encode(), label + bytes(previous_mac) + canonical, hashlib.sha256)


def _text(value: str) -> str:
    """`value` as PostgreSQL stores and returns it: no NUL, no lone surrogates."""
    return value.replace("\0", "�").encode("utf-8", "replace").decode()


def _plain(value: Any) -> Any:
    """`value` in the JSON that reads back from jsonb as it was written: what is not whole or text becomes text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return _text(value.isoformat() if isinstance(value, datetime) else str(value))
