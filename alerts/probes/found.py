"""What a look found."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.delivery.http import Phases

NOTHING = Phases()


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """`is_ok` and why not; `is_silent` where nothing came back at all, `is_unknown` where our own network failed."""

    is_ok: bool
    words: str = ""
    is_silent: bool = False
    is_unknown: bool = False
    http_status: int | None = None
    redirects: int = 0
    phases: Phases = NOTHING
    total_ms: float | None = None
    certificate_ends: float | None = None


def failed(words: str, *, is_silent: bool = False, phases: Phases | None = None) -> Found:
    return Found(is_ok=False, words=words, is_silent=is_silent, phases=phases or NOTHING)
