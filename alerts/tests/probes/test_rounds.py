"""From a look to a message: told once each, held by silences, lost and doubled by nobody, killed or two at once."""

import os
import queue
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from alerts.models import Maintenance, Notification, Probe, ProbeLook, ProbeSpan, ProbeState
from alerts.probes import counting, own_network, probe_setup, prober, reports, retention, rounds, telling
from alerts.probes.found import Found, failed
from alerts.probes.probe_setup import Wanted
from alerts.probes.prober import Prober
from alerts.routing import setup, tick
from alerts.routing.setup import WantedMaintenance
from alerts.rules import rule_setup
from alerts.slos import indicators
from alerts.slos import reports as slo_reports
from alerts.tests import make
from alerts.tests.probes import targets
from alerts.tests.servers import Reply, serving
from analytics.questions.watched.metrics import metric_of
from analytics.questions.watched.series import windows
from analytics.rollups import filling
from events.models import Project, Segment
from events.models.secrets import encrypt
from events.tests.make import NOW
from events.tests.sdk.server import database_url
from formaos_obs.environment import BASE_DIR

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
PROBER = """
import sys
from datetime import datetime
import django
django.setup()
from alerts.probes.prober import Prober
Prober(clock=lambda: datetime.fromisoformat(sys.argv[1])).run()
"""
GOOD, BAD = Found(is_ok=True, total_ms=12.5), failed("The status is 500, and not 200-299.")


def one(project: Project, name: str = "Shop", target: str = "http://1.1.1.1/", **fields: Any) -> Probe:
    wanted = Wanted(name=name, kind=fields.pop("kind", "http"), target=target, **fields)
    return probe_setup.create(project, wanted, actor="test", now=NOW)


found = make.looked


def down(probe: Probe, *, at: Any) -> None:
    for seconds in (0, 5, 20):
        found(probe, BAD, at=at + seconds * SECOND)


def kinds() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("kind", flat=True))


@pytest.mark.django_db
def test_people_hear_once_that_it_is_down_and_once_that_it_is_up(project: Project) -> None:
    make.channel(project)
    probe = one(project)
    found(probe, GOOD, at=NOW)
    found(probe, BAD, at=NOW + MINUTE)
    found(probe, BAD, at=NOW + MINUTE + 5 * SECOND)
    assert kinds() == [], "confirmed by two more tries"
    found(probe, BAD, at=NOW + MINUTE + 20 * SECOND)
    found(probe, BAD, at=NOW + 2 * MINUTE)
    assert kinds() == ["probe_down"]
    found(probe, GOOD, at=NOW + 3 * MINUTE)
    assert kinds() == ["probe_down"]
    found(probe, GOOD, at=NOW + 3 * MINUTE + 15 * SECOND)
    found(probe, GOOD, at=NOW + 4 * MINUTE)
    assert kinds() == ["probe_down", "probe_up"]
    said, over = (row.payload for row in Notification.objects.order_by("pk"))
    assert (said["title"], said["reason"]) == ("Shop", "The status is 500, and not 200-299.")
    assert ["Was down for", "2 min"] in over["details"]
    assert list(ProbeSpan.objects.order_by("start").values_list("status", "start", "end")) == [
        ("up", NOW, NOW + MINUTE), ("down", NOW + MINUTE, NOW + 3 * MINUTE),
    ]  # fmt: skip
    assert [look.is_retry for look in ProbeLook.objects.order_by("at")] == [
        False, False, True, True, False, False, True, False,
    ]  # fmt: skip


@pytest.mark.django_db
def test_silences_and_mutes_hold_it_back_and_what_is_still_so_is_told(project: Project) -> None:
    make.channel(project)
    probe, quiet = one(project), one(project, "Quiet", is_muted=True)
    ends_at = NOW + timedelta(hours=1)
    rule_setup.silence(
        project, {"probe": "shop"}, starts_at=NOW, ends_at=ends_at, reason="Moving", actor="test", now=NOW
    )
    down(probe, at=NOW)
    down(quiet, at=NOW)
    assert kinds() == []
    tick.run(now=NOW + MINUTE)
    assert kinds() == []
    tick.run(now=ends_at + SECOND)
    tick.run(now=ends_at + MINUTE)
    assert kinds() == ["probe_down"]


