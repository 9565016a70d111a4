"""From the bytes of a request to durable items: decode, count what is refused, scrub, keep."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from events import scrubbing
from events.accounts.keys import Key
from events.consent import standing
from events.ingest import accounting, inbox, payloads, pressure, spool
from events.ingest.payloads import Packed
from events.protocols.contract import Context, Decoded, Incoming, Limits, Refused, everybody, nowhere
from events.values import countries, lenient, pseudonyms
from events.values.modes import CONSENT, NAMING
from events.visitors.naming import Naming

logger = logging.getLogger(__name__)
_MAIL = "[email]"  # what scrubbing leaves of an address that is nothing else

Decoder = Callable[[bytes, Context], Decoded]
Allowed = Callable[[int], int]
# Where a payload of many records has them.
_BATCHES = ("items", "spans")

# Sentry's data categories, by kind of item: what `disabled_categories` and rate-limit headers speak of.
CATEGORIES = {
    "error": "error",
    "transaction": "transaction",
    "span": "span",
    "log": "log_item",
    "metric": "trace_metric",
    "session": "session",
    "sessions": "session",
    "check_in": "monitor",
    "feedback": "feedback",
    "attachment": "attachment",
    "security": "security",
    "vital": "vital",
    "timing": "timing",
    "product_event": "product_event",
}


@dataclass(frozen=True, slots=True)
class Sender:
    """What is known of the other end, for pseudonyms and parsing; never stored as it is."""

    address: str
    user_agent: str
    country: Callable[[], str | None] = nowhere


@dataclass(frozen=True, slots=True)
class Taken:
    """What was found in a body, and what of it is to be kept."""

    decoded: Decoded
    key: Key
    lot: inbox.Lot


class Unavailable(Exception):
    """Nothing durable can be promised now: PostgreSQL is away and the spool is full."""


class _Database:
    """Remembers for a second that PostgreSQL did not answer, so that requests do not each wait for it."""

    def __init__(self) -> None:
        self.away_until = 0.0

    def is_worth_trying(self) -> bool:
        return time.monotonic() >= self.away_until

    def failed(self) -> None:
        self.away_until = time.monotonic() + 1.0


_database = _Database()


def limits() -> Limits:
    return Limits(attachment=settings.OBS_MAX_ATTACHMENT_BYTES)


def everything(wanted: int) -> int:
    """All that is wanted may pass: where no rate is looked at."""
    return wanted


def ingest(body: bytes, *, decode: Decoder, key: Key, sender: Sender, now: datetime) -> Decoded:
    """Keep what `body` holds and return what was decoded.

    Raises IngestError for a body that is refused as a whole, Unavailable when nothing can be kept.
    """
    taken = take(body, decode=decode, key=key, sender=sender, now=now)
    (problem,) = keep([taken])
    if problem is not None:
        raise problem
    return taken.decoded


def take(
    body: bytes, *, decode: Decoder, key: Key, sender: Sender, now: datetime, allowed: Allowed = everything
) -> Taken:
    """Decode `body`, count what is refused of it, and scrub what is to be kept. Raises as `ingest` does.

    `allowed` says how many of so many records may pass; the rest is refused, and told with what else was.
    """
    decoded = decode(body, context_of(key, sender, now))
    for refused in decoded.refused:
        accounting.refusals.refuse(key.project_id, refused.category, refused.outcome, refused.reason, refused.quantity)
    taken = [item for item in decoded.items if _is_taken(item, key)]
    wanted = sum(item.quantity for item in taken)
    granted = allowed(wanted)
    if granted < wanted:
        taken, beyond = _within(taken, granted)
        for refused in beyond:
            accounting.refusals.refuse(
                key.project_id, refused.category, refused.outcome, refused.reason, refused.quantity
            )
        decoded = replace(decoded, refused=(*decoded.refused, *beyond), items=tuple(taken))
    if decoded.items and not taken and pressure.gauge.level == pressure.CLOSED:
        raise Unavailable
    packed = tuple(pack(item, allow_list=key.allow_list) for item in taken)
    return Taken(decoded, key, inbox.Lot(packed, key.project_id, key.id, now))


def _within(items: Sequence[Incoming], granted: int) -> tuple[list[Incoming], list[Refused]]:
    """The first `granted` records, a batch cut where they end; and what is beyond them."""
    kept: list[Incoming] = []
    beyond: list[Refused] = []
    for item in items:
        passing = min(item.quantity, granted)
        granted -= passing
        if passing == item.quantity:
            kept.append(item)
            continue
        if passing and (name := next((name for name in _BATCHES if _is_batch(item, name)), None)):
            kept.append(replace(item, quantity=passing, payload={**item.payload, name: item.payload[name][:passing]}))
        else:
            granted, passing = granted + passing, 0
        quantity = item.quantity - passing
        detail = f"{quantity} items are beyond the rate of this key; try again later."
        beyond.append(Refused(item.kind, "rate_limited", "rate", quantity, detail=detail))
    return kept, beyond


def _is_batch(item: Incoming, name: str) -> bool:
    return isinstance(item.payload, dict) and len(item.payload.get(name) or ()) == item.quantity


def _is_taken(item: Incoming, key: Key) -> bool:
    """Whether the project takes this kind, and the house can take it now; what is not taken is counted."""
    if CATEGORIES.get(item.kind) in key.disabled_categories:
        accounting.refusals.refuse(key.project_id, item.kind, "filtered", "disabled", item.quantity)
        return False
    if pressure.is_shed(item.kind, pressure.gauge.level):
        accounting.refusals.refuse(key.project_id, item.kind, "rate_limited", "shed", item.quantity)
        return False
    return True


def context_of(key: Key, sender: Sender, now: datetime) -> Context:
    """What the decoders need to know of the project and of the sender."""
    # A batch is mostly of few people and machines: remembered for this request alone.
    pseudonym = lru_cache(maxsize=256)(partial(pseudonyms.of, key.pepper))
    is_agreed = partial(standing.agrees, key.project_id)
    naming = Naming(key.analytics, key.project_id, sender.address, sender.user_agent, now, pseudonym, is_agreed)
    return Context(
        project_id=key.project_id,
        received_at=now,
        peer_ip=sender.address,
        user_agent=sender.user_agent,
        pseudonym=pseudonym,
        visitor=naming.name,
        visitor_of=naming.seen_from,
        names_people=key.analytics in NAMING,
        agrees=naming.agrees if key.analytics == CONSENT else everybody,
        collects_ip=key.collects_ip,
        collects_user_data=key.collects_user_data,
        accepts_binary_attachments=key.accepts_binary_attachments,
        keeps_pictures=key.keeps_pictures,
        keeps_machine_names=key.keeps_machine_names,
        local_variables=key.local_variables,
        request_bodies=key.request_bodies,
        query_strings=key.query_strings,
        country=sender.country,
        located=countries.located if settings.OBS_GEOIP_DATABASE else None,
        limits=limits(),
        days_kept=key.days_kept,
    )


def pack(item: Incoming, *, allow_list: frozenset[str] | None) -> Packed:
    """The item as it is kept: scrubbed before anything durable sees it."""
    payload = scrubbing.scrub(item.payload, allow_list=allow_list)
    if item.kind == "feedback" and payload.get("contact_email") == _MAIL:
        # Who wrote gave it to be answered; decoders pass it on only where the project collects such things.
        payload = payload | {"contact_email": item.payload["contact_email"]}
    blob = item.blob
    if blob is not None and isinstance(payload, dict) and payload.get("is_text"):
        blob = scrubbing.scrub_text(blob.decode("utf-8", "replace")).encode()
    return Packed(item.kind, item.item_id, item.quantity, payloads.pack_bytes(lenient.canonical(payload)), blob)


def keep(taken: Sequence[Taken]) -> list[Exception | None]:
    """Make all durable: in the inbox, or in the spool while PostgreSQL is away. Why not, for each that is not.

    They share a transaction; where it fails for what one of them holds, each gets its own.
    """
    lots = [one.lot for one in taken]
    try:
        if _is_kept(lots):
            return [None] * len(lots)
    except Exception as error:
        if len(lots) == 1:
            return [error]
        logger.warning("%s items could not be kept together: %s", len(lots), type(error).__name__)
        return [problem for one in taken for problem in keep([one])]
    return [_spooled(lot) for lot in lots]


def _is_kept(lots: Sequence[inbox.Lot]) -> bool:
    """Whether the inbox has them; False while PostgreSQL is away. Raises what is wrong with an item."""
    if not any(lot.items for lot in lots):
        return True
    if not _database.is_worth_trying():
        return False
    for _ in range(2):  # The first failure may be a connection that died long ago.
        try:
            inbox.accept_all(lots, seen_days=settings.OBS_SEEN_DAYS)
        except (OperationalError, InterfaceError):
            connection.close()
        else:
            spool.writer.close()
            return True
    _database.failed()
    return False


def _spooled(lot: inbox.Lot) -> Exception | None:
    try:
        if lot.items:
            spool.writer.append(lot.items, project_id=lot.project_id, key_id=lot.key_id, now=lot.now)
    except spool.SpoolFull:
        return Unavailable()
    return None
