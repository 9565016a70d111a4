"""One item's way through the decoder of Sentry's protocol."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from events.protocols.contract import Context
from events.protocols.fields.clock import Clock


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
