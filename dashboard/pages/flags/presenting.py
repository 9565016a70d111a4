"""Flags as the pages show them: states in words, evaluations drawn, versions compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from analytics import engine
from analytics.flags import books, counting, history
from analytics.flags.definitions import Condition, Dependency, InAudience
from analytics.flags.history import Difference
from analytics.models import Audience, Flag, FlagBook, FlagHour, FlagVersion
from analytics.periods import Period
from analytics.questions.variants.exposures import OFF
from analytics.questions.variants.flag_outcomes import Outcome, outcomes
from analytics.statistics import ratios
from dashboard.charts import sparklines
from dashboard.pages.flags import drafts

WEEK = timedelta(days=7)
STEP = timedelta(hours=6)
VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One flag of the list."""

    flag: Flag
    state: str
    tone: str
    rollout: str
    count: int
    points: str
    stale: str


@dataclass(frozen=True, slots=True)
class Old:
    """One version, with what it changed."""

    version: FlagVersion
    changes: tuple[Difference, ...]
    is_first: bool


@dataclass(frozen=True, slots=True)
class Share:
    """How often a value was answered within a week; `width` is its part of all, 0 to 100."""

    value: str
    count: int
    width: float


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one answer: the people who met an error, and slow page loads, in words."""

    outcome: Outcome
    hurt: str
    slow: str


def lines(flags: Sequence[Flag], *, now: datetime) -> list[Line]:
    """The flags with what was asked for of them within a week."""
    since = now - WEEK
    counted: dict[int, list[float]] = defaultdict(lambda: [0.0] * (WEEK // STEP + 1))
    hours = FlagHour.objects.filter(flag__in=flags, at__gte=since).values("flag_id", "at").annotate(total=Sum("count"))
    for flag_id, at, total in hours.values_list("flag_id", "at", "total"):
        counted[flag_id][min((at - since) // STEP, WEEK // STEP)] += total
    asked = counting.last_asked(flags)
    shared = FlagBook.objects.filter(pk__in={flag.project_id for flag in flags}).first()
    found = []
    for flag in flags:
        state, tone = state_of(flag, now=now)
        values = counted[flag.pk]
        read = books.of_row(flag)
        stale = "" if flag.archived_at else history.staleness(
            read, created_at=flag.created_at, changed_at=flag.changed_at, asked_at=asked.get(flag.pk),
            fetched_on=shared.fetched_on if shared else None, now=now,
        )  # fmt: skip
        points = sparklines.line(values) if any(values) else ""
        found.append(Line(flag, state, tone, rollout_of(flag), int(sum(values)), points, stale))
    return found


def state_of(flag: Flag, *, now: datetime) -> tuple[str, str]:
    """The state in a word, and its tone."""
    if flag.archived_at:
        return "archived", ""
    if not flag.is_active:
        return "off", ""
    if flag.starts_at and now < flag.starts_at:
        return "waits for its start", "warn"
    if flag.ends_at and now >= flag.ends_at:
        return "over", "warn"
    return "on", "good"


def rollout_of(flag: Flag) -> str:
    """Whom it reaches, in a few words."""
    read = books.of_row(flag)
    if read.is_by_enrollment:
        return "who chose it"
    if not read.conditions:
        return "nobody"
    first = read.conditions[0]
    share = f"{100.0 if first.rollout is None else first.rollout:g} %"
    whom = "by property" if first.filters else "of all"
    more = f", {len(read.conditions) - 1} more" if len(read.conditions) > 1 else ""
    return f"{share} {whom}{more}"


def shares(flag: Flag, *, now: datetime) -> list[Share]:
    """What was answered within a week, the most frequent first."""
    rows = FlagHour.objects.filter(flag=flag, at__gte=now - WEEK).values("value").annotate(total=Sum("count"))
    found = sorted(rows.values_list("value", "total"), key=lambda row: (-row[1], row[0]))
    total = sum(count for _, count in found) or 1
    return [Share(value, count, round(100 * count / total, 1)) for value, count in found]


def came_of(flag: Flag, *, now: datetime) -> list[Came] | None:
    """What came of each answer within a week, beside `false` or else the answer that most people got; None where
    nobody can tell at the moment."""
    try:
        found = outcomes(flag.project_id, flag.key, period=Period(now - WEEK, now))
    except engine.EngineError:
        return None
    other = next((one for one in found if one.value == OFF), found[0] if found else None)
    return [Came(one, _beside(one.hurt, one.people, other), _beside(one.slow, one.loads, other, of_loads=True))
            for one in found]  # fmt: skip


def _beside(hits: int, of: int, other: Outcome | None, *, of_loads: bool = False) -> str:
    """3.1 %, ×2.0 (95 % CI 1.1–3.4): a share, and how it stands beside that of the other answer."""
    if not of:
        return ""
    share = f"{100 * hits / of:.1f} %"
    if other is None:
        return share
    base = (other.slow, other.loads) if of_loads else (other.hurt, other.people)
    found = ratios.ratio(hits, of, *base) if base != (hits, of) else None
    return f"{share}, {found.words}" if found and found.is_clear else share


def conditions(flag: Flag, *, audiences: Iterable[Audience]) -> list[str]:
    """Each condition as a sentence."""
    draft = drafts.of_flag(flag, audiences=audiences)
    read = books.of_row(flag)
    return [_sentence(block, one) for block, one in zip(draft.blocks, read.conditions, strict=True)]


def _sentence(block: drafts.Block, read: Condition) -> str:
    words = {**drafts.WORDS, **drafts.OTHERS}
    parts = []
    for row, one in zip(block.rows, read.filters, strict=False):
        match one:
            case InAudience():
                parts.append(f"{words[row.operator]} {row.value}")
            case Dependency():
                parts.append(f"flag {row.key} is {row.value}")
            case _:
                parts.append(f"{row.key} {words.get(row.operator, row.operator)} {row.value}".strip())
    gets = f" get {block.variant}" if block.variant else ""
    whom = f"of those where {' and '.join(parts)}" if parts else "of all"
    return f"{block.share} % {whom}{gets}"


def versions(stored: Sequence[FlagVersion]) -> list[Old]:
    """The newest versions, one more than are shown, each compared with the one before."""
    before = [*stored[1:], None]
    return [
        Old(one, () if other is None else tuple(history.differences(other.definition, one.definition)), other is None)
        for one, other in zip(stored, before, strict=True)
    ][:VERSIONS]
