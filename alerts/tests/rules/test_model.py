"""The database's alerts beside a model of them, on histories drawn at random, with clocks that jump.

The model is written anew from docs/alerts.md and shares no code with the product: a dictionary and a clock. Each
history is looked at by the evaluator, through PostgreSQL, as a worker does. What people are told has a model of its
own (alerts/tests/routing).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.models import Alert, AlertTransition, Rule
from alerts.rules import evaluation, rule_setup, watching
from alerts.rules.contract import Judged, Verdict
from alerts.rules.rule_setup import Wanted
from analytics.questions.watched.metrics import metric_of
from analytics.questions.watched.series import History
from events.models import Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
GROUPS = ("a", "b")


@dataclass
class Modelled:
    """One alert, by the words of the documentation."""

    state: str = "ok"
    since: datetime | None = None
    looks: list[bool] = field(default_factory=list)
    is_flapping: bool = False
    exists: bool = False


@dataclass
class Model:
    """A rule: what each of its groups is, and every change."""

    for_: int
    keep: int
    no_data: str
    alerts: dict[str, Modelled] = field(default_factory=dict)
    changes: list[tuple[str, str, str]] = field(default_factory=list)

    def look(self, verdicts: dict[str, str], now: datetime) -> None:
        for group, verdict in verdicts.items():
            self.one(group, self.alerts.setdefault(group, Modelled()), verdict, now)

    def one(self, group: str, alert: Modelled, verdict: str, now: datetime) -> None:
        if verdict == "no_data":
            verdict = {"alert": "breach", "ok": "clear", "keep": ""}[self.no_data]
        before, is_ill, is_well = alert.state, verdict == "breach", verdict == "clear"
        target = before
        if verdict:
            if before == "ok" and is_ill:
                target = "pending" if self.for_ else "firing"
            elif before == "pending":
                target = "ok" if not is_ill else "firing" if self.waited(alert, self.for_, now) else "pending"
            elif before == "firing" and is_well:
                target = "recovering" if self.keep else "ok"
            elif before == "recovering":
                target = "firing" if not is_well else "ok" if self.waited(alert, self.keep, now) else "recovering"
        if target != before:
            alert.state, alert.since = target, now
            self.changes.append((group, before, target))
        elif before in ("pending", "recovering") and verdict and alert.since is not None and alert.since > now:
            alert.since = now  # the clock was set back: the wait begins anew
        if not alert.exists and target == "ok":
            return  # what was always well is kept nowhere
        alert.exists = True
        is_on = target in ("firing", "recovering")
        was_flapping = alert.is_flapping
        alert.looks = [*alert.looks, is_on][-21:]
        rate = self.rate(alert.looks)
        alert.is_flapping = rate >= 20 or (was_flapping and rate > 5)

    @staticmethod
    def waited(alert: Modelled, minutes: int, now: datetime) -> bool:
        return alert.since is not None and now - alert.since >= minutes * MINUTE

    @staticmethod
    def rate(looks: list[bool]) -> float:
        if len(looks) < 21:
            return 0.0
        weights = [0.8 + 0.4 * place / 19 for place in range(20)]
        return 5 * sum(weight for weight, one, two in zip(weights, looks, looks[1:], strict=False) if one is not two)


class Told:
    """Stands for what is read: what each group is at each look, as the history says."""

    def __init__(self) -> None:
        self.now: dict[str, str] = {}

    def read(self, rule: Rule, **_: Any) -> list[History]:
        metric = metric_of("requests.count")
        return [History(metric, (group,), MINUTE, (), (), ()) for group in self.now]

    def judge(self, rule: Rule, history: History, **_: Any) -> Judged:
        return Judged(Verdict(self.now[history.labels[0]]), 1.0, 2.0, "as drawn")


VERDICTS = st.sampled_from(["breach", "breach", "clear", "clear", "between", "no_data"])
# Minutes to the next look; the clock may stand, be set back by hours, or jump over a night.
WAITS = st.sampled_from([1, 1, 1, 1, 2, 5, 0, -1, -90, 600])
LOOKS = st.lists(st.tuples(VERDICTS, VERDICTS, WAITS), min_size=1, max_size=45)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    source = Told()
    monkeypatch.setattr(watching, "histories", source.read)
    monkeypatch.setattr(watching, "judge", source.judge)
    return source


@settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(looks=LOOKS, for_=st.integers(0, 3), keep=st.integers(0, 3), no_data=st.sampled_from(["alert", "ok", "keep"]))
def test_any_history_is_in_the_database_as_the_model_says(
    project: Project,
    told: Told,
    looks: list[tuple[str, str, int]],
    for_: int,
    keep: int,
    no_data: str,
) -> None:
    Rule.objects.all().delete()
    wanted = Wanted(
        name="Drawn", kind="threshold", metric="requests.count", group_by=["route"], for_minutes=for_,
        keep_minutes=keep, no_data=no_data,
        config={"side": "above", "threshold": 1, "window": 5},
    )  # fmt: skip
    rule = rule_setup.create(project, wanted, actor="test", now=NOW)
    model, now = Model(for_, keep, no_data), NOW
    for first, second, wait in looks:
        told.now = {"a": first, "b": second}
        Rule.objects.update(next_eval_at=now)
        assert evaluation.run(now=now).failed == 0
        model.look(told.now, now)
        now += wait * MINUTE + timedelta(microseconds=1)  # no two looks are at the very same moment
    stored = {alert.labels["route"]: alert for alert in Alert.objects.filter(rule=rule)}
    assert set(stored) == {group for group, alert in model.alerts.items() if alert.exists}
    for group, alert in stored.items():
        meant = model.alerts[group]
        assert (alert.state, alert.since, alert.is_flapping) == (meant.state, meant.since, meant.is_flapping), group
        assert alert.recent == "".join(str(int(one)) for one in meant.looks)
    kept = (
        AlertTransition.objects.filter(alert__rule=rule).order_by("pk").values_list("alert__labels", "before", "after")
    )
    assert [(labels["route"], before, after) for labels, before, after in kept] == model.changes


# Every arrow with its clock: (policy, [(wait in minutes, verdict, state after it)]).
ARROWS: list[tuple[dict[str, Any], list[tuple[int, str, str]]]] = [
    ({}, [(0, "breach", "firing"), (1, "breach", "firing"), (1, "between", "firing"), (1, "clear", "ok")]),
    ({"for_minutes": 2}, [(0, "breach", "pending"), (1, "breach", "pending"), (1, "breach", "firing")]),
    ({"for_minutes": 2}, [(0, "breach", "pending"), (1, "between", "ok"), (1, "breach", "pending")]),
    ({"for_minutes": 2}, [(0, "breach", "pending"), (1, "clear", "ok")]),
    ({"keep_minutes": 2}, [(0, "breach", "firing"), (1, "clear", "recovering"), (1, "clear", "recovering"),
                           (1, "clear", "ok")]),
    ({"keep_minutes": 2}, [(0, "breach", "firing"), (1, "clear", "recovering"), (1, "breach", "firing")]),
    ({"keep_minutes": 2}, [(0, "breach", "firing"), (1, "clear", "recovering"), (1, "between", "firing")]),
    ({"for_minutes": 60}, [(0, "breach", "pending"), (59, "breach", "pending"), (1, "breach", "firing")]),
    ({"for_minutes": 5, "no_data": "keep"}, [(0, "breach", "pending"), (3, "no_data", "pending"),
                                             (2, "breach", "firing"), (9, "no_data", "firing")]),
    ({"no_data": "alert"}, [(0, "no_data", "firing"), (1, "clear", "ok")]),
    ({"no_data": "ok"}, [(0, "breach", "firing"), (1, "no_data", "ok")]),
    # A clock that is set back begins a wait anew and ends none early; one that jumps on ends it.
    ({"for_minutes": 5}, [(0, "breach", "pending"), (-60, "breach", "pending"), (4, "breach", "pending"),
                          (1, "breach", "firing")]),
    ({"for_minutes": 5}, [(0, "breach", "pending"), (600, "breach", "firing"), (-600, "breach", "firing"),
                          (0, "clear", "ok")]),
    ({"keep_minutes": 5}, [(0, "breach", "firing"), (1, "clear", "recovering"), (-30, "clear", "recovering"),
                           (5, "clear", "ok")]),
]  # fmt: skip
# Moments around which calendars are unusual; waits are lengths of time, so nothing changes there.
MOMENTS = {
    "an ordinary noon": datetime(2026, 11, 23, 12, tzinfo=UTC),
    "clocks go on in Vienna": datetime(2026, 3, 29, 1, 59, tzinfo=ZoneInfo("Europe/Vienna")),
    "clocks go back in Vienna": datetime(2026, 10, 25, 2, 59, tzinfo=ZoneInfo("Europe/Vienna")),
    "before a leap day": datetime(2028, 2, 28, 23, 59, tzinfo=UTC),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_each_arrow_is_walked_when_its_time_is_over(project: Project, told: Told, moment: str) -> None:
    for policy, steps in ARROWS:
        wanted = Wanted(
            name="Arrow", kind="threshold", metric="requests.count", group_by=["route"], **policy,
            config={"side": "above", "threshold": 1, "window": 5},
        )  # fmt: skip
        now = MOMENTS[moment].astimezone(UTC)
        rule = rule_setup.create(project, wanted, actor="test", now=now)
        for wait, verdict, state in steps:
            now += wait * MINUTE
            told.now = {"a": verdict}
            Rule.objects.update(next_eval_at=now)
            evaluation.run(now=now)
            assert Alert.objects.get(rule=rule).state == state, (policy, steps, wait, verdict)
        rule.delete()
