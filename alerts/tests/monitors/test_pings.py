"""Pings, as Healthchecks answers them: every form of address, every method, bodies of any kind and length."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Monitor, MonitorRun, MonitorState, Notification, PingKey, Watch
from alerts.monitors import monitor_setup, pings, watch
from alerts.monitors.monitor_setup import Wanted
from alerts.tests import make
from events.models import Project

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
T = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
TOKEN = "0f4a3b5e-1111-4222-8333-123456789abc"
RID = "9e3b5a10-0000-4000-8000-00000000000a"


@pytest.fixture
def monitor(project: Project) -> Monitor:
    wanted = Wanted(name="Backup", kind="simple", schedule="1 d", margin_seconds=3600, max_runtime_seconds=1800)
    return monitor_setup.create(project, wanted, actor="test", now=T)


def ping(monitor: Monitor, action: str = "", *, at: datetime, rid: str = "", body: bytes = b"") -> pings.Answer:
    asked = pings.read(f"{monitor.token}{action}", {"rid": rid} if rid else {})
    assert isinstance(asked, pings.Ping)
    return pings.take(asked, body, now=at)


def tick(at: datetime) -> None:
    Watch.objects.update_or_create(pk=1, defaults={"looked_at": at, "away_from": None, "away_to": None})
    watch.run(now=at)


def state() -> MonitorState:
    return MonitorState.objects.get()


@pytest.mark.parametrize(
    ("path", "status", "exit_code"),
    [
        (TOKEN, "ok", None),
        (f"{TOKEN}/", "ok", None),
        (f"{TOKEN}/start", "in_progress", None),
        (f"{TOKEN}/fail", "error", None),
        (f"{TOKEN}/log", "log", None),
        (f"{TOKEN}/0", "ok", 0),
        (f"{TOKEN}/1", "error", 1),
        (f"{TOKEN}/007", "error", 7),
        (f"{TOKEN}/255", "error", 255),
        ("key/backup", "ok", None),
        ("key/backup/start", "in_progress", None),
        ("key/backup/3", "error", 3),
    ],
)
def test_an_address_says_what_it_asks_for(path: str, status: str, exit_code: int | None) -> None:
    asked = pings.read(path, {})
    assert isinstance(asked, pings.Ping)
    assert (asked.status, asked.exit_code) == (status, exit_code)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (f"{TOKEN}/256", pings.BAD_ADDRESS),
        (f"{TOKEN}/99999999999999999999", pings.BAD_ADDRESS),
        ("key/Backup", pings.BAD_ADDRESS),
        (f"{TOKEN}/-1", pings.NOT_FOUND),
        (f"{TOKEN}/success", pings.NOT_FOUND),
        (f"{TOKEN}/start/", pings.NOT_FOUND),
        (f"{TOKEN}/²", pings.NOT_FOUND),
        (TOKEN.upper(), pings.NOT_FOUND),
        (TOKEN.replace("-", ""), pings.NOT_FOUND),
        ("key/backup/", pings.NOT_FOUND),
        ("key/backup/success", pings.NOT_FOUND),
        ("key/back up", pings.NOT_FOUND),
        ("", pings.NOT_FOUND),
        ("a/b/c/d", pings.NOT_FOUND),
    ],
)
def test_what_is_no_address_of_a_ping_is_refused(path: str, answer: pings.Answer) -> None:
    assert pings.read(path, {}) == answer


@pytest.mark.parametrize(
    ("rid", "is_known"),
    [(RID, True), (RID.upper(), True), (RID.replace("-", ""), False), ("", False), ("7", False)],
)
def test_a_run_is_named_by_a_uuid_with_dashes(rid: str, is_known: bool) -> None:
    asked = pings.read(TOKEN, {"rid": rid})
    assert (asked == pings.BAD_RUN) is not is_known
    if isinstance(asked, pings.Ping):
        assert asked.run_id == uuid.UUID(RID)


@pytest.mark.django_db
def test_every_method_tells_and_options_only_asks(client: Client, monitor: Monitor) -> None:
    url = f"/ping/{monitor.token}"
    for number, method in enumerate(("GET", "HEAD", "POST", "PUT", "DELETE"), 1):
        answer = client.generic(method, url)
        assert (answer.status_code, MonitorRun.objects.count()) == (200, number)
        assert answer.content == (b"" if method == "HEAD" else b"OK")
        assert answer["Ping-Body-Limit"] == "10000"
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert "no-store" in answer["Cache-Control"]
        assert answer["Content-Type"] == "text/plain"
        assert answer.cookies == {}
    assert client.options(url).status_code == 204
    assert MonitorRun.objects.count() == 5


@pytest.mark.django_db
def test_unknown_tokens_and_names_are_not_found(client: Client, monitor: Monitor) -> None:
    key = monitor_setup.ping_key(monitor.project).key
    for path in (uuid.uuid4(), f"{key}/nothing", f"{key}/nothing?create=0", "wrong/backup", "wrong/backup?create=1"):
        answer = client.get(f"/ping/{path}")
        assert (answer.status_code, answer.content) == (404, b"not found"), path
    assert client.get(f"/ping/{key}/Backup").content == b"invalid url format"
    assert client.get(f"/ping/{monitor.token}?rid=x").content == b"invalid uuid format"
    assert MonitorRun.objects.count() == 0


@pytest.mark.django_db
def test_a_name_pings_its_monitor_and_makes_it_where_that_is_asked_for(client: Client, project: Project) -> None:
    key = monitor_setup.ping_key(project).key
    url = f"/ping/{key}/nightly-backup"
    first = client.post(f"{url}/start?create=1&rid={RID}")
    assert (first.status_code, first.content) == (201, b"Created")
    again = client.post(f"{url}?create=1&rid={RID}")
    assert (again.status_code, again.content) == (200, b"OK")
    assert client.get(url).status_code == 200
    made = Monitor.objects.get()
    assert (made.name, made.kind, made.schedule, made.margin_seconds, made.source) == (
        "nightly-backup", "simple", "86400", 3600, "ping",
    )  # fmt: skip
    monitor_setup.rotate_key(project, actor="test", now=T)
    assert client.get(url).status_code == 404
    assert PingKey.objects.get().key != key


@pytest.mark.django_db
@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/json", "text/plain", ""])
def test_a_body_is_text_whatever_its_type_says(client: Client, monitor: Monitor, content_type: str) -> None:
    sent = "rm: a=b&c=d {not json} ü".encode()
    assert client.generic("POST", f"/ping/{monitor.token}", sent, content_type).status_code == 200
    assert MonitorRun.objects.get().body == sent.decode()


@pytest.mark.django_db
def test_of_a_body_the_beginning_is_kept_scrubbed(client: Client, monitor: Monitor) -> None:
    secret = b"password=hunter2hunter2 "
    for sent in (secret + b"a" * 20_000, b"\xff\x00\xfe", b"b" * 3_000_000):
        assert client.generic("POST", f"/ping/{monitor.token}/log", sent, "text/plain").status_code == 200
    bodies = list(MonitorRun.objects.order_by("pk").values_list("body", flat=True))
    assert "hunter2" not in bodies[0]
    assert bodies[0].endswith("a" * 9_000)
    assert len(bodies[0]) <= pings.BODY_LIMIT
    assert bodies[1] == "\ufffd\ufffd\ufffd"
    assert bodies[2] == "b" * pings.BODY_LIMIT


@pytest.mark.django_db
def test_silence_is_late_then_down_and_a_ping_is_up_again(monitor: Monitor) -> None:
    make.channel(monitor.project)
    ping(monitor, at=T)
    assert (state().status, state().due_at) == ("up", T + DAY)
    tick(T + DAY)
    assert state().status == "late"
    tick(T + DAY + HOUR)
    assert (state().status, state().since) == ("down", T + DAY + HOUR)
    ping(monitor, at=T + DAY + 2 * HOUR)
    assert state().status == "up"
    kinds = Notification.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["monitor_down", "monitor_up"]
    details = dict(Notification.objects.get(kind="monitor_up").payload["details"])
    assert details["Was down for"] == "1 h"


@pytest.mark.django_db
def test_a_start_changes_nothing_but_its_end_must_follow(monitor: Monitor) -> None:
    ping(monitor, "/start", at=T, rid=RID)
    assert (state().status, state().due_at, state().alert_after) == ("new", None, T + 30 * MINUTE)
    tick(T + 30 * MINUTE)
    assert (state().status, MonitorRun.objects.get().status) == ("down", "timeout")
    assert "takes longer than 30 min" in state().words
    ping(monitor, at=T + 40 * MINUTE, rid=RID)
    assert (state().status, MonitorRun.objects.get().status) == ("up", "ok")
    assert MonitorRun.objects.get().duration_ms == 40 * 60_000


@pytest.mark.django_db
def test_a_start_does_not_move_when_the_next_success_is_due(monitor: Monitor) -> None:
    ping(monitor, at=T)
    ping(monitor, "/start", at=T + 23 * HOUR)
    assert state().due_at == T + DAY


@pytest.mark.django_db
def test_overlapping_runs_have_a_row_each(monitor: Monitor) -> None:
    other = RID.replace("a", "b")
    ping(monitor, "/start", at=T, rid=RID)
    ping(monitor, "/start", at=T + MINUTE, rid=other)
    ping(monitor, at=T + 3 * MINUTE, rid=RID)
    ping(monitor, "/3", at=T + 5 * MINUTE, rid=other, body=b"[runitor] exit status 3")
    first, second = MonitorRun.objects.order_by("at")
    assert (first.status, first.duration_ms) == ("ok", 180_000)
    assert (second.status, second.duration_ms, second.exit_code) == ("error", 240_000, 3)
    assert state().words == "it failed with exit status 3"
    tick(T + HOUR)
    assert MonitorRun.objects.filter(status="timeout").count() == 0


@pytest.mark.django_db
def test_of_two_nameless_starts_the_latter_counts(monitor: Monitor) -> None:
    ping(monitor, "/start", at=T)
    ping(monitor, "/start", at=T + 20 * MINUTE)
    ping(monitor, at=T + 25 * MINUTE)
    assert MonitorRun.objects.get().duration_ms == 5 * 60_000
    tick(T + HOUR)
    assert state().status == "up"


@pytest.mark.django_db
def test_a_ping_that_is_sent_again_counts_once_where_it_names_its_run(monitor: Monitor) -> None:
    for _ in range(3):
        assert ping(monitor, "/1", at=T, rid=RID) == pings.OK
    assert (MonitorRun.objects.count(), state().failures) == (1, 1)


@pytest.mark.django_db
def test_a_note_is_kept_and_changes_nothing(monitor: Monitor) -> None:
    ping(monitor, at=T)
    before = state()
    ping(monitor, "/log", at=T + HOUR, body=b"half way")
    assert MonitorRun.objects.filter(status="log").get().body == "half way"
    assert (state().last_at, state().due_at) == (before.last_at, before.due_at)


@pytest.mark.django_db
def test_a_ping_resumes_a_paused_monitor(monitor: Monitor) -> None:
    ping(monitor, at=T)
    monitor_setup.pause(monitor, actor="test", now=T + HOUR)
    tick(T + 9 * DAY)
    assert state().status == "paused"
    ping(monitor, at=T + 9 * DAY)
    monitor.refresh_from_db()
    assert (state().status, monitor.is_enabled) == ("up", True)


@pytest.mark.django_db
def test_a_token_of_another_host_name_is_not_answered(client: Client, monitor: Monitor) -> None:
    assert client.get(f"/ping/{monitor.token}", headers={"Host": "evil.example"}).status_code == 400
    assert MonitorRun.objects.count() == 0


@pytest.mark.django_db
def test_a_page_of_the_day_of_the_year_that_is_left_out_is_no_false_alarm(project: Project) -> None:
    """A nightly job in the hour that the change of clocks leaves out, and in the one that comes twice."""
    wanted = Wanted(name="Night", kind="cron", schedule="30 2 * * *", zone="Europe/Vienna", margin_seconds=600)
    made = monitor_setup.create(project, wanted, actor="test", now=T)
    ping(made, at=datetime(2026, 3, 28, 1, 30, 5, tzinfo=UTC))
    assert state().due_at == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    ping(made, at=datetime(2026, 3, 29, 1, 0, 5, tzinfo=UTC))
    assert state().due_at == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
    ping(made, at=datetime(2026, 10, 25, 0, 30, 5, tzinfo=UTC))
    tick(datetime(2026, 10, 25, 1, 45, tzinfo=UTC))
    assert (state().status, state().due_at) == ("up", datetime(2026, 10, 26, 1, 30, tzinfo=UTC))


@pytest.mark.django_db
def test_no_more_runs_than_the_bound_are_kept(monitor: Monitor, monkeypatch: Any) -> None:
    now = timezone.now()
    monkeypatch.setattr(watch.retention, "MOST_RUNS", 3)
    for minute in range(5):
        ping(monitor, at=now + minute * MINUTE)
    assert watch.retention.forget(now=now + HOUR) == 2
    assert MonitorRun.objects.order_by("at").values_list("at", flat=True)[0] == now + 2 * MINUTE
    assert watch.retention.forget(now=now + 91 * DAY) == 3
