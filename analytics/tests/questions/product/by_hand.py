"""The questions event by event, as their words say: what the ones in SQL are compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from analytics.questions.product.funnel_attempts import Definition

Row = dict[str, Any]
Attempt = tuple[datetime, ...]


def by_person(rows: Sequence[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["at"], row["event_id"])):
        found[row["visitor"]].append(row)
    return found


def is_meant(row: Row, text: str) -> bool:
    if text.startswith("/"):
        return row["event"] == "$pageview" and row["path"] == text
    return text in ("*", row["event"])


def funnel(rows: Sequence[Row], definition: Definition) -> dict[int, list[Attempt | None] | None]:
    """Of each person who began: for each step the attempt that took it first, as the moments of the required steps up
    to it and its own, None where it was not taken; None instead of all for who did what is excluded."""
    walk = _unordered if definition.order == "unordered" else _ordered
    found = {person: walk(own, definition) for person, own in by_person(rows).items()}
    return {person: reached for person, reached in found.items() if reached is None or reached[0]}


def _ordered(own: Sequence[Row], definition: Definition) -> list[Attempt | None] | None:
    """One event after the other; `newest[k]` is the attempt that stands at step k."""
    steps, is_strict = definition.steps, definition.order == "strict"

    def first_of(row: Row) -> int:
        return next((n for n, step in enumerate(steps) if is_meant(row, step.event)), len(steps))

    newest: list[Attempt | None] = [None] * len(steps)
    reached: list[Attempt | None] = [None] * len(steps)
    history: list[tuple[datetime, list[Attempt | None]]] = []
    for row in sorted(own, key=lambda row: (row["at"], first_of(row), row["event_id"])):
        at, after = row["at"], list(newest)
        for k, step in enumerate(steps):
            if not is_meant(row, step.event):
                continue
            if k == 0:
                after[0] = (at,)
                continue
            before = max(n for n in range(k) if not steps[n].is_optional)
            standing = newest[before]
            if standing is None or at - standing[0] > definition.within:
                continue
            between = [one for one in own if standing[-1] < one["at"] < at]
            if is_strict and not all(is_meant(one, steps[before].event) for one in between):
                continue
            after[k] = (*standing, at)
        newest = after
        reached = [one or other for one, other in zip(reached, newest, strict=True)]
        history.append((at, list(newest)))
    return None if _is_left_out(own, definition, history) else reached


def _is_left_out(
    own: Sequence[Row], definition: Definition, history: Sequence[tuple[datetime, list[Attempt | None]]]
) -> bool:
    for row in own:
        earlier = next((state for at, state in reversed(history) if at < row["at"]), None)
        until = next(state for at, state in reversed(history) if at <= row["at"])
        if earlier is None or until[-1] is not None:
            continue
        for one in definition.exclusions:
            standing, beyond = earlier[one.after - 1], until[one.before - 1]
            is_open = standing and row["at"] - standing[0] <= definition.within
            if is_meant(row, one.event) and standing and is_open and not (beyond and beyond[-1] >= standing[-1]):
                return True
    return False


def _unordered(own: Sequence[Row], definition: Definition) -> list[Attempt | None]:
    """An event counts for the first step that means it; the attempt is (latest moment of each step in the span)."""
    steps = definition.steps
    reached: list[Attempt | None] = [None] * len(steps)
    for row in own:
        latest: dict[int, datetime] = {}
        for one in own:
            step = next((n for n, step in enumerate(steps) if is_meant(one, step.event)), None)
            if step is not None and row["at"] - definition.within <= one["at"] <= row["at"]:
                latest[step] = max(one["at"], latest.get(step, one["at"]))
        for k in range(len(latest)):
            reached[k] = reached[k] or (min(latest.values()), row["at"])
    return reached


def ways(rows: Sequence[Row], *, begin: str, end: str, stations: int) -> tuple[int, dict[tuple[int, str, str], int]]:
    """(sessions, (place, from, to) -> sessions)."""
    count, edges = 0, defaultdict(int)
    for own in by_person(rows).values():
        sessions: list[list[str]] = []
        before: datetime | None = None
        for row in own:
            if row["event"].startswith("$") and row["event"] != "$pageview":
                continue
            station = row["path"] if row["event"] == "$pageview" else row["event"]
            if before is None or row["at"] - before >= timedelta(minutes=30):
                sessions.append([])
            if sessions[-1][-1:] != [station]:
                sessions[-1].append(station)
            before = row["at"]
        for session in sessions:
            if begin:
                session = session[session.index(begin) :] if begin in session else []
            if end:
                session = session[: session.index(end) + 1] if end in session else []
            session = session[-stations:] if end and not begin else session[:stations]
            count += bool(session)
            for place, (source, target) in enumerate(pairwise(session)):
                edges[place, source, target] += 1
    return count, dict(edges)
