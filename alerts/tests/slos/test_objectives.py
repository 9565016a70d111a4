"""From facts to an objective's alert: its rules are judged, told and ended as any others; its budget is read."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.models import Alert, Notification, Objective, Rule
from alerts.rules import evaluation, rule_files, rule_setup
from alerts.rules.backtest import backtest
from alerts.rules.rule_setup import Wanted
from alerts.slos import house, indicators, reports, setup
from alerts.slos.reports import State
from alerts.slos.setup import Promise
from alerts.tests import make
from analytics.tests import facts
from events.models import AuditEntry, Project
from events.tests.cast import NOW
from events.tests.rows import hexed

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def promise(**changes: Any) -> Promise:
    """99.9 % of requests without a 5xx over 30 days."""
    return Promise(**{"name": "Answers", "indicator": "availability", "target": 99.9, **changes})


def objective(project: Project, **changes: Any) -> Objective:
    return setup.create(project, promise(**changes), actor="test", now=NOW)


def ask(project: Project, good: int, bad: int = 0, *, at: datetime = NOW - 2 * MINUTE, **columns: Any) -> None:
    rows = [facts.request(at, **columns) for _ in range(good)]
    facts.filled(project, "requests", *rows, *(facts.request(at, status=503, **columns) for _ in range(bad)))


def look(at: datetime) -> None:
    Rule.objects.update(next_eval_at=at)
    evaluation.run(now=at)


def states() -> dict[str, str]:
    return {alert.rule.config["pair"]: alert.state for alert in Alert.objects.select_related("rule")}


def test_an_objective_keeps_a_rule_for_each_pair_of_windows(project: Project) -> None:
    made = objective(project)
    kept = {rule.config["pair"]: (rule.severity, rule.kind, rule.metric) for rule in made.rules.all()}
    assert kept == {
        "1h": ("critical", "burn_rate", "requests.error_rate"),
        "6h": ("critical", "burn_rate", "requests.error_rate"),
        "24h": ("warning", "burn_rate", "requests.error_rate"),
        "3d": ("warning", "burn_rate", "requests.error_rate"),
    }
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["slo.create"]


def test_a_burn_fires_is_told_once_and_ends_when_the_short_window_is_clear(project: Project) -> None:
    make.channel(project)
    objective(project)
    ask(project, 900, at=NOW - 50 * MINUTE)
    ask(project, 80, 20)
    evaluation.run(now=NOW)
    assert states() == {"1h": "firing", "6h": "firing", "24h": "firing", "3d": "firing"}
    alert = Alert.objects.get(rule__config__pair="1h")
    assert alert.value == pytest.approx(2.0)
    assert alert.words == "burns 20× over 1 h and 200× over 5 min, limit 14.4×: a whole budget in 1.5 d"
    evidence = alert.transitions.get().evidence
    assert evidence["threshold"] == pytest.approx(1.44)
    assert [value for _, value in evidence["series"] if value is not None] == [0.0, 20.0]
    by_hour = Alert.objects.get(rule__config__pair="3d").transitions.get().evidence["series"]
    assert (len(by_hour), by_hour[-1][1]) == (72, pytest.approx(2.0))
    assert Notification.objects.count() == 4
    ask(project, 100, at=NOW + 8 * MINUTE)
    look(NOW + 10 * MINUTE)
    assert states()["1h"] == "ok", "the long window burns still, the short one does not"
    assert states()["6h"] == "firing"
    assert Notification.objects.filter(kind="alert_ended").count() == 1


def test_no_data_freezes_what_fires_and_says_so(project: Project) -> None:
    objective(project)
    ask(project, 900, at=NOW - 50 * MINUTE)
    ask(project, 80, 20)
    evaluation.run(now=NOW)
    look(NOW + 20 * MINUTE)
    alert = Alert.objects.get(rule__config__pair="1h")
    assert (alert.state, alert.is_without_data, alert.words) == ("firing", True, "no data in 5 min")


def test_one_failure_of_ten_requests_an_hour_wakes_nobody_and_is_not_green(project: Project) -> None:
    made = objective(project)
    ask(project, 9, 1)
    evaluation.run(now=NOW)
    assert not Alert.objects.exists()
    found = reports.report(made, now=NOW)
    assert found.rows[0].burning.long == pytest.approx(100)
    assert found.rows[0].words == "not enough traffic: 10 in 1 h, at least 100 say something"
    assert found.state is State.LITTLE


def test_a_steady_trickle_makes_a_ticket_and_no_page(project: Project) -> None:
    made = objective(project)
    for hours in range(1, 72, 2):
        ask(project, 998, 2, at=NOW - hours * HOUR)
    ask(project, 998, 2)
    evaluation.run(now=NOW)
    assert states() == {"3d": "firing"}
    assert reports.report(made, now=NOW).state is State.SLOW


def test_latency_counts_what_is_slower_than_the_nearest_edge(project: Project) -> None:
    made = objective(project, indicator="latency", threshold_ms="1500", target=95)
    metric = indicators.metric(made)
    edge = metric.beyond or 0.0
    assert abs(edge - 1500) < 15
    ask(project, 100, duration_ms=edge * 0.999)
    ask(project, 50, duration_ms=edge * 1.001)
    found = reports.report(made, now=NOW)
    assert (found.budget.seen.total, found.budget.seen.bad) == (150, 50)
    assert f"{edge:,.0f} ms" in indicators.words(made)
    assert "nearest to 1,500 ms" in indicators.snapped(made)
    evaluation.run(now=NOW)
    assert states()["6h"] == "firing"
    assert made.rules.filter(last_error="").count() == 4


def test_visits_sessions_and_check_ins_are_counted(project: Project) -> None:
    lcp = objective(project, name="Shows", indicator="lcp", threshold_ms=2500, target=75)
    crash_free = objective(project, name="Runs", indicator="crash_free", target=99)
    uptime = objective(project, name="Up", indicator="uptime", target=99.9)
    at = NOW - 3 * MINUTE
    facts.filled(project, "vitals", *(facts.vital(n, 900.0 if n % 4 else 6000.0, at=at) for n in range(8)))
    sent = [{"at": at, "sid": hexed(n), "release": "1", "status": "exited" if n else "crashed"} for n in range(4)]
    facts.filled(project, "sessions", *sent)
    checks = [{"at": at, "monitor": "nightly", "status": status} for status in ("ok", "ok", "error", "in_progress")]
    facts.filled(project, "check_ins", *checks)
    seen = {one.name: reports.report(one, now=NOW).budget.seen for one in (lcp, crash_free, uptime)}
    assert {name: (one.total, one.bad) for name, one in seen.items()} == {
        "Shows": (8, 2),
        "Runs": (4, 1),
        "Up": (3, 1),
    }


def test_the_budget_of_the_window_its_course_and_when_it_is_gone(project: Project) -> None:
    made = objective(project, days=7, target=99)
    ask(project, 9_900, at=NOW - 3 * DAY)
    ask(project, 80, 20)
    found = reports.report(made, now=NOW)
    assert found.budget.allowed == pytest.approx(100)
    assert found.budget.left == pytest.approx(0.8)
    assert found.good == pytest.approx(99.8)
    assert found.present == pytest.approx(20)
    assert found.gone == timedelta(days=7) * 0.8 / 20
    assert found.state is State.FAST
    course = reports.course(made, now=NOW)
    assert len(course) == 7 * 24 + 1, "an hour that began before the window is cut"
    assert course[0][1] is None, "before the first event nothing is known"
    assert {value for at, value in course if NOW - 2 * DAY < at < NOW - 2 * HOUR} == {100.0}
    assert course[-1][1] == pytest.approx(80)


def test_a_window_that_reaches_beyond_the_minutes_that_are_kept_is_read_whole(project: Project) -> None:
    made = objective(project)
    for days in (29, 20, 10, 1):
        ask(project, 99, 1, at=NOW - days * DAY)
    ask(project, 0, 1, at=NOW - 31 * DAY)
    seen = reports.report(made, now=NOW).budget.seen
    assert (seen.total, seen.bad) == (400, 4)
    assert reports.course(made, now=NOW)[-1][1] == pytest.approx(100 * (1 - 4 / 0.4))


def test_nothing_measured_is_no_health(project: Project) -> None:
    found = reports.report(objective(project), now=NOW)
    assert (found.state, found.budget.left, found.good, found.gone) == (State.NO_DATA, None, None, None)
    assert {value for _, value in reports.course(found.objective, now=NOW)} == {None}


def test_a_spent_budget_is_not_well_though_nothing_burns(project: Project) -> None:
    made = objective(project)
    ask(project, 990, 10, at=NOW - 5 * DAY)
    ask(project, 500)
    found = reports.report(made, now=NOW)
    assert found.state is State.SPENT
    assert (found.budget.left or 0) < 0


def test_where_cuts_the_budget_and_the_alerts(project: Project) -> None:
    made = objective(project, where={"route": ["GET /pay"]})
    ask(project, 100, 100, route="GET /other")
    ask(project, 200, route="GET /pay")
    evaluation.run(now=NOW)
    assert not Alert.objects.exists()
    found = reports.report(made, now=NOW)
    assert (found.budget.seen.total, found.state) == (200, State.WELL)
    assert indicators.words(made) == (
        "99.9 % of requests are answered without a 5xx, over 30 days, where route is GET /pay."
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target": 100}, "target"),
        ({"target": 0}, "target"),
        ({"target": "nan"}, "target"),
        ({"target": "most"}, "target"),
        ({"indicator": "latency", "threshold_ms": -5}, "threshold_ms"),
        ({"indicator": "latency", "threshold_ms": None}, "threshold_ms"),
        ({"indicator": "latency", "threshold_ms": "1e300"}, "threshold_ms"),
        ({"days": 31}, "days"),
        ({"min_total": 0}, "min_total"),
        ({"min_bad": 1.5}, "min_bad"),
        ({"indicator": "happiness"}, "indicator"),
        ({"where": {"colour": ["red"]}}, "where"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "name"),
    ],
)
def test_what_cannot_be_an_objective_is_named_at_its_field(
    project: Project, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        objective(project, **changes)
    assert field in refused.value.message_dict
    assert not Objective.objects.exists()
    assert not Rule.objects.exists()


def test_a_name_is_taken_once_also_by_a_rule(project: Project) -> None:
    taken = Wanted(name="Answers, 1 h and 5 min", kind="absence", metric="requests.count", config={"window": "15"})
    rule_setup.create(project, taken, actor="test", now=NOW)
    with pytest.raises(ValidationError) as refused:
        objective(project)
    assert "name" in refused.value.message_dict
    assert not Objective.objects.exists()


def test_a_changed_objective_changes_its_rules_and_ends_what_it_no_longer_measures(project: Project) -> None:
    made = objective(project)
    ask(project, 80, 20)
    evaluation.run(now=NOW)
    assert Alert.objects.count() == 4
    setup.update(made, promise(name="Better", target=99.5), actor="test", now=NOW)
    assert Alert.objects.count() == 4
    assert {rule.config["target"] for rule in made.rules.all()} == {99.5}
    assert {rule.name.partition(",")[0] for rule in made.rules.all()} == {"Better"}
    setup.update(made, promise(name="Better", where={"environment": ["staging"]}), actor="test", now=NOW)
    assert (Alert.objects.count(), made.rules.count()) == (0, 4)
    setup.delete(made, actor="test", now=NOW)
    assert not Rule.objects.exists()
    written = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert written == ["slo.create", "slo.update", "slo.update", "slo.delete"]


def test_its_rules_are_in_no_file_and_no_file_deletes_them(project: Project) -> None:
    objective(project)
    text = rule_files.export(project)
    assert "burn_rate" not in text
    rule_files.apply(project, text, prune=True, actor="test", now=NOW)
    assert Rule.objects.count() == 4


def test_its_rules_can_be_run_over_the_last_days(project: Project) -> None:
    made = objective(project)
    for hour in range(6):
        ask(project, 900, at=NOW - 4 * DAY - hour * HOUR)
    ask(project, 50, 50, at=NOW - 4 * DAY + 20 * MINUTE)
    ask(project, 900, at=NOW - 4 * DAY + 30 * MINUTE)
    found = backtest(made.rules.get(config__pair="1h"), now=NOW)
    assert [one.began for one in found.episodes] == [NOW - 4 * DAY + 25 * MINUTE]


def test_the_objectives_of_the_house_are_added_once(project: Project) -> None:
    made = setup.add(project, house.HOUSE, actor="test", now=NOW)
    assert [(one.indicator, one.target) for one in made] == [
        ("availability", 99.5),
        ("lcp", 95.0),
        ("uptime", 99.9),
    ]
    assert setup.add(project, house.HOUSE, actor="test", now=NOW) == []
    assert (Objective.objects.count(), Rule.objects.count()) == (3, 12)
    evaluation.run(now=NOW)
    assert set(Rule.objects.values_list("last_error", flat=True)) == {""}


def test_a_burn_rate_is_that_of_a_share(project: Project) -> None:
    counted = Wanted(
        name="Nonsense", kind="burn_rate", metric="requests.count",
        config={"target": "99", "days": "30", "pair": "1h", "min_total": "1", "min_bad": "1"},
    )  # fmt: skip
    with pytest.raises(ValidationError) as refused:
        rule_setup.create(project, counted, actor="test", now=NOW)
    assert refused.value.message_dict == {"metric": ["Requests is no share, and has no budget."]}
