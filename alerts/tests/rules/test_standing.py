"""The state machine of an alert, look by look, with a clock that may jump."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.rules import standing
from alerts.rules.contract import Verdict
from alerts.rules.standing import NoData, Policy, Standing, State, step

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BREACH, BETWEEN, CLEAR, NO_DATA = Verdict.BREACH, Verdict.BETWEEN, Verdict.CLEAR, Verdict.NO_DATA
WORDS = {"ok": State.OK, "pending": State.PENDING, "firing": State.FIRING, "recovering": State.RECOVERING}


def states(verdicts: list[Verdict], policy: Policy, *, every: timedelta = MINUTE) -> list[str]:
    at, stands, found = NOW, Standing(), []
    for verdict in verdicts:
        stands = step(stands, verdict, policy, now=at)
        found.append(stands.state.value)
        at += every
    return found


@pytest.mark.parametrize(
    ("verdicts", "policy", "expected"),
    [
        ([BREACH, CLEAR], Policy(), "firing ok"),
        ([BREACH, BREACH, BREACH, CLEAR], Policy(for_=2 * MINUTE), "pending pending firing ok"),
        ([BREACH, CLEAR, BREACH], Policy(for_=2 * MINUTE), "pending ok pending"),
        ([BREACH, BETWEEN, BREACH], Policy(for_=2 * MINUTE), "pending ok pending"),
        ([BREACH, BETWEEN, BETWEEN, CLEAR], Policy(), "firing firing firing ok"),
        ([BREACH, CLEAR, CLEAR, CLEAR], Policy(keep=2 * MINUTE), "firing recovering recovering ok"),
        ([BREACH, CLEAR, BREACH, CLEAR], Policy(keep=2 * MINUTE), "firing recovering firing recovering"),
        ([BREACH, CLEAR, BETWEEN, CLEAR], Policy(keep=2 * MINUTE), "firing recovering firing recovering"),
        ([NO_DATA, NO_DATA], Policy(no_data=NoData.ALERT), "firing firing"),
        ([NO_DATA, NO_DATA], Policy(for_=MINUTE, no_data=NoData.ALERT), "pending firing"),
        ([BREACH, NO_DATA, CLEAR], Policy(no_data=NoData.KEEP), "firing firing ok"),
        ([BREACH, NO_DATA], Policy(no_data=NoData.OK), "firing ok"),
        ([BREACH, NO_DATA, BREACH], Policy(for_=2 * MINUTE, no_data=NoData.KEEP), "pending pending firing"),
    ],
)
def test_it_moves_as_the_verdicts_say(verdicts: list[Verdict], policy: Policy, expected: str) -> None:
    assert states(verdicts, policy) == expected.split()


def test_a_clock_that_jumps_back_begins_the_wait_anew_and_never_ends() -> None:
    policy = Policy(for_=5 * MINUTE)
    stands = step(Standing(), BREACH, policy, now=NOW)
    stands = step(stands, BREACH, policy, now=NOW - timedelta(hours=1))
    assert (stands.state, stands.since) == (State.PENDING, NOW - timedelta(hours=1))
    assert step(stands, BREACH, policy, now=NOW - timedelta(minutes=55)).state is State.FIRING


def test_an_alert_that_comes_and_goes_is_flapping_until_it_is_stable() -> None:
    stands, at = Standing(), NOW
    for verdict in [BREACH, CLEAR] * 11:
        stands, at = step(stands, verdict, Policy(), now=at), at + MINUTE
    assert stands.is_flapping
    for _ in range(standing.LOOKS):
        stands, at = step(stands, CLEAR, Policy(), now=at), at + MINUTE
    assert not stands.is_flapping


def test_few_looks_are_no_flapping() -> None:
    assert standing.change_rate([True, False] * 5) == 0.0
    assert standing.change_rate([False] * standing.LOOKS) == 0.0
    assert standing.change_rate([True, False] * 10 + [True]) == pytest.approx(100.0)


@given(
    verdicts=st.lists(st.sampled_from(list(Verdict)), max_size=60),
    waits=st.lists(st.integers(-90, 90), max_size=60),
    policy=st.builds(
        Policy,
        for_=st.integers(0, 4).map(lambda n: n * MINUTE),
        keep=st.integers(0, 4).map(lambda n: n * MINUTE),
        no_data=st.sampled_from(NoData),
    ),
)
def test_whatever_comes_it_moves_along_the_drawn_arrows(
    verdicts: list[Verdict], waits: list[int], policy: Policy
) -> None:
    arrows = {
        ("ok", "pending"), ("ok", "firing"), ("pending", "ok"), ("pending", "firing"), ("firing", "recovering"),
        ("firing", "ok"), ("recovering", "firing"), ("recovering", "ok"),
    }  # fmt: skip
    stands, at = Standing(), NOW
    for verdict, wait in zip(verdicts, waits, strict=False):
        at += wait * timedelta(seconds=10)
        after = step(stands, verdict, policy, now=at)
        assert after.state is stands.state or (stands.state.value, after.state.value) in arrows
        assert after.since is None or after.since <= at or after.state is stands.state
        if policy.for_:
            assert not standing.began(stands, after) or stands.state is State.PENDING
        if policy.keep:
            assert not standing.ended(stands, after) or stands.state is State.RECOVERING
        assert len(after.recent) <= standing.LOOKS
        stands = after
