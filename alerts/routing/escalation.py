"""Who is told when nobody acknowledges: step by step, each once, until somebody does or it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.models import EscalationStep, Notice
from alerts.routing import telling, wording
from alerts.routing.telling import Desk

# What is held back waits; whether it still is, is asked again after so long.
HELD_LOOK = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Due:
    """The steps to take now, and when the next one is due."""

    now: tuple[int, ...]
    next_at: datetime | None


def due(
    steps: Sequence[tuple[int, timedelta]], done: frozenset[int], *, began_at: datetime, is_open: bool, now: datetime
) -> Due:
    """Of steps in order, each with its delay: those that are due and not done. Pure; nothing where it is not open."""
    if not is_open:
        return Due((), None)
    ahead = [(key, began_at + after) for key, after in steps if key not in done]
    later = [at for _, at in ahead if at > now]
    return Due(tuple(key for key, at in ahead if at <= now), min(later, default=None))


def take(notice: Notice, desk: Desk) -> int:
    """Put what the due steps say on the desk, and note when the next is due; how many steps."""
    steps = {step.pk: step for step in telling.steps_of(notice)}
    done = frozenset(notice.steps_done.values_list("pk", flat=True))
    is_open = notice.is_on and notice.acknowledged_at is None
    found = due(
        [(key, timedelta(minutes=step.after_minutes)) for key, step in steps.items()],
        done, began_at=notice.began_at, is_open=is_open, now=desk.now,
    )  # fmt: skip
    is_held = notice.is_flapping or telling.held_by(notice, desk.holds) is not None
    if found.now and is_held:
        notice.escalates_at = desk.now + HELD_LOOK
    else:
        for key in found.now:
            _tell(notice, steps[key], desk)
        notice.steps_done.add(*found.now)
        notice.escalates_at = found.next_at
    notice.save(update_fields=["escalates_at"])
    return 0 if is_held else len(found.now)


def _tell(notice: Notice, step: EscalationStep, desk: Desk) -> None:
    group = notice.memberships.order_by("pk").values_list("group_id", flat=True).first() or 0
    message = wording.escalated(notice, after_minutes=step.after_minutes, step=step.pk, group=group, now=desk.now)
    channels = [channel for channel in step.channels.all() if channel.is_enabled]
    desk.letters.append((channels, message, [notice]))


def next_step(notice: Notice) -> tuple[EscalationStep, datetime] | None:
    """Who is told next if nobody acknowledges, and when; None where nobody is."""
    if notice.escalates_at is None or notice.acknowledged_at is not None or not notice.is_on:
        return None
    done = set(notice.steps_done.values_list("pk", flat=True))
    ahead = next((step for step in telling.steps_of(notice) if step.pk not in done), None)
    return (ahead, notice.escalates_at) if ahead else None
