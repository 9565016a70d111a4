"""What people met between the steps of a funnel: errors, failed requests and slow pages; of those who went no further
and of those who went on.

Errors, requests and vitals know the same people as events where a project names its visitors, and nobody else does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from analytics import engine
from analytics.engine.filters import width
from analytics.periods import Period
from analytics.questions.product import funnel_people
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.funnel_attempts import Definition
from analytics.questions.product.funnel_walk import NOBODY
from analytics.questions.product.visits import BREAK
from events.models import Project
from events.runtime.lazy import lazy
from events.values.vitals import THRESHOLDS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
else:
    np = lazy("numpy")
    pa = lazy("pyarrow")

_PAUSE = width(BREAK)
_TROUBLES = """
    SELECT * FROM (
        SELECT 'error' AS kind, user_key AS who, epoch_us("at") AS us, group_hash AS what FROM errors
        UNION ALL
        SELECT 'request', user_key, epoch_us("at"), route FROM requests WHERE status >= 500
        UNION ALL
        SELECT 'page', user_key, epoch_us("at"), route FROM vitals WHERE metric = 'LCP' AND value > $slow
    ) WHERE who IS NOT NULL AND what IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class _Spans:
    """From one step to the next, of people in the order of their numbers."""

    who: npt.NDArray[np.int64]
    since: npt.NDArray[np.int64]
    until: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Met:
    """`kind` is error (`what` is the hash of its group), request or page (`what` is the route). `lost` people who met
    it went no further, `kept` ones went on."""

    kind: str
    what: str
    lost: int
    kept: int


@dataclass(frozen=True, slots=True)
class Loss:
    """After step `after` (from 1) `lost` people went no further and `kept` went on. What the lost ones met more often
    than the others comes first."""

    after: int
    event: str
    lost: int
    kept: int
    met: tuple[Met, ...]


def losses(project: Project, *, definition: Definition, scope: Scope, most: int = 5) -> tuple[Loss, ...]:
    """What was met after each step but the last, until the next one or for as long as a visit may pause."""
    if definition.order == "unordered":
        raise BadQuestion("Between steps in any order there is no before and after.")
    wanted = Period(scope.period.start, scope.period.end + BREAK)
    people = funnel_people.people(project, definition=definition, scope=scope)
    read = dict.fromkeys(("errors", "requests", "vitals"), wanted)
    with engine.read(project.pk, read, with_persons=True) as facts:
        troubles = facts.table(_TROUBLES, {"slow": THRESHOLDS["LCP"][1]})
    order = np.argsort(people.who)
    found = []
    for step, following in pairwise(definition.required):
        since, further = (people.reached[n - 1][order] for n in (step, following))
        began, went_on = since != NOBODY, further != NOBODY
        if not began.any():
            continue
        spans = _Spans(people.who[order], since, np.where(went_on, np.minimum(further, since + _PAUSE), since + _PAUSE))
        lost, kept = int((began & ~went_on).sum()), int((began & went_on).sum())
        met = _worst(_met(troubles, spans, went_on), lost, kept)[:most]
        found.append(Loss(step, definition.steps[step - 1].event, lost, kept, met))
    return tuple(found)


def _met(troubles: pa.Table, spans: _Spans, went_on: npt.NDArray[np.bool_]) -> list[Met]:
    """What anybody who went no further met, and how many met it."""
    who, us = (troubles[name].to_numpy() for name in ("who", "us"))
    place = np.minimum(np.searchsorted(spans.who, who), len(spans.who) - 1)
    held = (spans.who[place] == who) & (spans.since[place] != NOBODY)
    held &= (us >= spans.since[place]) & (us <= spans.until[place])
    met = troubles.filter(pa.array(held)).select(["kind", "what"]).append_column("place", pa.array(place[held]))
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in met.group_by(["kind", "what", "place"]).aggregate([]).to_pylist():
        counts[row["kind"], row["what"]][int(went_on[row["place"]])] += 1
    return [Met(*key, lost, kept) for key, (lost, kept) in counts.items() if lost]


def _worst(met: list[Met], lost: int, kept: int) -> tuple[Met, ...]:
    def excess(one: Met) -> float:
        return one.lost / lost - (one.kept / kept if kept else 0.0)

    return tuple(sorted(met, key=lambda one: (-excess(one), one.kind, one.what)))
