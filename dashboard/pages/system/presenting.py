"""The server's numbers in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.frame import formatting
from dashboard.pages.system.reading import Lag, Reading
from events.ingest.accounting import Report

_FULL = 0.1  # of the disk is left: time to look


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first sentence and its tone."""

    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class ShownLag:
    name: str
    waiting: str
    age: str
    limit: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Rate:
    """What arrives: of the last whole hour by minute, and of the day."""

    a_minute: str
    day: str
    hours: list[float]


def verdict(found: Reading, *, troubles: int) -> Verdict:
    wrong = [f"{one.name} {'is' if one.name[-1] != 's' else 'are'} late" for one in found.late]
    if found.report.difference:
        wrong.append(f"{found.report.difference:,} records are unaccounted for")
    if troubles:
        wrong.append(f"{troubles} trouble{'s' if troubles > 1 else ''} of this server")
    if found.disk_free < _FULL * found.disk_total:
        wrong.append(f"{formatting.size(found.disk_free)} of disk are left")
    if not wrong:
        return Verdict("All is well: nothing is late, and every record is accounted for.", "good")
    text = "; ".join(wrong)
    return Verdict(f"{text[0].upper()}{text[1:]}.", "bad")


def terms(report: Report) -> list[tuple[str, int]]:
    """The right side of the ledger's equation."""
    return [
        ("stored", report.stored),
        ("duplicate", report.duplicate),
        *((f"filtered: {reason}", count) for reason, count in report.filtered.items()),
        ("rate limited", report.rate_limited),
        ("invalid", report.invalid),
        ("in the inbox", report.in_inbox),
        ("in the spool", report.in_spool),
        ("dead letters", report.dead_letter),
    ]


def lag(one: Lag, *, now: datetime) -> ShownLag:
    age, limit = one.age(now), one.limit.total_seconds()
    state, tone = ("late", "bad") if one.is_late(now) else ("in time", "good")
    if age is None and one.words:
        state, tone = one.words, "" if one.words == "empty" else "warn"
    return ShownLag(
        one.name, "–" if one.waiting is None else formatting.compact(one.waiting),
        "–" if age is None else formatting.duration(age.total_seconds() * 1000), formatting.duration(limit * 1000),
        state, tone,
    )  # fmt: skip


def rate(found: Reading) -> Rate:
    whole = found.rate[-2] if len(found.rate) > 1 else 0
    return Rate(formatting.compact(whole / 60), formatting.compact(sum(found.rate)), [float(one) for one in found.rate])


def disk(found: Reading) -> str:
    return f"{formatting.size(found.disk_free)} of {formatting.size(found.disk_total)} free"
