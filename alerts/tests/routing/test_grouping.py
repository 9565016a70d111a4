"""What a group says, beside a small model of Alertmanager's own rules."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.routing import grouping
from alerts.routing.grouping import Member, Said, Timing, Told

T = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIMING = Timing(timedelta(seconds=30), 5 * MINUTE, timedelta(hours=4))
ON, FLAPPING, NOTHING = Told.ON, Told.FLAPPING, Told.NOTHING


def test_what_is_said_of_one() -> None:
    ago = {"now": T, "told_at": T - MINUTE, "timing": TIMING}
    one, long_ago = (7,), {**ago, "told_at": T - timedelta(hours=4)}
    cases = (
        (Member(7, True), ago, Said(on=one, new=one)),
        (Member(7, True, told=ON), ago, None),
        (Member(7, True, told=ON), long_ago, Said(on=one)),
        (Member(7, False, told=ON), ago, Said(ended=one)),
        (Member(7, False), ago, None),  # nobody heard of it
        (Member(7, True, is_held=True), ago, None),
        (Member(7, False, is_held=True, told=ON), ago, None),
        (Member(7, True, is_held=True, told=ON), long_ago, None),
        (Member(7, True, is_flapping=True, told=ON), ago, Said(flapping=one)),
        (Member(7, False, is_flapping=True), ago, Said(flapping=one)),
        (Member(7, True, is_flapping=True, told=FLAPPING), ago, None),
        (Member(7, False, is_flapping=True, told=FLAPPING), long_ago, None),
        (Member(7, True, told=FLAPPING), ago, Said(on=one, new=one)),  # it is stable, and on
        (Member(7, False, told=FLAPPING), ago, Said(ended=one)),
        (Member(7, True, told=ON), {**long_ago, "timing": Timing()}, None),  # told once
    )
    for member, given_, wanted in cases:
        assert grouping.say([member], **given_) == wanted, member  # type: ignore[arg-type]


def test_what_people_heard_after_it() -> None:
    said = Said(on=(1, 2), new=(2,), ended=(3,), flapping=(4,))
    members = [Member(key, True, told=ON) for key in range(1, 6)]
    assert [grouping.told_after(one, said) for one in members] == [ON, ON, NOTHING, FLAPPING, ON]
    assert grouping.told_after(members[0], None) is ON


def test_when_it_looks_again() -> None:
    at_once = Timing(repeat=timedelta(hours=4))
    held, told = Member(1, True, is_held=True), Member(1, True, told=ON)
    cases = (
        (TIMING, told, T, T + 5 * MINUTE),
        (TIMING, told, T - 12 * MINUTE, T + 3 * MINUTE),  # late: it stays in its rhythm
        (TIMING, Member(1, False), T, None),
        (at_once, held, T, T + grouping.HELD_LOOK),
        (at_once, told, T, T + timedelta(hours=4)),
        (Timing(), told, T, None),
        (Timing(), Member(1, False, is_held=True, told=ON), T, T + grouping.HELD_LOOK),
    )
    for timing, member, due, wanted in cases:
        assert grouping.next_look([member], T, timing, due=due, now=T) == wanted, (timing, member)


class Alertmanager:
    """Its log of notifications: `needsUpdate` of notify/notify.go, in a few lines, with send_resolved on."""

    def __init__(self) -> None:
        self.firing: set[int] | None = None
        self.resolved: set[int] = set()
        self.at = T

    def needs_update(self, firing: set[int], resolved: set[int], *, now: datetime) -> bool:
        if self.firing is None:
            return bool(firing)
        if not firing <= self.firing:
            return True
        if not firing:
            return bool(self.firing)
        return not resolved <= self.resolved or self.at < now - (TIMING.repeat or timedelta.max)

    def flush(self, firing: set[int], resolved: set[int], *, now: datetime) -> bool:
        needed = self.needs_update(firing, resolved, now=now)
        if needed:
            self.firing, self.resolved, self.at = firing, resolved, now
        return needed


@given(st.lists(st.tuples(st.sets(st.integers(1, 4)), st.sampled_from([5, 5, 5, 300])), max_size=40))
def test_it_speaks_when_alertmanager_does(history: list[tuple[set[int], int]]) -> None:
    """Alerts that change between two looks alone, which is all that a log of looks can see."""
    model, told, told_at, now, before = Alertmanager(), dict[int, Told](), None, T, set[int]()
    for firing, minutes in history:
        now += minutes * MINUTE
        resolved, before = before - firing, firing
        members = [Member(key, key in firing, told=told.get(key, NOTHING)) for key in range(1, 5)]
        said = grouping.say(members, told_at, TIMING, now=now - timedelta(microseconds=1))
        assert (said is not None) == model.flush(firing, resolved, now=now), (firing, now)
        if said is not None:
            assert (set(said.on), set(said.ended)) == (firing, {key for key in told if told[key]} - firing)
            told_at = now
        told = {member.key: grouping.told_after(member, said) for member in members}
