"""Rules that read what they judge by themselves: issues, log lines, formulas and scheduled jobs."""

from datetime import datetime, timedelta
from math import sin, tau
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from alerts.delivery import notify
from alerts.models import Alert, MonitorRun, Notification, Rule
from alerts.monitors import receiving, watch
from alerts.monitors.receiving import Report
from alerts.rules import evaluation, rule_files, rule_setup
from alerts.rules.backtest import backtest
from alerts.rules.rule_setup import Wanted
from alerts.tests import make
from analytics.tests import facts
from events.models import GroupHour, Issue, Project
from events.tests import make as make_events
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def rule(project: Project, kind: str, config: dict[str, Any], **changes: Any) -> Rule:
    wanted = Wanted(**{"name": kind, "kind": kind, "config": config, **changes})
    return rule_setup.create(project, wanted, actor="test", now=NOW)


def look(at: datetime) -> dict[str, str]:
    """Every rule is judged at this moment; where each alert stands, by its labels."""
    Rule.objects.update(next_eval_at=at)
    assert evaluation.run(now=at).failed == 0, list(Rule.objects.values_list("last_error", flat=True))
    return {" ".join(alert.labels.values()): alert.state for alert in Alert.objects.all()}


def told(channel: Any) -> list[str]:
    return list(Notification.objects.filter(channel=channel).order_by("pk").values_list("kind", flat=True))


def errors(project: Project, issue: Issue, count: int, *, at: datetime = NOW - 2 * MINUTE, **columns: Any) -> None:
    row = {"at": at, "group_hash": issue.groups.all()[0].hash.hex, "level": "error", "environment": "production"}
    facts.store(project, "errors", *({**row, "user_key": n, **columns} for n in range(count)))


def test_a_new_issue_is_told_once_to_each_channel_and_its_end_is_not(project: Project) -> None:
    hears, grave = make.channel(project, name="All"), make.channel(project, name="Grave", min_level="fatal")
    config = {"trigger": "new", "window": "60", "query": "level:error"}
    rule(project, "issue", config, where={"environment": ["production"]}, severity="critical")
    issue = make_events.issue(project, title="KeyError: 'x'")
    other = make_events.issue(project, title="Slow", level="warning")
    for one in (issue, other):
        make.transition(one, at=NOW - MINUTE)
    make.transition(make_events.issue(project, title="Elsewhere"), at=NOW, environment="staging")
    assert look(NOW) == {}, "channels are asked first"
    notify.claim_transitions(now=NOW)
    assert look(NOW + MINUTE) == {str(issue.pk): "firing"}
    assert "new: KeyError: 'x'" in Alert.objects.get().words
    assert (told(hears).count("firing"), told(grave)) == (0, ["firing"])
    assert look(NOW + 61 * MINUTE) == {str(issue.pk): "ok"}
    assert told(grave) == ["firing"]
    make.transition(issue, kind="new_issue", at=NOW + 2 * HOUR)
    notify.claim_transitions(now=NOW + 2 * HOUR)
    assert look(NOW + 2 * HOUR + MINUTE) == {str(issue.pk): "firing"}


def test_an_issue_that_comes_back_is_another_rule(project: Project) -> None:
    rule(project, "issue", {"trigger": "regressed", "query": ""})
    back, new = make_events.issue(project, title="Back"), make_events.issue(project, title="New")
    make.transition(back, kind="regression", at=NOW - MINUTE)
    make.transition(new, at=NOW - MINUTE)
    notify.claim_transitions(now=NOW)
    assert look(NOW) == {str(back.pk): "firing"}


@pytest.mark.parametrize(("trigger", "errors_", "people", "fires"), [
    ("events", 11, 1, True), ("events", 10, 10, False), ("users", 11, 11, True), ("users", 40, 10, False),
])  # fmt: skip
def test_an_issue_that_happens_often_or_to_many(
    project: Project, trigger: str, errors_: int, people: int, fires: bool
) -> None:
    issue = make_events.issue(project, title="Often")
    row = {"group_hash": issue.groups.all()[0].hash.hex, "level": "error", "environment": "production"}
    facts.store(
        project, "errors", *({**row, "at": NOW - (2 + n % 3) * MINUTE, "user_key": n % people} for n in range(errors_))
    )
    errors(project, issue, 50, at=NOW - 3 * HOUR)
    errors(project, issue, 50, environment="staging")
    config = {"trigger": trigger, "more_than": "10", "window": "30", "query": "is:unresolved"}
    made = rule(project, "issue", config, where={"environment": ["production"]})
    assert look(NOW) == ({str(issue.pk): "firing"} if fires else {})
    found = backtest(made, now=NOW + 10 * MINUTE)
    assert len(found.episodes) == 1 + fires
    Issue.objects.update(status="ignored")
    assert "firing" not in look(NOW + MINUTE).values()


