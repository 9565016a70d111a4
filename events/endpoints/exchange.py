"""A request of ingest and its answer, apart from the server that carries them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that has arrived: WSGI's environment, what its address names, and its body as sent.

    `body` is a function because a body may be missing in part; it then raises IngestError, once somebody wants it.
    """

    environ: Mapping[str, Any]
    named: Mapping[str, Any]
    now: datetime
    body: Callable[[], bytes]


@dataclass(slots=True)
class Answer:
    """What goes back."""

    content: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
