"""What a group of notices says, and when: pure, so that a test can hold it against a model of Alertmanager.

A group waits before its first message, looks again at every interval, says what is new or over, and repeats what lasts.
What is held back stays as it was told: it is said when what holds it is over and it still is so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# How often a group that says everything at once looks whether what held its news is over.
HELD_LOOK = timedelta(seconds=10)


class Told(StrEnum):
    """What people heard last of one notice."""

    NOTHING = ""
    ON = "on"
    FLAPPING = "flapping"


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a group waits, how often it looks, and when it repeats; no repeat: never."""

    wait: timedelta = timedelta(0)
    interval: timedelta = timedelta(0)
    repeat: timedelta | None = None

    @property
    def is_immediate(self) -> bool:
        return not self.wait and not self.interval


@dataclass(frozen=True, slots=True)
class Member:
    """One notice in one group."""

    key: int
    is_on: bool
    is_held: bool = False
    is_flapping: bool = False
    told: Told = Told.NOTHING


@dataclass(frozen=True, slots=True)
class Said:
    """One message: what is on, what of it is new, what is over since the last, what began to flap."""

    on: tuple[int, ...] = ()
    new: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()
    flapping: tuple[int, ...] = ()

    @property
    def is_repeat(self) -> bool:
        return not (self.new or self.ended or self.flapping)


def say(members: Iterable[Member], told_at: datetime | None, timing: Timing, *, now: datetime) -> Said | None:
    """What the group says now; None for nothing."""
    on, new, ended, flapping = [], [], [], []
    for one in members:
        if one.is_held:
            continue
        if one.is_flapping:
            if one.told is not Told.FLAPPING:
                flapping.append(one.key)
        elif one.is_on:
            on.append(one.key)
            if one.told is not Told.ON:
                new.append(one.key)
        elif one.told is not Told.NOTHING:
            ended.append(one.key)
    is_due = timing.repeat is not None and told_at is not None and now - told_at >= timing.repeat
    if new or ended or flapping or (on and is_due):
        return Said(tuple(on), tuple(new), tuple(ended), tuple(flapping))
    return None


def told_after(member: Member, said: Said | None) -> Told:
    """What people have heard of the notice after that."""
    if said is None:
        return member.told
    if member.key in said.flapping:
        return Told.FLAPPING
    if member.key in said.on:
        return Told.ON
    return Told.NOTHING if member.key in said.ended else member.told


def is_left(member: Member) -> bool:
    """Whether the group still has to do with the notice."""
    return member.is_on or member.is_flapping or member.told is not Told.NOTHING


def first_look(began_at: datetime, timing: Timing, *, now: datetime) -> datetime:
    """When a group that has just got its first member looks: what began long ago has waited already."""
    return max(now, began_at + timing.wait)


def next_look(
    members: Iterable[Member], told_at: datetime | None, timing: Timing, *, due: datetime, now: datetime
) -> datetime | None:
    """When a group looks again after it looked; `due` is when it should have. None: not before something changes."""
    left = [one for one in members if is_left(one)]
    if not left:
        return None
    if not timing.is_immediate:
        interval = timing.interval or timing.wait
        return due + interval * max(1, (now - due) // interval + 1)
    looks = [now + HELD_LOOK] if any(_waits(one) for one in left) else []
    if timing.repeat is not None and told_at is not None and any(one.is_on for one in left):
        looks.append(max(now + HELD_LOOK, told_at + timing.repeat))
    return min(looks, default=None)


def _waits(member: Member) -> bool:
    """Whether news of it is held back."""
    if member.is_flapping:
        return member.told is not Told.FLAPPING
    return member.told is not Told.ON if member.is_on else member.told is not Told.NOTHING