@pytest.mark.django_db
def test_planned_maintenance_holds_it_back_and_is_no_part_of_its_uptime(project: Project) -> None:
    make.channel(project)
    probe = one(project)
    ends_at = NOW + timedelta(hours=1)
    wanted = WantedMaintenance(name="Moving", matchers="probe=shop", starts_at=NOW, ends_at=ends_at)
    setup.store_maintenance(Maintenance(project=project), wanted, actor="test", now=NOW)
    found(probe, GOOD, at=NOW - MINUTE)
    down(probe, at=NOW)
    assert kinds() == []
    state = ProbeState.objects.select_related("probe").get()
    now = NOW + MINUTE
    known = reports.stretches([state], since=NOW - DAY, now=now)[probe.pk]
    planned = reports.planned([state], since=NOW - DAY, now=now)[probe.pk]
    assert planned == [(NOW, ends_at)]
    assert [reports.share(known, DAY, now=now, excluded=left_out).share for left_out in ((), planned)] == [0.5, 1.0]


@pytest.mark.django_db
def test_named_channels_alone_hear(project: Project) -> None:
    make.channel(project, name="all")
    chosen = make.channel(project, name="chosen")
    wanted = Wanted(name="Shop", kind="tcp", target="1.1.1.1:25")
    probe = probe_setup.create(project, wanted, channels=[chosen], actor="test", now=NOW)
    down(probe, at=NOW)
    assert [row.channel for row in Notification.objects.all()] == [chosen]


@pytest.mark.django_db
def test_a_certificate_is_told_of_once_a_threshold_and_again_after_a_renewal(project: Project) -> None:
    make.channel(project)
    probe = one(project, kind="tls", target="1.1.1.1:443", check={"warn_days": (21, 7)})

    def seen(days: float, at: Any) -> None:
        found(probe, Found(is_ok=True, certificate_ends=(at + days * DAY).timestamp()), at=at)

    for day, left in ((0, 30), (9, 21), (10, 20), (23, 7), (24, 6), (25, 90), (95, 20)):
        seen(left, NOW + day * DAY)
    assert kinds() == ["certificate"] * 3
    reasons = [row.payload["reason"] for row in Notification.objects.order_by("pk")]
    assert reasons == ["21 days are left.", "7 days are left.", "20 days are left."]


@pytest.mark.django_db
def test_a_look_whose_claim_is_gone_changes_nothing(project: Project) -> None:
    probe = one(project)
    [claimed] = rounds.claim(now=NOW, most=9)
    assert rounds.claim(now=NOW, most=9) == [], "nobody else looks meanwhile"
    [again] = rounds.claim(now=NOW + 41 * SECOND, most=9)
    assert rounds.keep(claimed, BAD, at=NOW, now=NOW + 42 * SECOND) is None
    assert rounds.keep(again, GOOD, at=NOW + 41 * SECOND, now=NOW + 42 * SECOND) is not None
    assert rounds.keep(again, GOOD, at=NOW + 41 * SECOND, now=NOW + 43 * SECOND) is None
    [held] = rounds.claim(now=NOW + 5 * MINUTE, most=9)
    probe_setup.pause(probe, actor="test", now=NOW + 5 * MINUTE)
    assert rounds.keep(held, BAD, at=NOW, now=NOW + 5 * MINUTE) is None
    assert (ProbeLook.objects.count(), ProbeState.objects.get().status) == (1, "paused")


@pytest.mark.django_db
def test_one_that_dies_before_it_commits_loses_and_doubles_nothing(project: Project, monkeypatch: Any) -> None:
    make.channel(project)
    probe = one(project, failure_threshold=2)
    found(probe, BAD, at=NOW)

    def die(*args: Any, **rest: Any) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr(telling.notify, "tell", die)
        with pytest.raises(SystemExit):
            found(probe, BAD, at=NOW + MINUTE)
    assert (kinds(), ProbeLook.objects.count(), ProbeState.objects.get().status) == ([], 1, "new")
    later = NOW + MINUTE + 41 * SECOND
    [claimed] = rounds.claim(now=later, most=9)
    rounds.keep(claimed, BAD, at=later, now=later)
    assert (kinds(), ProbeState.objects.get().status) == (["probe_down"], "down")