def test_an_issue_escalates_against_its_own_week(project: Project) -> None:
    calm, loud, young = (make_events.issue(project, title=name) for name in ("Calm", "Loud", "Young"))
    Issue.objects.exclude(pk=young.pk).update(first_seen_at=NOW - 30 * DAY)
    Issue.objects.filter(pk=young.pk).update(first_seen_at=NOW - 5 * HOUR)
    for issue, now_count in ((calm, 30), (loud, 90), (young, 500)):
        group = issue.groups.all()[0]
        GroupHour.objects.filter(group=group).delete()
        for hour in range(2, 5 if issue is young else 100):
            GroupHour.objects.create(group=group, hour=NOW - hour * HOUR, environment="production", count=20 + hour % 5)
        GroupHour.objects.create(group=group, hour=NOW, environment="production", count=now_count)
    rule(project, "issue", {"trigger": "escalating", "query": ""})
    assert look(NOW + 30 * MINUTE) == {str(loud.pk): "firing"}
    assert look(NOW + 3 * HOUR) == {str(loud.pk): "ok"}


def test_log_lines_are_counted_by_their_search(project: Project) -> None:
    made = rule(
        project, "logs", {"query": 'logger:db.* "timed out" !retry', "more_than": "1", "window": "10"},
        group_by=["service"], where={"environment": ["production"]},
    )  # fmt: skip
    at = {"at": NOW - 3 * MINUTE, "logger": "db.pool"}
    facts.store(
        project, "logs",
        *(facts.log(f"timed out {n}", service="api", **at) for n in range(2)),
        *(facts.log(f"timed out, will retry {n}", service="web", **at) for n in range(5)),
        facts.log("timed out", service="jobs", **at),
        *(facts.log(f"timed out {n}", service="dev", environment="staging", **at) for n in range(5)),
    )  # fmt: skip
    assert look(NOW) == {"api": "firing"}
    assert Alert.objects.get().transitions.get().evidence["series"][-2][1] == 2.0
    assert backtest(made, now=NOW + 10 * MINUTE).words.startswith("It would have fired once")
    assert look(NOW + 20 * MINUTE) == {"api": "ok"}


def test_a_formula_is_judged_and_what_has_no_result_says_why(project: Project) -> None:
    config = {"a": "requests.failed", "b": "requests.count", "formula": "100 * a / b", "unit": "%", "side": "above",
              "threshold": "20", "window": "5"}  # fmt: skip
    made = rule(project, "formula", config, no_data="alert", group_by=["route"])
    facts.filled(project, "requests", *(
        facts.request(NOW - 2 * MINUTE, status=status, route=route)
        for route, status in (("/a", 500), ("/a", 200), ("/b", 200))
    ))  # fmt: skip
    assert look(NOW) == {"/a": "firing"}
    assert Alert.objects.get().words == "50 % over 5 min, above 20 %"
    rule_setup.update(made, Wanted(name="f", kind="formula", config=config, no_data="alert"), actor="t", now=NOW)
    assert look(NOW + HOUR) == {"": "firing"}
    assert Alert.objects.get().words == "no data: division by zero: b is 0"
    assert backtest(made, now=NOW + HOUR).present[0][1].words == "no data: division by zero: b is 0"


def test_what_will_be_is_told_before_it_is(project: Project) -> None:
    """A queue that grows by ten an hour, with a wave a day: 3,000 are likely within a day, 50,000 are not."""

    def depth(hour: int) -> float:
        return 2000 + 10 * hour + 300 * sin(hour * tau / 24) + 20 * (hour * 7 % 5)

    rows = [
        {"at": NOW - (4 * 24 - hour) * HOUR + MINUTE, "name": "queue.depth", "type": "gauge", "value": depth(hour)}
        for hour in range(4 * 24)
    ]
    facts.filled(project, "metrics", *rows)
    shared = {"metric": "metrics.mean", "where": {"name": ["queue.depth"]}}
    for limit in (3000, 50_000):
        config = {"side": "above", "threshold": limit, "horizon": "24", "season": "day"}
        rule(project, "forecast", config, name=f"{limit}", **shared)
    rule(project, "forecast", {"side": "above", "threshold": 1, "season": "week"}, name="weeks", **shared)
    look(NOW + 2 * MINUTE)
    fired = Alert.objects.get()
    assert fired.rule.name == "3000"
    assert "likely above 3,000 within 24 h, in about" in fired.words
    assert fired.transitions.get().evidence["threshold"] == 3000
    [(_, judged)] = backtest(Rule.objects.get(name="weeks"), now=NOW).present
    assert judged.words == "insufficient history: 0.6 of 3 weeks"


