"""The pages of scheduled jobs: what is down first, words for schedules, secrets for editors, changes audited."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Monitor, MonitorRun, MonitorState, PingKey
from alerts.monitors import monitor_setup, pings, watch
from alerts.tests import make
from events.models import AuditEntry, Project

BASE = "/p/web/monitors/"


def filled(**changes: str) -> dict[str, Any]:
    return {
        "name": "Nightly backup", "kind": "cron", "schedule": "0 3 * * sat-sun", "zone": "Europe/Vienna",
        "margin": "5 min", "max_runtime": "1 h 30 min", "failure_threshold": "1", "recovery_threshold": "1", **changes,
    }  # fmt: skip


def text(client: Client, url: str = BASE) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def ping(monitor: Monitor, action: str = "", body: bytes = b"") -> None:
    asked = pings.read(f"{monitor.token}{action}", {})
    assert isinstance(asked, pings.Ping)
    pings.take(asked, body, now=timezone.now())


def test_an_empty_list_explains_both_ways(as_alice: Client, project: Project) -> None:
    page = text(as_alice)
    assert "No monitor yet" in page
    for words in ("sentry_sdk.crons", "monitor_beat_tasks", "?create=1", f"/ping/{PingKey.objects.get().key}/"):
        assert words in page


def test_viewers_see_no_address_that_reports(as_bob: Client, project: Project) -> None:
    monitor = make.monitor(project)
    key = monitor_setup.ping_key(project).key
    for url in (BASE, f"{BASE}{monitor.pk}/"):
        page = text(as_bob, url)
        assert str(monitor.token) not in page
        assert key not in page
        assert "Pause" not in page


def test_the_list_shows_what_is_down_first(as_bob: Client, project: Project) -> None:
    make.monitor(project, name="Alpha")
    down = make.monitor(project, name="Beta", zone="Europe/Vienna")
    monitor_setup.create(
        project, monitor_setup.Wanted(name="Gamma", kind="simple", schedule="1 d"), actor="test", now=timezone.now()
    )
    ping(down, "/3")
    page = text(as_bob)
    assert page.index("Beta") < page.index("Alpha") < page.index("Gamma")
    assert "it failed with exit status 3" in page
    assert "At 03:00 every day, Europe/Vienna" in page
    state = MonitorState.objects.get(monitor=down)
    assert state.due_at is not None
    assert "03:00:00 Europe/Vienna" in page
    assert page.count('<rect class="ok"') == 2
    assert page.count('<rect class="error"') == 1


def test_only_the_latest_thirty_runs_are_drawn(as_bob: Client, project: Project) -> None:
    monitor = make.monitor(project)
    state = monitor.states.get()
    now = timezone.now()
    runs = [MonitorRun(state=state, status="ok", at=now + timedelta(minutes=n), duration_ms=n) for n in range(40)]
    MonitorRun.objects.bulk_create([*runs, MonitorRun(state=state, status="log", at=now + timedelta(days=1))])
    assert text(as_bob).count('<rect class="ok"') == 30


def test_a_page_shows_runs_and_what_they_said(as_alice: Client, project: Project) -> None:
    monitor = make.monitor(project)
    ping(monitor, "/fail", b"<script>alert(1)</script> disk full")
    raw = as_alice.get(f"{BASE}{monitor.pk}/").content.decode()
    assert "<script>alert(1)" not in raw
    page = html.unescape(raw)
    assert "disk full" in page
    assert f"/ping/{monitor.token}" in page
    assert "curl -fsS -m 10 --retry 5" in page
    assert "1.2 s" in page


def test_a_filled_form_makes_a_monitor_that_can_be_changed(as_alice: Client, project: Project) -> None:
    answer = as_alice.post(f"{BASE}new/", filled())
    monitor = Monitor.objects.get()
    assert answer["Location"] == f"{BASE}{monitor.pk}/"
    assert (monitor.slug, monitor.schedule, monitor.margin_seconds) == ("nightly-backup", "0 3 * * sat-sun", 300)
    assert monitor.max_runtime_seconds == 5400
    form = as_alice.get(f"{BASE}{monitor.pk}/edit/").content.decode()
    assert 'value="1 h 30 min"' in form
    as_alice.post(f"{BASE}{monitor.pk}/edit/", filled(name="Backup", kind="simple", schedule="2 d"))
    monitor.refresh_from_db()
    assert (monitor.name, monitor.slug, monitor.schedule) == ("Backup", "nightly-backup", "172800")
    assert 'value="2 d"' in as_alice.get(f"{BASE}{monitor.pk}/edit/").content.decode()
    actions = AuditEntry.objects.filter(action__in=["monitor.create", "monitor.update"]).order_by("at")
    assert [entry.action for entry in actions] == ["monitor.create", "monitor.update"]
    assert str(monitor.token) not in str([entry.detail for entry in actions])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schedule": "H 3 * * *"}, "'H 3 * * *' is no cron line: bad minute."),
        ({"schedule": "0 0 31 2 *"}, "is no cron line: bad day-of-month."),
        ({"zone": "Europe/Wien"}, "There is no time zone 'Europe/Wien'."),
        ({"kind": "simple", "schedule": "5 s"}, "From 60 seconds to 365 days."),
        ({"kind": "interval", "schedule": "2 fortnights"}, "An interval is a number and one of"),
        ({"margin": "a while"}, "'a while' is no length of time"),
        ({"margin": "5 s"}, "From one minute to 365 days."),
        ({"failure_threshold": "0"}, "From 1 to 720."),
        ({"name": "日報"}, "give it a letter or a digit"),
        ({"name": "Taken"}, "This project has a monitor 'taken' already; give this one another name."),
    ],
)
def test_what_cannot_be_stored_is_named_at_its_field(
    as_alice: Client, project: Project, changes: dict[str, str], says: str
) -> None:
    make.monitor(project, name="Taken")
    answer = as_alice.post(f"{BASE}new/", filled(**changes))
    assert answer.status_code == 422
    assert says in html.unescape(answer.content.decode())
    assert Monitor.objects.count() == 1


def test_it_is_paused_resumed_and_deleted(as_alice: Client, project: Project) -> None:
    monitor = make.monitor(project)
    as_alice.post(f"{BASE}{monitor.pk}/pause/")
    assert monitor.states.get().status == "paused"
    assert "Resume" in text(as_alice, f"{BASE}{monitor.pk}/")
    as_alice.post(f"{BASE}{monitor.pk}/resume/")
    assert monitor.states.get().status == "new"
    as_alice.post(f"{BASE}{monitor.pk}/delete/")
    assert not Monitor.objects.exists()
    found = AuditEntry.objects.filter(action__startswith="monitor.").exclude(action__in=["monitor.create"])
    wanted = {"monitor.pause", "monitor.resume", "monitor.delete"}
    assert {entry.action for entry in found} >= wanted


def test_a_new_ping_key_is_made_by_owners(as_alice: Client, as_bob: Client, project: Project) -> None:
    before = monitor_setup.ping_key(project).key
    assert as_bob.post(f"{BASE}key/").status_code == 403
    as_alice.post(f"{BASE}key/")
    assert monitor_setup.ping_key(project).key != before


def test_a_schedule_that_an_sdk_sent_and_nobody_can_read_is_named(as_bob: Client, project: Project) -> None:
    monitor = make.monitor(project)
    Monitor.objects.update(problem="'H 3 * * *' is no cron line: bad minute.", schedule="H 3 * * *")
    for url in (BASE, f"{BASE}{monitor.pk}/"):
        assert "'H 3 * * *' is no cron line: bad minute." in text(as_bob, url)
    watch.run(now=timezone.now() + timedelta(days=9))