@pytest.mark.django_db
def test_after_our_own_downtime_nothing_is_down_by_mistake(project: Project) -> None:
    make.channel(project)
    probe = one(project)
    found(probe, GOOD, at=NOW)
    found(probe, BAD, at=NOW + MINUTE)
    found(probe, BAD, at=NOW + MINUTE + 5 * SECOND)
    found(probe, BAD, at=NOW + 300 * MINUTE)
    state = ProbeState.objects.get()
    assert (kinds(), state.status, state.failures) == ([], "up", 1)
    [span] = ProbeSpan.objects.all()
    assert span.end < NOW + 3 * MINUTE, "hours that nobody looked at are no uptime"


@pytest.mark.django_db
def test_where_our_own_network_is_gone_nothing_is_known(project: Project, settings: Any, monkeypatch: Any) -> None:
    make.channel(project)
    monkeypatch.setattr(own_network, "_last", None)
    with serving() as server:
        pass
    settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
    settings.OBS_PROBE_REFERENCES = [server.endpoint]
    probe = one(project, target=server.url, failure_threshold=2)
    for minutes in range(4):
        ProbeState.objects.update(next_at=NOW + minutes * MINUTE)
        [claimed] = rounds.claim(now=NOW + minutes * MINUTE, most=9)
        at = NOW + minutes * MINUTE
        rounds.keep(claimed, rounds.look(claimed, now=at), at=at, now=at)
    assert set(ProbeLook.objects.values_list("status", flat=True)) == {"unknown"}
    assert (kinds(), ProbeState.objects.get().status) == ([], "new")
    monkeypatch.setattr(own_network, "_last", None)
    with socket.create_server(("127.0.0.1", 0)) as reference:
        settings.OBS_PROBE_REFERENCES = [f"127.0.0.1:{reference.getsockname()[1]}"]
        for minutes in (5, 6):
            ProbeState.objects.update(next_at=NOW + minutes * MINUTE)
            [claimed] = rounds.claim(now=NOW + minutes * MINUTE, most=9)
            at = NOW + minutes * MINUTE
            rounds.keep(claimed, rounds.look(claimed, now=at), at=at, now=at)
    assert (kinds(), probe.looks.filter(status="down").count()) == (["probe_down"], 2)


@pytest.mark.django_db
def test_headers_that_no_key_reads_are_named_and_stop_nobody(project: Project, settings: Any) -> None:
    secret = one(project, check={"headers": {"X-Key": "s3cret"}})
    other = one(project, "Other")
    assert "s3cret" not in str(
        Probe.objects.filter(pk=secret.pk).extra(select={"raw": "secrets"}).values("raw", "config")
    )
    assert encrypt("x") != "x"
    settings.OBS_ENCRYPTION_KEYS = ["ab" * 32]
    claimed = {one.state_id: one for one in rounds.claim(now=NOW, most=9)}
    broken, fine = claimed[secret.state.pk], claimed[other.state.pk]
    assert "cannot be read" in rounds.look(broken, now=NOW).words
    assert fine.check is not None


@pytest.mark.django_db(transaction=True)
def test_a_prober_that_is_killed_in_a_look_leaves_it_to_the_next(project: Project, settings: Any) -> None:
    make.channel(project)
    heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    with targets.listening(lambda one: (heard.put(one.recv(100)), one.recv(100))) as port:
        settings.OBS_OUTBOUND_ALLOW = [f"127.0.0.1:{port}"]
        check = {"send": "x", "match": "y"}
        one(project, kind="tcp", target=f"127.0.0.1:{port}", failure_threshold=2, timeout_seconds=1, check=check)
        environment = {
            **os.environ, "DATABASE_URL": database_url(connection.settings_dict),
            "OBS_OUTBOUND_ALLOW": f"127.0.0.1:{port}",
        }  # fmt: skip
        for moment in (NOW, NOW + MINUTE):
            command = [sys.executable, "-c", PROBER, moment.isoformat()]
            with subprocess.Popen(command, cwd=BASE_DIR, env=environment) as child:
                try:
                    assert heard.get(timeout=60) == b"x"
                finally:
                    child.kill()
            assert (ProbeLook.objects.count(), kinds()) == (0, [])
        for moment in (NOW + 2 * MINUTE, NOW + 2 * MINUTE + 5 * SECOND):
            Prober(clock=lambda moment=moment: moment, ahead=timedelta(0)).run(seconds=20)
    assert (ProbeLook.objects.count(), kinds(), ProbeState.objects.get().status) == (2, ["probe_down"], "down")


