"""What a decoder must know about the request beyond its bytes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from events.protocols.sentry.clock import Clock

MIB = 1 << 20


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


def nowhere() -> str | None:
    """No country: of a sender that is not asked about."""
    return None


@dataclass(frozen=True, slots=True)
class Context:
    """The request around the body, and what the project lets in. `pseudonym(kind, value)` names a person.

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
    country: Callable[[], str | None] = nowhere
    located: Callable[[str], str | None] | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Door:
    """One item's way in: the request, the corrected clock, the envelope's event id, and what had to be changed."""

    context: Context
    clock: Clock
    envelope_id: uuid.UUID | None = None
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
