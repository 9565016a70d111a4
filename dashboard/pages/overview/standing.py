"""The first line of the overview: how the project stands, and what that rests on. Nothing is calm without evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.engine import EngineError
from analytics.periods import Period
from analytics.questions.overview import receipts as query
from analytics.questions.overview.overview import Overview
from analytics.questions.overview.receipts import Receipts
from dashboard.frame import formatting
from dashboard.frame.state import State
from events.models import Project

# A shorter silence is no news, whatever is usual.
SHORTEST = timedelta(hours=1)
# A period that ends this close to now says how things are.
_NOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """`silence` is news about nothing; `calm` and `tone` are what may be said without open issues or alerts;
    `evidence` is what any of it rests on. Each is a sentence, or empty."""

    silence: str
    calm: str
    tone: str
    evidence: str


def of(project: Project, state: State, found: Overview, *, open_count: int, now: datetime) -> Standing:
    """How the project stands in the period that `state` shows."""
    period = Period(state.start, state.end)
    known = query.receipts(project, period=period, now=now)
    usual = None
    if known.last_at and now - known.last_at >= SHORTEST:
        try:
            usual = query.usual_silence(project, until=known.last_at, facts=known.facts)
        except EngineError:
            usual = None  # then silence is told, not judged
    return say(
        counted=counted(found, period),
        known=known,
        usual=usual,
        open_count=open_count,
        environment=state.environment,
        is_now=now - state.end < _NOW,
        now=now,
    )


def counted(found: Overview, period: Period) -> list[tuple[int, str]]:
    """What the page counted of the period: (how many, of what), without what there was none of."""
    minutes = period.length / timedelta(minutes=1)
    numbers = [
        (round((found.throughput.value or 0) * minutes), "request"),
        (round((found.errors.value or 0) * minutes), "error"),
        (found.crash_free.comparison.samples if found.crash_free.value is not None else 0, "session"),
    ]
    return [(number, word) for number, word in numbers if number]


def say(
    *,
    counted: Sequence[tuple[int, str]],
    known: Receipts,
    usual: timedelta | None,
    open_count: int,
    environment: str,
    is_now: bool,
    now: datetime,
) -> Standing:
    """The sentences. `usual` is the longest pause that is known of; `open_count` counts all open issues."""
    silent = now - known.last_at if known.last_at else None
    is_news = is_now and silent is not None and usual is not None and silent >= max(SHORTEST, usual + SHORTEST)
    silence = ""
    if is_news and silent is not None and usual is not None:
        length = formatting.ago(known.last_at, now=now).removesuffix(" ago")
        longest = f"no pause was longer than {usual // SHORTEST} h" if usual else "something came every hour"
        silence = f"Nothing received for {length}; in the week before, {longest}."
    # In one environment only what was counted of it is evidence; kinds are those of the whole project.
    kinds = () if environment else known.kinds
    evidence = _evidence(counted, kinds, known.last_at if is_now else None, now=now)
    if not counted and not kinds:
        where = f" from {environment}" if environment else ""
        last = f"; the last was {formatting.ago(known.last_at, now=now)}" if known.last_at and not silence else ""
        calm = f"Nothing was received{where} in this period{last}, so nothing can be said."
        return Standing(silence, "" if silence else calm, "", "")
    if silence:
        return Standing(silence, "", "", evidence)
    calm = "All calm."
    if open_count:
        calm = f"Calm: none of {open_count:,} open issues was seen in this period."
        calm = calm if open_count > 1 else "Calm: the one open issue was not seen in this period."
    return Standing("", calm, "good", evidence)


def _evidence(
    counted: Sequence[tuple[int, str]], kinds: Sequence[str], last_at: datetime | None, *, now: datetime
) -> str:
    parts = [f"{formatting.compact(number)} {word}{'s' if number != 1 else ''}" for number, word in counted]
    parts = parts or list(kinds)
    if not parts:
        return ""
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    last = f", the last {formatting.ago(last_at, now=now)}" if last_at else ""
    return f"{listed[:1].upper()}{listed[1:]} received{last}."
