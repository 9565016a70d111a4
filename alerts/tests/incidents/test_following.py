"""Incidents follow alerts: opened, joined, resolved and opened again, once each however many look at once."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.urls import reverse

from alerts.incidents import acting, following
from alerts.incidents.contract import Signal
from alerts.models import Alert, Incident, IncidentAlert, IncidentPolicy, Notification, Rule
from alerts.monitors import receiving, watch
from alerts.monitors.receiving import Report
from alerts.rules import evaluation, rule_setup
from alerts.rules.rule_setup import Wanted
from alerts.tests import make
from analytics.tests import facts
from events.models import AuditEntry, Project
from events.tests.cast import NOW

MINUTE = timedelta(minutes=1)


def signal(project: Project, key: str = "a", *, after: float = 0, is_on: bool = True, **fields: Any) -> Signal:
    given = {
        "source": "rule", "source_id": 1, "title": f"Alert {key}", "severity": "error", "words": "12 above 10",
        **fields,
    }  # fmt: skip
    return Signal(project_id=project.pk, key=key, at=NOW + after * MINUTE, is_on=is_on, **given)


def follow(*signals: Signal) -> None:
    following.follow(signals, now=max(one.at for one in signals))


def states() -> list[str]:
    return list(Incident.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.django_db
def test_an_alert_opens_another_joins_and_the_last_end_resolves(project: Project) -> None:
    follow(signal(project), signal(project, "b", after=5, severity="critical"))
    incident = Incident.objects.get()
    assert (incident.title, incident.severity, incident.state) == ("Alert a", "critical", "open")
    follow(signal(project, after=6), signal(project, "b", after=6))
    assert (Incident.objects.count(), incident.alerts.count()) == (1, 2)
    follow(signal(project, after=10, is_on=False))
    assert states() == ["open"]
    follow(signal(project, "b", after=12, is_on=False), signal(project, "b", after=13, is_on=False))
    incident.refresh_from_db()
    assert (incident.state, incident.resolved_at, incident.resolved_by) == ("resolved", NOW + 12 * MINUTE, None)
    assert [event.kind for event in incident.events.all()] == ["opened", "resolved"]


@pytest.mark.django_db
def test_what_comes_back_soon_opens_it_again_and_later_another(project: Project) -> None:
    follow(signal(project))
    follow(signal(project, after=5, is_on=False))
    follow(signal(project, after=20))
    assert states() == ["reopened"]
    assert IncidentAlert.objects.get().times == 2
    follow(signal(project, after=25, is_on=False))
    follow(signal(project, after=60))
    assert states() == ["resolved", "open"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("opens", "severity", "count"),
    [("error", "warning", 0), ("warning", "warning", 1), ("never", "critical", 0), ("critical", "error", 0)],
)
def test_the_policy_says_which_alerts_open_one(project: Project, opens: str, severity: str, count: int) -> None:
    acting.set_policy(project, opens=opens, window_minutes=60, ends_itself=True, actor="test", now=NOW)
    follow(signal(project, severity=severity))
    assert Incident.objects.count() == count


@pytest.mark.django_db
def test_it_stays_open_where_a_person_or_the_policy_says_so(project: Project) -> None:
    follow(signal(project))
    incident = Incident.objects.get()
    acting.change(incident, is_held=True, actor="test", now=NOW)
    follow(signal(project, after=5, is_on=False))
    assert states() == ["open"]
    acting.change(incident, is_held=False, actor="test", now=NOW + 9 * MINUTE)
    incident.refresh_from_db()
    assert (incident.state, incident.resolved_at) == ("resolved", NOW + 5 * MINUTE)
    IncidentPolicy.objects.create(project=project, ends_itself=False)
    follow(signal(project, "c", after=200))
    follow(signal(project, "c", after=205, is_on=False))
    assert states() == ["resolved", "open"]


@pytest.mark.django_db
def test_a_resolved_one_lets_go_of_its_alerts(project: Project, alice: Any) -> None:
    follow(signal(project))
    first = Incident.objects.get()
    assert acting.resolve(first, text="Rolled back.", actor=alice, now=NOW + MINUTE)
    assert not acting.resolve(first, actor=alice, now=NOW + MINUTE)
    follow(signal(project, after=2))
    assert states() == ["resolved", "open"], "what a person resolved is not opened again by an alert"
    assert acting.reopen(first, actor=alice, now=NOW + 3 * MINUTE)
    assert IncidentAlert.objects.filter(is_open=True).count() == 1, "an alert is part of one open incident"
    with pytest.raises(IntegrityError), transaction.atomic():
        IncidentAlert.objects.filter(incident=first).update(is_open=True)


@pytest.mark.django_db
def test_a_silenced_one_is_marked_until_somebody_is_told(project: Project) -> None:
    follow(signal(project, is_silenced=True))
    assert not Incident.objects.get().was_told
    follow(signal(project, after=5))
    assert Incident.objects.get().was_told


@pytest.mark.django_db(transaction=True)
def test_many_at_once_open_one(project: Project) -> None:
    barrier = threading.Barrier(8)

    def begin(number: int) -> None:
        barrier.wait()
        try:
            follow(signal(project, f"k{number % 4}"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Incident.objects.count(), IncidentAlert.objects.count()) == (1, 4)


@pytest.mark.django_db(transaction=True)
def test_evaluating_and_acknowledging_at_once_wait_for_each_other_in_one_order(project: Project, alice: Any) -> None:
    failing(project, NOW)
    evaluation.run(now=NOW)
    incident = Incident.objects.get()
    problems: list[BaseException] = []

    def run(act: Any) -> None:
        try:
            for _ in range(15):
                act()
        except BaseException as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    def evaluate() -> None:
        Rule.objects.update(next_eval_at=NOW)
        evaluation.run(now=NOW)

    def acknowledge() -> None:
        Incident.objects.filter(pk=incident.pk).update(state="open")
        Alert.objects.update(acknowledged_at=None)
        acting.acknowledge(Incident.objects.select_related("project").get(), actor=alice, now=NOW)

    threads = [threading.Thread(target=run, args=(act,)) for act in (evaluate, acknowledge, evaluate)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert states() == ["acknowledged"]


def failing(project: Project, now: datetime) -> Rule:
    wanted = Wanted(
        name="Too many failures", kind="threshold", metric="requests.failed", group_by=["route"],
        config={"side": "above", "threshold": "10", "window": "5"}, labels={"team": "web"}, no_data="ok",
    )  # fmt: skip
    made = rule_setup.create(project, wanted, actor="test", now=now)
    for route in ("GET /a", "GET /b"):
        rows = [facts.request(now - 2 * MINUTE, status=500, route=route) for _ in range(11)]
        facts.filled(project, "requests", *rows)
    return made


@pytest.mark.django_db
def test_a_rule_that_fires_opens_an_incident_and_the_message_says_where(project: Project, alice: Any) -> None:
    make.channel(project)
    made = failing(project, NOW)
    evaluation.run(now=NOW)
    incident = Incident.objects.get()
    assert [alert.labels["route"] for alert in incident.alerts.all()] == ["GET /a", "GET /b"]
    assert incident.labels == {"team": "web", "rule": "Too many failures"}
    link = reverse("dashboard:incident-acknowledge", args=[project.slug, incident.pk])
    told = dict(Notification.objects.order_by("pk")[0].payload["links"])
    assert told["Acknowledge"].endswith(link)
    assert acting.acknowledge(incident, actor=alice, now=NOW + MINUTE)
    assert set(Alert.objects.values_list("acknowledged_by__username", flat=True)) == {"alice"}
    assert not acting.acknowledge(incident, actor=alice, now=NOW + 2 * MINUTE)
    incident.refresh_from_db()
    assert (incident.state, incident.commander, incident.acknowledged_at) == ("acknowledged", alice, NOW + MINUTE)
    Rule.objects.update(next_eval_at=NOW + 20 * MINUTE)
    evaluation.run(now=NOW + 20 * MINUTE)
    assert states() == ["resolved"]
    assert AuditEntry.objects.filter(action="incident.acknowledge").count() == 1
    rule_setup.delete(made, actor="test", now=NOW)
    assert incident.alerts.count() == 2, "an incident outlives the rules of its alerts"


@pytest.mark.django_db
def test_who_looks_after_an_alert_looks_after_its_incident(project: Project, alice: Any) -> None:
    failing(project, NOW)
    evaluation.run(now=NOW)
    rule_setup.acknowledge(Alert.objects.all()[0], actor=alice, now=NOW + MINUTE)
    assert Incident.objects.get().acknowledged_by == alice


@pytest.mark.django_db
def test_a_monitor_that_is_down_opens_one_and_up_again_resolves_it(project: Project) -> None:
    make.monitor(project)
    watch.run(now=NOW + timedelta(days=1))
    incident = Incident.objects.get()
    assert (incident.title, incident.severity) == ("Nightly backup", "error")
    assert incident.alerts.get().evidence["runs"][0]["status"] == "missed"
    state = incident.alerts.get().monitor_state
    assert state is not None

    receiving.receive(state.monitor, Report(status="ok", at=NOW + timedelta(days=1, hours=1), is_ping=True),
                      now=NOW + timedelta(days=1, hours=1))  # fmt: skip
    assert states() == ["resolved"]


def test_the_lock_of_a_project_is_one_of_its_own(db: None) -> None:
    with transaction.atomic():
        following.lock(1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 2"
            )
            assert [row[0] for row in cursor.fetchall()] == [1]
