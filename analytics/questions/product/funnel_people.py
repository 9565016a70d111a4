"""Reads what people did of a funnel, in the order that funnel_walk goes along it: who came how far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analytics import engine
from analytics.questions.product import funnel_attempts, funnel_walk, histories
from analytics.questions.product.acts import Scope
from analytics.questions.product.funnel_attempts import RANK_BITS, Definition
from analytics.questions.product.funnel_walk import People, Rows
from events.models import Project
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
else:
    np = lazy("numpy")


def people(project: Project, *, definition: Definition, scope: Scope, by: str = "", touch: str = "first") -> People:
    """Who came how far, cut `by` what the first (or last, by `touch`) event of any step says. Raises BadQuestion.

    Where the ids of events decide, of two in one moment, the engine sorts them; else they are put in order here.
    """
    funnel_attempts.check(definition)
    bound: dict[str, Any] = {}
    if by or funnel_attempts.may_overlap(definition):
        sql = funnel_attempts.events(definition, scope, by=by, bound=bound)
        with engine.read(project.pk, {"events": scope.period}, with_persons=True) as facts:
            tables = histories.whole_people(facts.stream(sql, bound))
            made = (funnel_walk.people(_rows(table), definition, touch=touch) for table in tables)
            return funnel_walk.together(made, definition)
    codes = _codes(project, scope, funnel_attempts.names(definition))
    found = histories.each(
        project.pk,
        funnel_attempts.coded(definition, scope, codes=codes, bound=bound),
        bound,
        lambda piece: funnel_walk.people(Rows(piece.who, piece.us, piece.what), definition),
        period=scope.period,
        read=None if codes is None else lambda batch: _means(batch["what"].to_numpy(), codes),
        rank=lambda means: _rank(means, len(definition.steps)),
    )
    return funnel_walk.together(found, definition)


def _rows(table: pa.Table) -> Rows:
    who, key, means = (table[name].to_numpy() for name in ("who", "key", "means"))
    return Rows(who, key >> RANK_BITS, means, table["cut"] if "cut" in table.column_names else None)


def _codes(project: Project, scope: Scope, names: Sequence[str] | None) -> list[int] | None:
    """What the engine makes of names: numbers are compared in a fifth of the time of texts."""
    if names is None:
        return None
    named = {f"name_{n}": name for n, name in enumerate(names)}
    coded = ", ".join(f"hash(CAST(${name} AS VARCHAR)) AS {name}" for name in named)
    with engine.read(project.pk, {"events": scope.period}) as facts:
        [row] = facts.ask(f"SELECT {coded}", named)
    return [row[name] for name in named]


def _means(what: npt.NDArray[np.uint64], codes: Sequence[int]) -> npt.NDArray[Any]:
    """Bit n for the code of that place, in as few bytes as they need: all rows are held at once."""
    found: npt.NDArray[Any] = np.zeros(len(what), np.uint8 if len(codes) < 8 else np.int32)
    for place, code in enumerate(codes):
        found |= (what == np.uint64(code)).astype(found.dtype) << place
    return found


def _rank(means: npt.NDArray[Any], steps: int) -> npt.NDArray[Any]:
    """The bit of the first step that an event is meant by; beyond all of them for what is meant by none."""
    of_steps = means & ((1 << steps) - 1)
    found: npt.NDArray[Any] = np.where(of_steps == 0, 1 << steps, of_steps & -of_steps)
    return found
