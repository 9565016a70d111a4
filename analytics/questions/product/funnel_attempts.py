"""What a funnel is, and its events as SQL.

The events of a person have one order: their moments, of equal moments the first step that they are meant by, then
their ids. An attempt takes events later in that order for later steps, so each event is used once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from analytics.questions.product import acts
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.visits import PAGE_VIEW

ORDERS = ("ordered", "strict", "unordered")
TOUCHES = ("first", "last")
MOST_STEPS = 10
LONGEST = timedelta(days=400)
# Ranks stand in the lowest bits of a key, microseconds since 1970 above them.
RANK_BITS = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One step. What comes after an optional one does not ask for it: it is counted for those who took it on their way
    from the step before."""

    event: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What may not happen after one step and before another (numbers from 1): whoever does it is left out whole."""

    event: str
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A funnel; `within` is counted from the first step, its end included."""

    steps: tuple[Step, ...]
    exclusions: tuple[Exclusion, ...] = ()
    order: str = "ordered"
    within: timedelta = timedelta(days=14)

    def before(self, number: int) -> int:
        """The number of the step that step `number` follows: the last one before it that is not optional."""
        return max((n for n in range(1, number) if not self.steps[n - 1].is_optional), default=0)

    @property
    def required(self) -> list[int]:
        return [n for n, step in enumerate(self.steps, 1) if not step.is_optional]


def check(definition: Definition) -> None:
    """Raises BadQuestion for a funnel that makes no sense."""
    steps, last = definition.steps, len(definition.steps)
    if last < 2:
        raise BadQuestion("A funnel has two steps at least: what people begin with, and where they should arrive.")
    if last > MOST_STEPS or len(definition.exclusions) > MOST_STEPS:
        raise BadQuestion(f"A funnel has {MOST_STEPS} steps at most.")
    if definition.order not in ORDERS:
        raise BadQuestion(f"The order of a funnel is {', '.join(ORDERS)}.")
    if not timedelta() < definition.within <= LONGEST:
        raise BadQuestion(f"A funnel takes {LONGEST.days} days at most.")
    if steps[0].is_optional or steps[-1].is_optional:
        raise BadQuestion("The first and the last step are not optional.")
    is_ordered = definition.order == "ordered"
    if not is_ordered and any(step.is_optional for step in steps):
        raise BadQuestion("Only a funnel in order has optional steps.")
    if definition.order == "unordered" and (definition.exclusions or len(set(steps)) < last):
        raise BadQuestion("A funnel in any order has different steps, and nothing is excluded between them.")
    if any(not 1 <= one.after < one.before <= last for one in definition.exclusions):
        raise BadQuestion("What is excluded stands between two steps.")


def names(definition: Definition) -> list[str] | None:
    """The names of events that steps and then exclusions are, where they are names and nothing else."""
    texts = _texts(definition)
    return None if any(text == acts.EVERY or text.startswith(("/", acts.ACTION)) for text in texts) else texts


def coded(definition: Definition, scope: Scope, *, codes: Sequence[int] | None, bound: dict[str, Any]) -> str:
    """SQL of what people did, in any order: `who`, `us` and `what`. That is the hash of a name, of `codes` where they
    are given, else what an event is meant by (bit n - 1 for step n, the bits above for exclusions)."""
    if codes is None:
        held = _held(definition, scope, bound)
        what, kept = _means(held), f"({' OR '.join(dict.fromkeys(held))})"
    else:
        what, kept, bound["codes"] = "hash(e.event)", "hash(e.event) IN $codes", sorted(codes)
    # Where order is strict, whatever people do counts.
    if definition.order == "strict":
        kept = "true"
        bound.pop("codes", None)
    return f"""
        SELECT {acts.who()} AS who, {acts.us()} AS us, {what} AS what
        FROM events e WHERE {acts.counted(scope, bound)} AND {kept}"""


def events(definition: Definition, scope: Scope, *, by: str, bound: dict[str, Any]) -> str:
    """SQL of what people did, one after another, each in order: `who`, `key` (moment and rank, the first step that an
    event is meant by), `means` and, where it is asked, `cut`. Of one moment and rank the ids decide; they are the
    widest column there is."""
    held, last = _held(definition, scope, bound), len(definition.steps)
    ranks = " ".join(f"WHEN {one} THEN {n}" for n, one in enumerate(held[:last], 1))
    kept = "true" if definition.order == "strict" else f"({' OR '.join(dict.fromkeys(held))})"
    return f"""
        SELECT {acts.who()} AS who, {acts.us()} * {1 << RANK_BITS} + CASE {ranks} ELSE {last + 1} END AS key,
               {_means(held)} AS means {f", {acts.cut(by, 'by', bound)} AS cut" if by else ""}
        FROM events e WHERE {acts.counted(scope, bound)} AND {kept} ORDER BY 1, 2, e.event_id"""


def _texts(definition: Definition) -> list[str]:
    return [*(step.event for step in definition.steps), *(one.event for one in definition.exclusions)]


def _held(definition: Definition, scope: Scope, bound: dict[str, Any]) -> list[str]:
    """What holds of the events of each step, and of each exclusion."""
    return [acts.meant(f"step_{n}", text, bound, scope.actions) for n, text in enumerate(_texts(definition), 1)]


def _means(held: Sequence[str]) -> str:
    return f"({' + '.join(f'CASE WHEN {one} THEN {1 << n} ELSE 0 END' for n, one in enumerate(held))})::INTEGER"


def may_overlap(definition: Definition) -> bool:
    """Whether two events of one moment and rank may mean different things, so that their ids decide."""
    texts = set(_texts(definition))
    views = {text for text in texts if text.startswith("/")}
    is_any = any(text == acts.EVERY or text.startswith(acts.ACTION) for text in texts)
    return (is_any and len(texts) > 1) or (PAGE_VIEW in texts and bool(views))
