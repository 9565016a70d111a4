"""How noisy a rule was, from its changes of standing."""

from datetime import timedelta

from alerts.rules import noise
from alerts.rules.noise import Change
from events.tests.cast import NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def changes(*lengths: float, acknowledged: int = 0, rule: int = 1) -> list[Change]:
    """An alert that fired a day apart for so many minutes each, the first of them acknowledged."""
    found = []
    for number, minutes in enumerate(lengths):
        began = NOW + number * DAY
        found.append(Change(rule, 7, "pending", "firing", began))
        found.append(Change(rule, 7, "firing", "recovering", began + MINUTE))
        found.append(Change(rule, 7, "recovering", "firing", began + MINUTE))
        ended = began + minutes * MINUTE
        found.append(Change(rule, 7, "firing", "ok", ended, was_acknowledged=number < acknowledged))
    return found


def test_what_four_weeks_say() -> None:
    cases = (
        ((10.0, 20.0, 60.0), 1, (3, 0.75, 20 * MINUTE, 1 / 3, 0.0)),
        ((1.0, 2.0, 60.0, 3.0), 0, (4, 1.0, 2.5 * MINUTE, 0.0, 0.75)),
        ((1.0, 2.0), 0, (2, 0.5, 1.5 * MINUTE, None, None)),  # too few for shares
        ((1.0, 2.0, 3.0), 3, (3, 0.75, 2 * MINUTE, 1.0, 0.0)),  # somebody was there
    )
    for lengths, acknowledged, wanted in cases:
        found = noise.of_changes(changes(*lengths, acknowledged=acknowledged), now=NOW)[1]
        assert (found.fires, found.per_week, found.lasts, found.acknowledged, found.brief) == wanted
    assert noise.of_changes(changes(1, 2, 60, 3), now=NOW)[1].advice.startswith("Most ended by themselves")
    ignored = noise.of_changes(changes(*[60.0] * 28), now=NOW)[1]
    assert (ignored.is_noisy, ignored.advice[:19]) == (True, "Nobody looks after ")
    assert noise.of_changes(changes(10, 20, 60, acknowledged=2), now=NOW)[1].advice == ""


def test_what_still_fires_counts_and_has_no_length_yet() -> None:
    going_on = [*changes(10, 20), Change(1, 7, "ok", "firing", NOW + 9 * DAY, was_acknowledged=True)]
    found = noise.of_changes([*going_on, *changes(5, rule=2)], now=NOW)
    assert (found[1].fires, found[1].lasts, found[1].acknowledged, found[2].fires) == (3, 15 * MINUTE, 1 / 3, 1)
    ended_unseen = noise.of_changes([Change(1, 7, "firing", "ok", NOW)], now=NOW)
    assert ended_unseen == {}, "what began before the four weeks is not of them"
