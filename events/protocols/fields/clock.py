"""Moments as senders write them, corrected and clamped to what can be true."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

PAST = 30 * 86_400.0
FUTURE = 60.0
# Below this the difference is latency and a queue, not a wrong clock.
DRIFT = 55 * 60.0


class Clock:
    """The moment of receipt, and how far the sender's clock is off (seconds to add)."""

    __slots__ = ("earliest", "latest", "received", "shift")

    def __init__(self, received_at: datetime, sent_at: Any = None, *, drift: float = DRIFT, past: float = PAST) -> None:
        """`past` is how many seconds before the receipt may be true: more than usual for what is imported."""
        self.received = received_at.timestamp()
        self.earliest, self.latest = self.received - past, self.received + FUTURE
        sent = seconds(sent_at) if isinstance(sent_at, str) else None
        off = self.received - sent if sent is not None else 0.0
        self.shift = off if abs(off) >= drift else 0.0

    def moment(self, value: Any, notes: list[str]) -> float:
        """Return epoch seconds inside [receipt - 30 days, receipt + 60 s]; without a readable value, the receipt."""
        sent = value if type(value) is float else seconds(value)
        if not self.shift and sent is not None and self.earliest <= sent <= self.latest:
            return sent
        if sent is None:
            return self.received
        moment = sent + self.shift
        if self.shift and "clock_drift" not in notes:
            notes.append("clock_drift")
        if self.earliest <= moment <= self.latest:
            return moment
        if "timestamp_clamped" not in notes:
            notes.append("timestamp_clamped")
        return min(max(moment, self.earliest), self.latest)

    def is_before(self, value: Any) -> bool:
        """Whether a moment as sent lies before the earliest that is taken for true."""
        sent = seconds(value)
        return sent is not None and sent + self.shift < self.earliest

    def span(self, start: Any, end: Any, notes: list[str]) -> tuple[float, float]:
        """Return both ends; the duration survives the clamp of the end."""
        first, last = seconds(start), seconds(end)
        ended = self.moment(end, notes)
        length = max(last - first, 0.0) if first is not None and last is not None else 0.0
        return ended - min(length, PAST), ended


def seconds(value: Any) -> float | None:
    """Return epoch seconds of a number, a numeric string or an ISO 8601 string, else None."""
    if type(value) is str:
        return _parsed(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    return number if number - number == 0 else None


def _parsed(text: str) -> float | None:
    if len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return _number(text)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None
