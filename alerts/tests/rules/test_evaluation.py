"""From facts to a message: rules are judged, alerts move, evidence stays, channels hear."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert, AlertTransition, Notification, Rule
from alerts.rules import evaluation, rule_setup, sayings
from alerts.rules.rule_setup import Wanted
from alerts.tests import make
from analytics.tests import facts
from events.models import AuditEntry, Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def wanted(**changes: Any) -> Wanted:
    """Errors of the last five minutes above ten."""
    given = {
        "name": "Too many failures",
        "kind": "threshold",
        "metric": "requests.failed",
        "config": {"side": "above", "threshold": "10", "window": "5"},
        **changes,
    }
    return Wanted(**given)


def rule(project: Project, **changes: Any) -> Rule:
    return rule_setup.create(project, wanted(**changes), actor="test", now=NOW)


def fail(project: Project, count: int, *, at: datetime = NOW - 2 * MINUTE, **columns: Any) -> None:
    facts.filled(project, "requests", *(facts.request(at, status=500, **columns) for _ in range(count)))


def kinds(project: Project) -> list[str]:
    found = Notification.objects.filter(channel__project=project).order_by("pk")
    return list(found.values_list("kind", flat=True))


def look(at: datetime) -> None:
    """Every rule is judged at this moment."""
    Rule.objects.update(next_eval_at=at)
    evaluation.run(now=at)


def test_a_breach_fires_is_told_once_and_ends(project: Project) -> None:
    make.channel(project)
    made = rule(project)
    fail(project, 11)
    evaluation.run(now=NOW)
    alert = Alert.objects.get()
    assert (alert.state, alert.value, alert.fired_at) == ("firing", 11.0, NOW)
    assert alert.words == "11 over 5 min, above 10"
    assert kinds(project) == ["firing"]
    assert Notification.objects.get().payload["details"][0] == ["Metric", "Failed requests"]
    look(NOW + MINUTE)
    assert kinds(project) == ["firing"]
    look(NOW + 10 * MINUTE)
    alert.refresh_from_db()
    assert alert.state == "ok"
    assert kinds(project) == ["firing", "alert_ended"]
    assert [(one.before, one.after) for one in alert.transitions.order_by("pk")] == [("ok", "firing"), ("firing", "ok")]
    made.refresh_from_db()
    assert (made.last_error, made.next_eval_at > NOW + 10 * MINUTE) == ("", True)


def test_evidence_is_frozen_when_it_fires(project: Project) -> None:
    rule(project)
    fail(project, 11)
    evaluation.run(now=NOW)
    kept = AlertTransition.objects.get().evidence
    assert (kept["value"], kept["threshold"], kept["rule"]["metric"]) == (11.0, 10.0, "requests.failed")
    assert [value for _, value in kept["series"]] == [0.0, 0.0, 0.0, 0.0, 11.0]


def test_it_fires_for_each_group_and_forgets_none_that_is_gone(project: Project) -> None:
    rule(project, group_by=["route"], no_data="ok")
    fail(project, 11, route="GET /a")
    fail(project, 12, route="GET /b")
    fail(project, 3, route="GET /c")
    evaluation.run(now=NOW)
    assert {alert.labels["route"]: alert.state for alert in Alert.objects.all()} == {
        "GET /a": "firing",
        "GET /b": "firing",
    }
    look(NOW + timedelta(hours=1))
    assert set(Alert.objects.values_list("state", flat=True)) == {"ok"}


def test_for_holds_it_back_and_keep_holds_it_on(project: Project) -> None:
    make.channel(project)
    rule(project, for_minutes=2, keep_minutes=3)
    fail(project, 11)
    seen = []
    for minute in range(12):
        look(NOW + minute * MINUTE)
        seen.append(Alert.objects.get().state)
    assert seen[:3] == ["pending", "pending", "firing"]
    assert "recovering" in seen
    assert seen[-1] == "ok"
    assert kinds(project) == ["firing", "alert_ended"]


def test_it_is_told_again_while_it_lasts(project: Project) -> None:
    make.channel(project)
    rule(project, repeat_minutes=60, config={"side": "above", "threshold": "10", "window": "600"})
    fail(project, 11)
    for minutes in (0, 30, 61, 90, 122):
        look(NOW + minutes * MINUTE)
    assert kinds(project) == ["firing", "still_firing", "still_firing"]


def test_a_silence_holds_the_news_and_not_the_history(project: Project) -> None:
    make.channel(project)
    rule(project, config={"side": "above", "threshold": "10", "window": "600"}, labels={"team": "web"})
    fail(project, 11)
    rule_setup.silence(
        project, {"team": "web"}, starts_at=NOW, ends_at=NOW + 30 * MINUTE, reason="Moving house", actor="test", now=NOW
    )
    look(NOW)
    assert (Alert.objects.get().state, kinds(project)) == ("firing", [])
    look(NOW + 31 * MINUTE)
    assert kinds(project) == ["firing"]


@pytest.mark.parametrize(
    ("matchers", "days", "reason", "field"),
    [
        ({}, 1, "x", "matchers"),
        ({"a": "b"}, 0, "x", "ends_at"),
        ({"a": "b"}, 91, "x", "ends_at"),
        ({"a": "b"}, 1, " ", "reason"),
    ],
)
def test_a_silence_says_what_for_how_long_and_why(
    project: Project, matchers: Mapping[str, str], days: int, reason: str, field: str
) -> None:
    ends = NOW + timedelta(days=days)
    with pytest.raises(ValidationError) as refused:
        rule_setup.silence(project, matchers, starts_at=NOW, ends_at=ends, reason=reason, actor="test", now=NOW)
    assert field in refused.value.message_dict


def test_a_rule_that_cannot_be_judged_says_so_and_stops_no_other(project: Project) -> None:
    broken, sound = rule(project, name="Broken"), rule(project, name="Sound")
    Rule.objects.filter(pk=broken.pk).update(metric="requests.nothing")
    fail(project, 11)
    done = evaluation.run(now=NOW)
    broken.refresh_from_db()
    assert (done.rules, done.failed) == (2, 1)
    assert broken.last_error == "UnknownMetric: There is no metric 'requests.nothing'."
    assert broken.next_eval_at == NOW + MINUTE
    assert [alert.rule for alert in Alert.objects.all()] == [sound]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"metric": "requests.nothing"}, "metric"),
        ({"kind": "nonsense"}, "kind"),
        ({"where": {"colour": ["red"]}}, "where"),
        ({"group_by": ["colour"]}, "where"),
        ({"config": {"side": "above", "threshold": "many", "window": "5"}}, "threshold"),
        ({"config": {"side": "above", "threshold": "nan", "window": "5"}}, "threshold"),
        ({"config": {"side": "above", "threshold": "1", "window": "0"}}, "window"),
        ({"config": {"side": "above", "threshold": "1", "recovery": "2", "window": "5"}}, "recovery"),
        ({"name": "  "}, "name"),
        ({"severity": "apocalyptic"}, "severity"),
        ({"runbook": "javascript:alert(1)"}, "runbook"),
    ],
)
def test_what_cannot_be_a_rule_is_named_where_the_person_is(
    project: Project, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        rule(project, **changes)
    assert field in refused.value.message_dict
    assert not Rule.objects.exists()


def test_nothing_arrives_any_more(project: Project) -> None:
    rule(project, kind="absence", metric="requests.count", config={"window": "15"})
    evaluation.run(now=NOW)
    assert not Alert.objects.exists(), "what never came is not missed"
    fail(project, 5, at=NOW - 30 * MINUTE)
    look(NOW)
    assert Alert.objects.get().state == "firing"
    fail(project, 1, at=NOW + 5 * MINUTE)
    look(NOW + 8 * MINUTE)
    assert Alert.objects.get().state == "ok"


def test_a_rise_against_the_window_before(project: Project) -> None:
    config = {"side": "rise", "percent": "100", "against": "before", "window": "10", "min_samples": "10"}
    rule(project, kind="change", metric="requests.count", config=config)
    fail(project, 10, at=NOW - 15 * MINUTE)
    fail(project, 20, at=NOW - 5 * MINUTE)
    evaluation.run(now=NOW)
    assert not Alert.objects.exists(), "twice as many is no rise by more than all"
    fail(project, 1, at=NOW - 5 * MINUTE)
    look(NOW)
    assert Alert.objects.get().words == "21 over 10 min, 10 in the window before"


def test_unlike_the_same_hour_of_the_weeks_before(project: Project) -> None:
    config = {"side": "above", "sensitivity": "4", "window": "30"}
    rule(project, kind="anomaly", metric="requests.count", config=config)
    for week in range(1, 5):
        for hour in (-2, -1, 0):
            fail(project, 40, at=NOW - timedelta(weeks=week, minutes=-10) + hour * 60 * MINUTE)
    fail(project, 25, at=NOW - 10 * MINUTE)
    evaluation.run(now=NOW)
    assert not Alert.objects.exists()
    fail(project, 40, at=NOW - 10 * MINUTE)
    look(NOW)
    assert "usually 20 at this hour of the week" in Alert.objects.get().words


def test_a_changed_rule_judges_anew_and_every_change_is_audited(project: Project) -> None:
    made = rule(project)
    fail(project, 11)
    evaluation.run(now=NOW)
    rule_setup.update(made, wanted(metric="requests.count"), actor="test", now=NOW)
    assert not Alert.objects.exists()
    rule_setup.switch(made, on=False, actor="test", now=NOW)
    assert evaluation.run(now=NOW).rules == 0
    rule_setup.delete(made, actor="test", now=NOW)
    written = AuditEntry.objects.filter(action__startswith="rule.").order_by("pk").values_list("action", flat=True)
    assert list(written) == ["rule.create", "rule.update", "rule.disable", "rule.delete"]


def test_rules_of_one_tick_are_judged_as_each_alone(project: Project) -> None:
    """What is read together is cut to what each asks for: the same alerts, values and evidence."""
    for minutes in (2, 4, 9, 14, 40, 70, 1500, 3000):
        fail(project, 3 + minutes % 7, at=NOW - minutes * MINUTE, route=f"GET /{minutes % 3}")
    above = {"side": "above", "threshold": "2"}
    rule(project, name="five", config={**above, "window": "5"})
    rule(project, name="hour", config={**above, "window": "60"})
    rule(project, name="hour of routes", config={**above, "window": "60"}, group_by=["route"])
    rule(project, name="five of routes", config={**above, "window": "5"}, group_by=["route"])
    rule(project, name="below", config={"side": "below", "threshold": "1", "window": "15"}, where={"route": ["GET /2"]})
    rule(project, name="slow", metric="requests.p95", config={**above, "window": "90"})
    rule(project, name="share", metric="requests.error_rate", config={**above, "window": "10"})
    rule(project, name="long", config={**above, "window": "4000"})
    change = {"side": "rise", "percent": "50", "against": "day", "window": "15", "min_samples": "1"}
    rule(project, name="change", kind="change", config=change)

    def found(batch: int) -> list[Any]:
        Alert.objects.all().delete()
        Rule.objects.update(next_eval_at=NOW)
        assert evaluation.run(now=NOW, batch=batch).rules == 9
        rows = AlertTransition.objects.order_by("alert__rule__name", "alert__labels__route")
        return list(rows.values_list("alert__rule__name", "alert__labels", "value", "words", "evidence"))

    together = found(200)
    assert len(together) >= 7
    assert together == found(1)


def test_what_cannot_be_written_is_undone_and_stops_no_other(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    make.channel(project)
    broken, _ = rule(project, name="Broken"), rule(project, name="Sound")
    fail(project, 11)
    whole = sayings.message_of

    def message_of(alert: Alert, *given: Any, **named: Any) -> Any:
        if alert.rule.name == "Broken":
            raise OSError("no words")
        return whole(alert, *given, **named)

    monkeypatch.setattr(sayings, "message_of", message_of)
    done = evaluation.run(now=NOW)
    broken.refresh_from_db()
    assert (done.rules, done.failed, broken.last_error) == (2, 1, "OSError: no words")
    assert broken.next_eval_at == NOW + MINUTE
    assert [alert.rule.name for alert in Alert.objects.all()] == ["Sound"]
    assert AlertTransition.objects.count() == Notification.objects.count() == 1
    monkeypatch.setattr(sayings, "message_of", whole)
    look(NOW + MINUTE)
    assert Notification.objects.count() == 2


def test_an_alert_that_stays_as_it_is_is_not_written(project: Project) -> None:
    rule(project, config={"side": "above", "threshold": "10", "window": "600"})
    fail(project, 11)
    for minute in range(23):
        look(NOW + minute * MINUTE)
    with CaptureQueriesContext(connection) as asked:
        look(NOW + 24 * MINUTE)
    assert not [one for one in asked.captured_queries if 'INTO "alerts_alert"' in one["sql"]]


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (0.5, 1), (1, 2), (7.5, 8)])
def test_missed_looks_are_not_made_up_for(late: float, expected: int) -> None:
    assert evaluation.next_look(NOW, 1, now=NOW + late * MINUTE) == NOW + expected * MINUTE
