"""Who agrees at the moment, as this process last read it; never older than half a second.

The ledger is asked for each visitor that sends, by its index, at most twice a second. While PostgreSQL is away nobody
agrees: what came is counted as of nobody in particular, which can be taken back for no one and hurts no one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from django.db import DatabaseError, InterfaceError, connection

from events.models import ConsentRecord

logger = logging.getLogger(__name__)

FRESH_SECONDS = 0.5
# Visitors that a process keeps; beyond, all are read anew.
MOST = 20_000
GIVEN, WITHDRAWN, UNSAID = ConsentRecord.State.GIVEN.value, ConsentRecord.State.WITHDRAWN.value, ""

_kept: dict[tuple[int, int], tuple[float, str]] = {}


def agrees(project_id: int, visitor: int, *, clock: float | None = None) -> bool:
    """Whether the visitor agreed to be counted as a person."""
    return of(project_id, [visitor], clock=clock)[visitor] == GIVEN


def of(project_id: int, visitors: Iterable[int], *, clock: float | None = None) -> dict[int, str]:
    """What each of them said last: GIVEN, WITHDRAWN, or UNSAID, which is also the answer while nobody can tell."""
    clock = time.monotonic() if clock is None else clock
    found: dict[int, str] = {}
    missing = []
    for visitor in set(visitors):
        kept = _kept.get((project_id, visitor))
        if kept is not None and 0 <= clock - kept[0] < FRESH_SECONDS:
            found[visitor] = kept[1]
        else:
            missing.append(visitor)
    if not missing:
        return found
    try:
        said = read(project_id, missing)
    except (DatabaseError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return found | dict.fromkeys(missing, UNSAID)
    if len(_kept) + len(missing) > MOST:
        _kept.clear()
    for visitor in missing:
        found[visitor] = said.get(visitor, UNSAID)
        _kept[project_id, visitor] = (clock, found[visitor])
    return found


def read(project_id: int, visitors: Iterable[int]) -> dict[int, str]:
    """What each of them said last, as it is stored; who said nothing is left out."""
    rows = ConsentRecord.objects.filter(project_id=project_id, visitor__in=list(visitors))
    rows = rows.order_by("visitor", "-number").distinct("visitor")
    return {visitor: state for visitor, state in rows.values_list("visitor", "state") if visitor is not None}


def agreeing(project_id: int, visitors: Iterable[int]) -> set[int]:
    """Those of them who agree, as it is stored."""
    return {visitor for visitor, state in read(project_id, visitors).items() if state == GIVEN}


def changed(project_id: int, visitors: Iterable[int]) -> None:
    """What this very process knows of them is outdated; another looks by itself."""
    for visitor in visitors:
        _kept.pop((project_id, visitor), None)


def forget() -> None:
    """Empty the cache of this process."""
    _kept.clear()