def test_jobs_are_judged_by_how_they_ended(project: Project) -> None:
    nightly = make.monitor(project, name="Nightly")
    other = make.monitor(project, name="Other", is_muted=True)
    rule(project, "monitor", {"when": "failed", "times": "2"}, labels={"team": "ops"}, severity="critical")
    down = rule(project, "monitor", {"when": "down"}, name="down", where={"monitor": ["other"]})
    assert look(NOW) == {}

    def end(monitor: Any, status: str, at: datetime) -> None:
        receiving.receive(monitor, Report(status=status, at=at, is_ping=True), now=at)

    end(nightly, "error", NOW + MINUTE)
    end(other, "error", NOW + MINUTE)
    assert look(NOW + 2 * MINUTE) == {"other ": "firing"}, "one failure is not two, but that one is down"
    end(nightly, "error", NOW + 3 * MINUTE)
    end(nightly, "error", NOW + 4 * MINUTE)
    states = look(NOW + 5 * MINUTE)
    assert states == {"other ": "firing", "nightly ": "firing"}
    assert "failed" in Alert.objects.get(labels__monitor="nightly").words
    assert len(backtest(down, now=NOW + 7 * MINUTE).episodes) == 1
    end(nightly, "ok", NOW + 6 * MINUTE)
    end(other, "ok", NOW + 6 * MINUTE)
    assert set(look(NOW + 8 * MINUTE).values()) == {"ok"}


def test_a_job_that_is_missed_is_told_from_one_that_failed(project: Project) -> None:
    make.monitor(project, name="Nightly")
    rule(project, "monitor", {"when": "missed"}, name="missed")
    rule(project, "monitor", {"when": "too_long"}, name="long")
    watch.run(now=NOW)
    later = NOW + 3 * DAY
    for at in (later - MINUTE, later):
        watch.run(now=at)
    watch.run(now=later + DAY)
    assert MonitorRun.objects.filter(status__in=["missed", "unknown"]).exists()
    assert list(look(later + DAY).values()).count("firing") == MonitorRun.objects.filter(status="missed").exists()


@pytest.mark.parametrize(
    ("kind", "config", "changes", "field", "words"),
    [
        ("issue", {"trigger": "old"}, {}, "trigger", "One of"),
        ("issue", {"trigger": "events", "more_than": "-1"}, {}, "more_than", "At least 0"),
        ("issue", {"trigger": "new", "query": "is:nonsense"}, {}, "query", "at character"),
        ("issue", {"trigger": "new", "window": "0"}, {}, "window", "At least 1"),
        ("issue", {"trigger": "new"}, {"where": {"route": ["/"]}}, "where", "cannot be cut by 'route'"),
        ("issue", {"trigger": "new"}, {"group_by": ["level"]}, "group_by", "cannot be cut"),
        ("issue", {"trigger": "new"}, {"metric": "errors.count"}, "metric", "watches no metric"),
        ("logs", {"query": "", "window": "5"}, {}, "query", "Say what lines"),
        ("logs", {"query": "is:unresolved", "window": "5"}, {}, "query", "not of logs"),
        ("logs", {"query": '"open', "window": "5"}, {}, "query", "at character"),
        ("logs", {"query": "x", "window": "9999"}, {}, "window", "At most 1440"),
        ("logs", {"query": "x", "window": "5"}, {"group_by": ["trace_id"]}, "group_by", "cannot be cut"),
        ("formula", {"formula": "a / q"}, {}, "formula", "'q' is no letter"),
        ("formula", {"formula": "a +"}, {}, "formula", "ends too early"),
        ("formula", {"formula": "__import__('os')"}, {}, "formula", "is no letter of the formula"),
        ("formula", {"formula": "a", "a": ""}, {}, "a", "choose its metric"),
        ("formula", {"formula": "a", "a": "requests.none"}, {}, "a", "no metric 'requests.none'"),
        ("formula", {"formula": "a", "a": "logs.count", "side": "above", "threshold": "x", "window": "5"}, {},
         "threshold", "not a number"),
        ("formula", {"formula": "a", "a": "logs.count", "side": "above", "threshold": "1", "window": "5"},
         {"where": {"route": ["/"]}}, "where", "cannot be cut by 'route'"),
        ("monitor", {"when": "sad"}, {}, "when", "One of"),
        ("monitor", {"when": "failed", "times": "1.5"}, {}, "times", "whole number"),
        ("monitor", {"when": "failed"}, {"where": {"route": ["/"]}}, "where", "cannot be cut"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_named_at_its_field(
    project: Project, kind: str, config: dict[str, Any], changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        rule(project, kind, config, **changes)
    assert words in " ".join(refused.value.message_dict[field])


def test_every_kind_goes_out_to_a_file_and_comes_back(project: Project) -> None:
    rule(project, "issue", {"trigger": "users", "more_than": "5", "query": "level:error"})
    rule(project, "logs", {"query": "a:b", "window": "5"})
    rule(project, "formula", {"formula": "a*2", "a": "logs.count", "side": "above", "threshold": "1", "window": "5"})
    rule(project, "monitor", {"when": "any"}, where={"monitor": ["nightly"]})
    text = rule_files.export(project)
    assert len(rule_files.apply(project, text, prune=True, actor="t", now=NOW).same) == 4
    Rule.objects.all().delete()
    rule_files.apply(project, text, prune=True, actor="t", now=NOW)
    assert rule_files.export(project) == text
