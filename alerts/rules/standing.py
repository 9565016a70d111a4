"""The state machine of one alert: pure, so that a backtest, the evaluator and a test's model all run the same.

    ok -> pending (for) -> firing -> recovering (keep firing) -> ok

No data and an error of evaluation are no states: a policy says what the first counts as, the second changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.rules.contract import Verdict


class State(StrEnum):
    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"


class NoData(StrEnum):
    """What no data counts as: as a breach, as health, or as nothing at all."""

    ALERT = "alert"
    OK = "ok"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a breach lasts before it fires, and how long health before it is believed."""

    for_: timedelta = timedelta(0)
    keep: timedelta = timedelta(0)
    no_data: NoData = NoData.KEEP


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an alert stands: since when, since when its breach or its health lasts, and its last verdicts."""

    state: State = State.OK
    since: datetime | None = None
    is_without_data: bool = False
    # The last evaluations, the latest last: whether the alert was on.
    recent: tuple[bool, ...] = ()
    is_flapping: bool = False


# The method of Nagios: changes among the last 21 looks, the latest weighing 1.2 and the oldest 0.8; enter at 20 %,
# leave at 5 % (https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/flapping.html).
LOOKS = 21
FLAPPING, STABLE = 20.0, 5.0


def step(standing: Standing, verdict: Verdict, policy: Policy, *, now: datetime) -> Standing:
    """The standing after one more look. A clock that jumped back starts a wait anew, one that jumped on ends it."""
    without_data = verdict is Verdict.NO_DATA
    if without_data:
        counted = {NoData.ALERT: Verdict.BREACH, NoData.OK: Verdict.CLEAR, NoData.KEEP: None}[policy.no_data]
    else:
        counted = verdict
    moved = standing if counted is None else _moved(standing, counted, policy, now=now)
    recent = (*standing.recent, moved.state in (State.FIRING, State.RECOVERING))[-LOOKS:]
    rate = change_rate(recent)
    flapping = rate >= FLAPPING or (standing.is_flapping and rate > STABLE)
    return replace(moved, is_without_data=without_data, recent=recent, is_flapping=flapping)


def change_rate(recent: Sequence[bool]) -> float:
    """The share of changes between looks in percent, later ones weighing more; 0 for fewer looks than LOOKS."""
    if len(recent) < LOOKS:
        return 0.0
    last = len(recent) - 2
    weights = [0.8 + 0.4 * index / last for index in range(last + 1)]
    changed = [weight for weight, one, other in zip(weights, recent, recent[1:], strict=False) if one != other]
    return 100 * sum(changed) / len(weights)


def _moved(standing: Standing, verdict: Verdict, policy: Policy, *, now: datetime) -> Standing:
    match standing.state, verdict:
        case State.OK, Verdict.BREACH:
            return _to(standing, State.PENDING if policy.for_ else State.FIRING, now)
        case State.PENDING, Verdict.BREACH:
            return _to(standing, State.FIRING, now) if _lasted(standing, policy.for_, now) else _waiting(standing, now)
        case State.PENDING, _:
            return _to(standing, State.OK, now)
        case State.FIRING, Verdict.CLEAR:
            return _to(standing, State.RECOVERING if policy.keep else State.OK, now)
        case State.RECOVERING, Verdict.CLEAR:
            return _to(standing, State.OK, now) if _lasted(standing, policy.keep, now) else _waiting(standing, now)
        case State.RECOVERING, _:
            return _to(standing, State.FIRING, now)
        case _:
            return standing


def _to(standing: Standing, state: State, now: datetime) -> Standing:
    return replace(standing, state=state, since=now)


def _lasted(standing: Standing, length: timedelta, now: datetime) -> bool:
    return standing.since is not None and now - standing.since >= length


def _waiting(standing: Standing, now: datetime) -> Standing:
    """Still in the same state; what began in the future began now."""
    is_ahead = standing.since is None or standing.since > now
    return replace(standing, since=now) if is_ahead else standing


def is_on(state: State) -> bool:
    """Whether people have been told and not been told of the end."""
    return state in (State.FIRING, State.RECOVERING)


def began(before: Standing, after: Standing) -> bool:
    return is_on(after.state) and not is_on(before.state)


def ended(before: Standing, after: Standing) -> bool:
    return is_on(before.state) and not is_on(after.state)
