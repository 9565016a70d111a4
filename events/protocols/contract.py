"""The contract of a protocol decoder: what it is told of the request, and what it hands back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

from events.values.levels import Level

MIB = 1 << 20

Outcome = Literal["filtered", "invalid", "rate_limited"]

KINDS = frozenset(
    {
        "error",
        "transaction",
        "span",
        "log",
        "metric",
        "session",
        "sessions",
        "check_in",
        "feedback",
        "attachment",
        "client_report",
        "security",
        "vital",
        "timing",
        "product_event",
        "refusal",
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, lengths in characters, the rest in pieces."""

    body_compressed: int = MIB
    body_decompressed: int = 10 * MIB
    items: int = 100
    event: int = MIB
    log_item: int = 64 * 1024
    check_in: int = 100 * 1024
    client_report: int = 4 * 1024
    attachment: int = 5 * MIB
    sessions: int = 100
    batch: int = 2 * MIB
    batch_items: int = 10_000
    spans: int = 1000
    reports: int = 100
    tags: int = 100
    tag: int = 200
    frames: int = 250
    exceptions: int = 50
    breadcrumbs: int = 100


def everybody(distinct_id: str) -> bool:
    """All agree: of a project that asks for no consent here."""
    return True


def nobody(distinct_id: str, site: str) -> str | None:
    """No visitor: of a project that counts none."""
    return None


def unseen(address: str, user_agent: str) -> Callable[[str, str], str | None]:
    """What names nobody, whoever is spoken for."""
    return nobody


def nowhere() -> str | None:
    """No country: of a sender that is not asked about."""
    return None


@dataclass(frozen=True, slots=True)
class Context:
    """The request around the body, and what the project lets in. `pseudonym(kind, value)` names a person,
    `visitor(distinct_id, site)` who is counted, `visitor_of(address, user agent)` the same of a browser that a server
    speaks for, `agrees(distinct_id)` whether they may be a person.

    `country()` is that of the browser which sent, `located(address)` that of an address, None
    without a database; both are asked only where a country is kept.
    """

    project_id: int
    received_at: datetime
    peer_ip: str
    user_agent: str
    pseudonym: Callable[[str, str], str]
    collects_ip: bool = False
    collects_user_data: bool = False
    accepts_binary_attachments: bool = False
    keeps_pictures: bool = False
    keeps_machine_names: bool = False
    local_variables: Level = "names"
    request_bodies: Level = "off"
    query_strings: Level = "off"
    visitor: Callable[[str, str], str | None] = nobody
    visitor_of: Callable[[str, str], Callable[[str, str], str | None]] = unseen
    names_people: bool = False
    agrees: Callable[[str], bool] = everybody
    country: Callable[[], str | None] = nowhere
    located: Callable[[str], str | None] | None = None
    limits: Limits = field(default_factory=Limits)
    # How many days of product events the project keeps: as old may be what is imported.
    days_kept: int = 30

    def names(self, distinct_id: str) -> bool:
        """Whether who is called so is counted as a person."""
        return bool(self.names_people and distinct_id) and self.agrees(distinct_id)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One item to accept: `quantity` facts under one identity, so that a retransmission is one duplicate."""

    kind: str
    item_id: uuid.UUID
    quantity: int
    payload: Any
    blob: bytes | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """One item that is not accepted: the rate-limit category it belongs to, the outcome and its counted reason.

    Protocols that answer item by item also say which (`index`) and why in words (`detail`).
    """

    category: str
    outcome: Outcome
    reason: str
    quantity: int = 1
    index: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """All that one request held. `dsn_key` is the key named inside the body, which must equal the one outside."""

    items: tuple[Incoming, ...] = ()
    refused: tuple[Refused, ...] = ()
    response_id: str | None = None
    dsn_key: str | None = None


def identity(kind: str, *parts: bytes) -> uuid.UUID:
    """Return the uuid derived from `kind` and `parts`: equal parts, equal identity."""
    digest = blake2b(kind.encode(), digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return uuid.UUID(bytes=digest.digest())
