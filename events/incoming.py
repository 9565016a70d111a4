"""What a protocol decoder hands to the inbox: accepted items, refused items, and the errors that end a request."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

Outcome = Literal["filtered", "invalid"]

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
        "refusal",
    }
)


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


class IngestError(Exception):
    """The whole request is refused with `status`; `detail` is for the sender, `reason` for the counter."""

    status = 400
    reason = "invalid"

    def __init__(self, detail: str, *, reason: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason or self.reason


class Malformed(IngestError):
    """The bytes do not follow the protocol."""

    status = 400
    reason = "malformed"


class TooLarge(IngestError):
    """A size limit was passed."""

    status = 413
    reason = "too_large"


class UnsupportedEncoding(IngestError):
    """The Content-Encoding is not one of those listed, or more than one layer was used."""

    status = 415
    reason = "encoding"


def identity(kind: str, *parts: bytes) -> uuid.UUID:
    """Return the uuid derived from `kind` and `parts`: equal parts, equal identity."""
    digest = blake2b(kind.encode(), digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return uuid.UUID(bytes=digest.digest())