@pytest.mark.django_db(transaction=True)
def test_the_tick_has_what_is_due_looked_at_and_holds_up_no_task(project: Project, settings: Any) -> None:
    now = timezone.now()
    assert not prober.tick(now=now), "without a probe there is no thread"
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        wanted = Wanted(name="Shop", kind="http", target=server.url, interval_seconds=86_400)
        probe_setup.create(project, wanted, actor="test", now=now)
        assert prober.tick(now=now)
        thread = prober._thread
        assert thread is not None
        thread.join(30)
        assert not thread.is_alive(), "it ends when nothing is due"
    assert (len(server.requests), ProbeState.objects.get().status) == (1, "up")


@pytest.mark.django_db(transaction=True)
def test_two_probers_at_once_look_once_at_each(project: Project, settings: Any) -> None:
    make.channel(project)
    with serving(Reply(500)) as bad, serving() as good:
        settings.OBS_OUTBOUND_ALLOW = [bad.endpoint, good.endpoint]
        for number in range(10):
            one(project, f"Good {number}", target=good.url)
            one(project, f"Bad {number}", target=bad.url, failure_threshold=2)
        for moment in (NOW, NOW + 5 * SECOND):
            start = threading.Barrier(2)

            def run(moment: Any = moment, start: Any = start) -> None:
                start.wait(30)
                try:
                    Prober(clock=lambda: moment, ahead=timedelta(0)).run(seconds=30)
                finally:
                    connection.close()

            threads = [threading.Thread(target=run) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            ProbeState.objects.filter(status="up").update(next_at=NOW + MINUTE)
    assert (len(good.requests), len(bad.requests)) == (10, 20)
    assert ProbeLook.objects.count() == 30
    assert kinds().count("probe_down") + kinds().count("digest") >= 10
    assert ProbeState.objects.filter(status="down").count() == 10


@pytest.mark.django_db
def test_looks_become_facts_once_without_second_tries(project: Project) -> None:
    probe = one(project)
    found(probe, GOOD, at=NOW - 5 * MINUTE)
    found(probe, BAD, at=NOW - 4 * MINUTE)
    found(probe, BAD, at=NOW - 4 * MINUTE + 5 * SECOND)
    found(probe, GOOD, at=NOW - 3 * MINUTE)
    assert (counting.run(now=NOW), counting.run(now=NOW)) == (2, 0)
    [segment] = Segment.objects.filter(fact="probes")
    filling.roll_up(now=NOW)
    edges = [NOW - 10 * MINUTE, NOW]
    where = {"probe": ["shop"]}
    [bad] = windows(project.pk, metric_of("probes.bad"), edges=edges, now=NOW, where=where)
    value = bad.over(*edges)
    assert (value.samples, value.bad, segment.rows) == (2, 1, 2)
    promise = make.objective(project, now=NOW, indicator="probe", where=where, target=99)
    report = slo_reports.report(promise, now=NOW)
    assert (report.budget.seen.total, report.budget.seen.bad) == (2, 1)
    assert "99 % of looks find their target well" in indicators.words(promise)
    [day, *_] = reports.lines(probe, [], now=NOW)
    assert (day.looks, day.answers.count, day.uptime.share) == (2, 1, None)


@pytest.mark.django_db
def test_old_looks_go_and_the_latest_stay(project: Project, monkeypatch: Any) -> None:
    monkeypatch.setattr(retention, "MOST_LOOKS", 5)
    probe, other = one(project), one(project, "Other")
    rows = [
        ProbeLook(probe=which, status="up", at=NOW - n * MINUTE, is_counted=True)
        for n in range(9)
        for which in (probe, other)
    ]
    ProbeLook.objects.bulk_create([*rows, ProbeLook(probe=probe, status="up", at=NOW - 40 * DAY)])
    ProbeSpan.objects.create(probe=probe, status="up", start=NOW - 500 * DAY, end=NOW - 400 * DAY)
    assert retention.forget(now=NOW) == 9
    assert [probe.looks.count(), other.looks.count(), probe.spans.count()] == [5, 5, 0]
    assert probe.looks.order_by("at")[0].at == NOW - 4 * MINUTE
