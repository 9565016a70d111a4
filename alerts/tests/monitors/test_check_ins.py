"""From a check-in at the door to a message: a monitor is made, its silence is noticed, a channel hears."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.models import CheckIn, Monitor, MonitorRun, MonitorState, MonitorTransition, Notification, Watch
from alerts.monitors import check_ins, monitor_setup, watch
from alerts.routing import tick as routing
from alerts.rules import rule_setup
from alerts.tests import make
from events.digest import loop
from events.models import IngestKey, Project

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
T = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
NIGHTLY = {
    "schedule": {"type": "crontab", "value": "0 3 * * *"},
    "timezone": "UTC", "checkin_margin": 5, "max_runtime": 30,
}  # fmt: skip


def say(project: Project, status: str, at: datetime, *, name: str = "Nightly backup", **fields: Any) -> None:
    """A check-in as the digest leaves it, taken at once."""
    given = {"environment": "production", "config": NIGHTLY, **fields}
    CheckIn.objects.create(project=project, monitor=name, status=status, at=at, **given)
    check_ins.take(now=at)


def tick(at: datetime) -> watch.Watched:
    """The watch looks at this moment, and was awake before."""
    Watch.objects.update_or_create(pk=1, defaults={"looked_at": at, "away_from": None, "away_to": None})
    watched = watch.run(now=at)
    routing.run(now=at)
    return watched


def told(project: Project) -> list[tuple[str, str]]:
    found = Notification.objects.filter(channel__project=project).order_by("pk")
    return [(one.kind, one.payload["reason"]) for one in found]


def state(**fields: Any) -> MonitorState:
    return MonitorState.objects.get(**fields)


def statuses() -> list[str]:
    return list(MonitorRun.objects.order_by("at", "pk").values_list("status", flat=True))


def envelope(slug: str, status: str, **fields: Any) -> bytes:
    item = {"check_in_id": uuid.uuid4().hex, "monitor_slug": slug, "status": status, **fields}
    return b"\n".join(json.dumps(part).encode() for part in ({}, {"type": "check_in"}, item))


def test_a_check_in_makes_a_monitor_whose_silence_is_told_and_whose_return_is_told(
    client: Client, project: Project, key: IngestKey
) -> None:
    make.channel(project)
    config = {**NIGHTLY, "schedule": {"type": "interval", "value": "2", "unit": "hour"}}
    url = f"/api/{project.pk}/envelope/?sentry_key={key.public_key}"
    sent = envelope("Send digest", "ok", duration=1.5, monitor_config=config)
    assert client.post(url, sent, content_type="application/x-sentry-envelope").status_code == 200
    now = datetime.now(UTC)
    assert loop.run(now=now).failed == 0
    assert CheckIn.objects.count() == 1
    tick(now)
    monitor = Monitor.objects.get()
    assert (monitor.slug, monitor.name, monitor.kind, monitor.schedule) == (
        "send-digest", "Send digest", "interval", "2 hour",
    )  # fmt: skip
    assert (monitor.margin_seconds, monitor.max_runtime_seconds) == (300, 1800)
    stands = state(monitor=monitor)
    assert (stands.status, stands.environment, CheckIn.objects.count()) == ("up", "production", 0)
    assert MonitorRun.objects.get().duration_ms == 1500
    assert stands.due_at is not None
    due = stands.due_at
    tick(due + MINUTE)
    assert state(monitor=monitor).status == "late"
    tick(due + 4 * MINUTE)
    assert told(project) == []
    tick(due + 5 * MINUTE + timedelta(seconds=8))
    stands = state(monitor=monitor)
    assert (stands.status, stands.since, stands.down_at) == ("down", due + 5 * MINUTE, due + 5 * MINUTE)
    assert [kind for kind, _ in told(project)] == ["monitor_down"]
    assert told(project)[0][1] == f"nothing came: expected at {due:%Y-%m-%d %H:%M:%S} UTC, 5 min are over"
    tick(due + 7 * MINUTE)
    say(project, "ok", due + 10 * MINUTE, name="Send digest", config=None)
    assert state(monitor=monitor).status == "up"
    assert [kind for kind, _ in told(project)] == ["monitor_down", "monitor_up"]
    assert statuses() == ["ok", "missed", "ok"]
    assert list(MonitorTransition.objects.order_by("pk").values_list("after", flat=True)) == [
        "up",
        "late",
        "down",
        "up",
    ]


def test_a_message_says_what_is_expected_and_leads_to_the_page(project: Project) -> None:
    make.channel(project)
    say(project, "error", T)
    payload = Notification.objects.get().payload
    assert (payload["title"], payload["level"], payload["environment"]) == ("Nightly backup", "error", "production")
    assert payload["link"].endswith(f"/p/web/monitors/{Monitor.objects.get().pk}/")
    assert dict(payload["details"]) == {
        "Schedule": "At 03:00 every day, UTC",
        "Last success": "never",
        "Next expected": "2026-11-03 03:00:00 UTC",
        "Since": "2026-11-02 03:00:00 UTC",
    }


def test_a_run_that_takes_too_long_is_told_and_its_late_end_only_tells_its_length(project: Project) -> None:
    make.channel(project)
    run_id = uuid.uuid4()
    say(project, "in_progress", T, run_id=run_id)
    tick(T + 29 * MINUTE)
    assert told(project) == []
    tick(T + 30 * MINUTE)
    assert told(project) == [
        ("monitor_down", "its run of 2026-11-02 03:00:00 UTC takes longer than 30 min"),
    ]
    say(project, "ok", T + 40 * MINUTE, run_id=run_id)
    run = MonitorRun.objects.get()
    assert (run.status, run.duration_ms, state().status) == ("timeout", 40 * 60 * 1000, "down")
    say(project, "ok", T + DAY, run_id=uuid.uuid4())
    assert state().status == "up"


def test_a_run_that_takes_too_long_fails_nothing_where_a_later_one_ended(project: Project) -> None:
    make.channel(project)
    say(project, "in_progress", T, run_id=uuid.uuid4())
    say(project, "ok", T + 10 * MINUTE, run_id=uuid.uuid4())
    tick(T + 31 * MINUTE)
    assert statuses() == ["timeout", "ok"]
    assert told(project) == []


def test_the_nil_id_ends_the_run_that_goes_on(project: Project) -> None:
    say(project, "in_progress", T)
    say(project, "ok", T + 3 * MINUTE)
    run = MonitorRun.objects.get()
    assert (run.status, run.duration_ms, run.at) == ("ok", 180_000, T)
    say(project, "ok", T + 4 * MINUTE)
    assert MonitorRun.objects.count() == 2


def test_the_first_end_wins_and_a_beginning_after_its_end_is_ignored(project: Project) -> None:
    run_id = uuid.uuid4()
    say(project, "error", T, run_id=run_id)
    say(project, "in_progress", T + timedelta(seconds=1), run_id=run_id)
    say(project, "ok", T + timedelta(seconds=2), run_id=run_id)
    assert statuses() == ["error"]
    assert state().status == "down"


def test_an_id_of_another_monitor_or_environment_is_rejected(project: Project) -> None:
    run_id = uuid.uuid4()
    say(project, "in_progress", T, run_id=run_id)
    say(project, "ok", T, run_id=run_id, name="other")
    say(project, "ok", T, run_id=run_id, environment="staging")
    assert statuses() == ["in_progress"]


def test_each_environment_stands_for_itself(project: Project) -> None:
    say(project, "ok", T)
    say(project, "error", T, environment="staging")
    assert state(environment="production").status == "up"
    assert state(environment="staging").status == "down"
    assert Monitor.objects.count() == 1


def test_thresholds_count_failures_and_recoveries_in_a_row(project: Project) -> None:
    make.channel(project)
    config = {**NIGHTLY, "failure_issue_threshold": 2, "recovery_threshold": 2}
    for day, status in enumerate(["ok", "error", "ok", "error", "error", "ok", "ok"]):
        say(project, status, T + day * DAY, run_id=uuid.uuid4(), config=config)
        kinds = [kind for kind, _ in told(project)]
        assert kinds == ["monitor_down"] * (day >= 4) + ["monitor_up"] * (day >= 6), day


def test_names_become_addresses_and_stay_names(project: Project) -> None:
    say(project, "ok", T, name="Send digest every minute")
    say(project, "ok", T, name="日報")
    say(project, "ok", T, name="x" * 150)
    found = dict(Monitor.objects.values_list("name", "slug"))
    assert found["Send digest every minute"] == "send-digest-every-minute"
    assert found["日報"].startswith("monitor-")
    assert found["x" * 128] == "x" * 50


def test_a_check_in_of_a_monitor_that_nobody_knows_makes_none(project: Project) -> None:
    say(project, "ok", T, config=None)
    assert (Monitor.objects.count(), CheckIn.objects.count()) == (0, 0)


def test_a_schedule_that_cannot_be_read_is_named_and_keeps_the_one_before(project: Project) -> None:
    bad = {**NIGHTLY, "schedule": {"type": "crontab", "value": "H 3 * * *"}}
    say(project, "ok", T)
    say(project, "ok", T + MINUTE, config=bad)
    monitor = Monitor.objects.get()
    assert (monitor.schedule, monitor.problem) == ("0 3 * * *", "'H 3 * * *' is no cron line: bad minute.")
    say(project, "ok", T + 2 * MINUTE)
    assert Monitor.objects.get().problem == ""
    say(project, "ok", T, name="never read", config={**NIGHTLY, "timezone": "Mars/Olympus"})
    other = Monitor.objects.get(name="never read")
    assert other.problem == "There is no time zone 'Mars/Olympus'."
    assert (state(monitor=other).status, state(monitor=other).due_at) == ("up", None)


def test_what_is_sent_anew_overwrites_and_what_is_not_sent_stays(project: Project) -> None:
    say(project, "ok", T, config={**NIGHTLY, "failure_issue_threshold": 3, "checkin_margin": 0})
    assert Monitor.objects.get().margin_seconds == 60
    hourly = {"schedule": {"type": "crontab", "value": "@hourly"}}
    say(project, "in_progress", T + MINUTE, config=hourly)
    monitor = Monitor.objects.get()
    assert (monitor.schedule, monitor.failure_threshold, monitor.max_runtime_seconds) == ("@hourly", 3, 1800)
    assert state().due_at == T + HOUR


def test_silence_holds_a_message_back_until_it_is_over(project: Project) -> None:
    make.channel(project)
    rule_setup.silence(
        project, {"monitor": "nightly-backup"}, starts_at=T, ends_at=T + HOUR, reason="Moving", actor="test", now=T
    )
    say(project, "error", T + MINUTE)
    assert (state().status, told(project)) == ("down", [])
    tick(T + 59 * MINUTE)
    assert told(project) == []
    tick(T + HOUR)
    assert [kind for kind, _ in told(project)] == ["monitor_down"]
    tick(T + HOUR + MINUTE)
    assert len(told(project)) == 1


def test_what_was_mended_within_a_silence_is_told_of_by_nobody(project: Project) -> None:
    make.channel(project)
    rule_setup.silence(
        project, {"environment": "production"}, starts_at=T, ends_at=T + HOUR, reason="Moving", actor="test", now=T
    )
    say(project, "error", T + MINUTE)
    say(project, "ok", T + 2 * MINUTE)
    tick(T + 2 * HOUR)
    assert told(project) == []


def test_a_muted_monitor_is_watched_and_tells_nobody(project: Project) -> None:
    make.channel(project)
    say(project, "ok", T)
    Monitor.objects.update(is_muted=True)
    say(project, "error", T + DAY)
    tick(T + DAY + MINUTE)
    assert (state().status, told(project)) == ("down", [])


def test_slots_while_the_server_was_away_are_unknown(project: Project) -> None:
    make.channel(project)
    say(project, "ok", T)
    tick(T + MINUTE)
    watch.run(now=T + DAY + HOUR)
    assert statuses() == ["ok", "unknown"]
    assert (state().status, state().due_at, told(project)) == ("up", T + 2 * DAY, [])
    tick(T + 2 * DAY + 6 * MINUTE)
    assert [kind for kind, _ in told(project)] == ["monitor_down"]


def test_nothing_is_missed_while_check_ins_wait_to_be_digested(
    client: Client, project: Project, key: IngestKey
) -> None:
    make.channel(project)
    say(project, "ok", T)
    url = f"/api/{project.pk}/cron/nightly-backup/{key.public_key}/?status=ok"
    assert client.get(url).status_code == 202
    tick(T + DAY + HOUR)
    assert told(project) == []
    loop.run(now=datetime.now(UTC))
    tick(T + DAY + HOUR)
    assert statuses() == ["ok", "ok"]


def test_a_paused_monitor_takes_check_ins_and_stays_paused(project: Project) -> None:
    make.channel(project)
    say(project, "ok", T)
    monitor_setup.pause(Monitor.objects.get(), actor="test", now=T + MINUTE)
    say(project, "error", T + HOUR)
    tick(T + 9 * DAY)
    assert (state().status, told(project)) == ("paused", [])
    monitor_setup.resume(Monitor.objects.get(), actor="test", now=T + 9 * DAY)
    assert (state().status, state().alert_after) == ("new", None)
    say(project, "ok", T + 10 * DAY)
    assert (state().status, state().due_at) == ("up", T + 11 * DAY)


def test_a_check_in_that_cannot_be_taken_stops_none_behind_it(project: Project, monkeypatch: Any) -> None:
    CheckIn.objects.create(project=project, monitor="bad", status="ok", at=T, environment="production", config=NIGHTLY)
    receive = check_ins.receiving.receive

    def fail(monitor: Monitor, *args: Any, **rest: Any) -> Any:
        if monitor.name == "bad":
            raise ValueError("no")
        return receive(monitor, *args, **rest)

    monkeypatch.setattr(check_ins.receiving, "receive", fail)
    say(project, "ok", T, name="good")
    assert list(Monitor.objects.values_list("name", flat=True)) == ["good"]
    assert CheckIn.objects.count() == 0


def test_a_project_has_so_many_monitors_and_no_more(project: Project, monkeypatch: Any) -> None:
    monkeypatch.setattr(monitor_setup, "MOST", 1)
    say(project, "ok", T, name="one")
    say(project, "ok", T, name="two")
    say(project, "error", T, name="one")
    assert list(Monitor.objects.values_list("name", flat=True)) == ["one"]
    assert state().status == "down"


def test_a_clock_that_is_set_back_loses_no_report(project: Project) -> None:
    say(project, "ok", T + DAY)
    say(project, "ok", T)
    assert state().due_at == T + 2 * DAY
    say(project, "ok", T + DAY)
    tick(T + DAY + HOUR)
    assert state().status == "up"
