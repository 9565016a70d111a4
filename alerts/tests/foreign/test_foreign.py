"""Others' alerts: what Alertmanager and Grafana send is read, kept, told and ended; what is no alert is refused."""

import base64
import copy
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.foreign import reading, setup, taking
from alerts.foreign.reading import Unreadable
from alerts.models import ForeignAlert, ForeignSource, Monitor, MonitorState, Notice, Notification
from alerts.rules import rule_setup
from alerts.tests import make
from alerts.tests.foreign import payloads
from events.models import AuditEntry, Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def source(project: Project) -> tuple[ForeignSource, str]:
    return setup.create(project, name="Prometheus", actor="test", now=NOW)


def bearer(secret: str) -> str:
    return f"Bearer {secret}"


def post(secret: str, body: Any, *, slug: str = "web", **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Authorization": bearer(secret), **headers} if secret else headers
    return Client().post(f"/in/alerts/{slug}/", data, content_type="application/json", headers=given)


def kinds(project: Project) -> list[str]:
    found = Notification.objects.filter(channel__project=project).order_by("pk")
    return list(found.values_list("kind", flat=True))


def test_alertmanagers_and_grafanas_documented_payloads_are_read() -> None:
    batch = reading.read(json.dumps(payloads.ALERTMANAGER).encode())
    first, second = batch.alerts
    assert (first.name, first.severity, first.is_on, first.ends_at) == ("DiskWillFillIn4Hours", "critical", True, None)
    assert (first.fingerprint, first.starts_at) == ("3f1c9f3e5b7d1a22", datetime(2026, 11, 27, 9, 58, 3, 714_000, UTC))
    assert first.link == "http://prometheus:9090/graph?g0.expr=node_filesystem_free_bytes"
    assert (second.is_on, second.ends_at) == (False, datetime(2026, 11, 27, 10, 2, 33, tzinfo=UTC))
    (grafana,) = reading.read(json.dumps(payloads.GRAFANA).encode()).alerts
    assert (grafana.name, grafana.values, grafana.severity) == (
        "High memory usage",
        {"B": 44.23943737541908, "C": 1.0},
        "error",
    )
    assert grafana.annotations["summary"] == "Memory of web-1 is at 94 %"


def test_whatever_can_be_read_is_taken_and_what_cannot_is_named() -> None:
    def one(**changes: Any) -> Any:
        return reading.read(json.dumps({"alerts": [changes]}).encode()).alerts[0]

    bare = one()
    assert (bare.name, bare.is_on, bare.starts_at, len(bare.fingerprint)) == ("Alert", True, None, 16)
    assert one(labels={"a": "b"}).fingerprint != bare.fingerprint
    cases: tuple[tuple[dict[str, Any], str, Any], ...] = (
        ({"status": "resolved", "endsAt": "0001-01-01T00:00:00Z"}, "is_on", False),
        ({"status": "firing", "endsAt": "2026-11-27T10:00:00Z"}, "is_on", True),
        ({"endsAt": "2026-11-27T10:00:00Z"}, "is_on", False),
        (
            {"startsAt": "2026-11-27T11:00:00.123456789+01:00"},
            "starts_at",
            datetime(2026, 11, 27, 10, 0, 0, 123_456, UTC),
        ),
        ({"startsAt": "9999-12-31T23:59:59-14:00"}, "starts_at", None),
        ({"startsAt": 5}, "starts_at", None),
        ({"generatorURL": "javascript:alert(1)"}, "link", ""),
        ({"generatorURL": "https://[oops/"}, "link", ""),
        ({"panelURL": "https://grafana.example/d/1"}, "link", "https://grafana.example/d/1"),
        ({"labels": {"severity": "PAGE"}}, "severity", "critical"),
        ({"labels": {"severity": "whatever"}}, "severity", "error"),
        ({"labels": {"n": 5, "m": None}}, "labels", {"n": "5", "m": "null"}),
        ({"labels": [1, 2]}, "labels", {}),
        ({"labels": {"alertname": "a\x00b\ud800"}}, "name", "ab?"),
        ({"values": {"A": float("nan"), "B": True, "C": 10**400, "D": 1}}, "values", {"D": 1.0}),
        ({"fingerprint": "x" * 65}, "fingerprint", bare.fingerprint),
        ({"fingerprint": {"a": 1}}, "fingerprint", bare.fingerprint),
        ({"annotations": {"summary": "s" * 5000}}, "name", "s" * 200),
    )
    for sent, field, wanted in cases:
        assert getattr(one(**sent), field) == wanted, sent
    for body in (b"", b"[]", b"5", b"{}", b'{"alerts": {}}', b'{"alerts": [1, 2]}', b"\xff", b"[" * 100_000):
        with pytest.raises(Unreadable):
            reading.read(body)
    many = reading.read(json.dumps({"alerts": [{"labels": {"n": str(n)}} for n in range(1200)]}).encode())
    assert (len(many.alerts), many.problem) == (1000, "200 alerts were left out")
    assert reading.read(b'{"alerts": []}').alerts == ()


def test_secrets_are_taken_out_before_anything_is_stored(source: tuple[ForeignSource, str]) -> None:
    sent = copy.deepcopy(payloads.ALERTMANAGER)
    sent["alerts"][0]["annotations"]["description"] = "mail to alice.smith@example.org failed, password=hunter2-hunter2"
    sent["alerts"][0]["labels"]["owner"] = "bob.jones@example.org"
    assert post(source[1], sent).status_code == 200
    stored = str(list(ForeignAlert.objects.values())) + str(list(Notice.objects.values()))
    assert [word for word in ("alice.smith", "hunter2", "bob.jones") if word in stored] == []


def test_they_are_kept_told_repeated_and_ended(project: Project, source: tuple[ForeignSource, str]) -> None:
    make.channel(project)
    sent = copy.deepcopy(payloads.ALERTMANAGER)
    for _ in range(3):
        assert (post(source[1], sent).status_code, kinds(project)) == (200, ["firing"])
    found = ForeignAlert.objects.get()  # the one that had ended was never heard of
    assert (found.name, found.is_on, found.source.name) == ("DiskWillFillIn4Hours", True, "Prometheus")
    notice = Notice.objects.get()
    assert notice.labels["source"] == "Prometheus"
    assert notice.payload["details"][0] == ["Source", "Prometheus"]
    sent["alerts"][0] |= {"status": "resolved", "endsAt": "2026-11-27T10:05:00Z"}
    assert post(source[1], sent).status_code == 200
    assert kinds(project) == ["firing", "alert_ended"]
    # What says how an earlier time ended changes nothing of a later one.
    sent["alerts"][0] |= {"status": "firing", "startsAt": "2026-11-27T10:20:00Z"}
    post(source[1], sent)
    sent["alerts"][0] |= {"status": "resolved", "startsAt": "2026-11-27T09:58:03.714Z"}
    post(source[1], sent)
    assert (ForeignAlert.objects.get().is_on, kinds(project)) == (True, ["firing", "alert_ended", "firing"])
    assert setup.end(ForeignAlert.objects.select_related("source__project").get(), actor="test", now=NOW)
    assert kinds(project)[-1] == "alert_ended"


def test_they_are_silenced_like_ours(project: Project, source: tuple[ForeignSource, str]) -> None:
    make.channel(project)
    now = datetime.now(UTC)
    rule_setup.silence(
        project, {"rule": "DiskWillFillIn4Hours"}, starts_at=now, ends_at=now + MINUTE, reason="x", actor="t", now=now
    )
    post(source[1], payloads.ALERTMANAGER)
    assert (ForeignAlert.objects.get().is_on, kinds(project)) == (True, [])


def test_the_watchdog_is_a_heartbeat_and_no_alert(project: Project, source: tuple[ForeignSource, str]) -> None:
    assert post(source[1], payloads.WATCHDOG).status_code == 200
    monitor = Monitor.objects.get()
    assert (monitor.name, monitor.kind, ForeignAlert.objects.count()) == ("Watchdog of Prometheus", "simple", 0)
    assert MonitorState.objects.get().status == "up"
    post(source[1], payloads.WATCHDOG)
    assert (Monitor.objects.count(), monitor.states.get().runs.count()) == (1, 2)
    assert ForeignSource.objects.get().watchdog == monitor


def test_only_the_token_of_the_source_opens_its_door(project: Project, source: tuple[ForeignSource, str]) -> None:
    made, secret = source
    Project.objects.create(slug="other", name="Other")
    basic = "Basic " + base64.b64encode(f"anybody:{secret}".encode()).decode()
    wrong = ("", "Bearer", "Bearer x", f"Token {secret}", "Basic !!", "Basic " + base64.b64encode(b"x").decode())
    for authorization in wrong:
        headers = {"Authorization": authorization} if authorization else {}
        answer = post("", payloads.ALERTMANAGER, **headers)
        assert (answer.status_code, "WWW-Authenticate" in answer.headers) == (401, True), authorization
    assert post(secret, payloads.ALERTMANAGER, slug="other").status_code == 401
    assert not ForeignAlert.objects.exists()
    assert post("", payloads.ALERTMANAGER, Authorization=basic).status_code == 200
    assert secret not in str(list(ForeignSource.objects.values())) + str(list(AuditEntry.objects.values()))
    new = setup.rotate(made, actor="test", now=NOW)
    assert (post(secret, {}).status_code, post(new, {"alerts": []}).status_code) == (401, 200)
    setup.switch(made, on=False, actor="test", now=NOW)
    assert post(new, {"alerts": []}).status_code == 401
    assert not ForeignAlert.objects.filter(is_on=True).exists()
    written = AuditEntry.objects.filter(action__startswith="source.").order_by("pk").values_list("action", flat=True)
    assert list(written) == ["source.create", "source.rotate", "source.disable"]


def test_what_can_never_be_taken_is_4xx_and_what_should_come_again_is_5xx(source: tuple[ForeignSource, str]) -> None:
    secret = source[1]
    assert Client().get("/in/alerts/web/").status_code == 405
    assert post(secret, b"no json").status_code == 400
    assert ForeignSource.objects.get().last_problem == "This is no JSON."
    assert post(secret, b"[" + b" " * (2 << 20) + b"]").status_code == 413
    zipped = gzip.compress(json.dumps(payloads.ALERTMANAGER).encode())
    assert post(secret, zipped, **{"Content-Encoding": "gzip"}).status_code == 200
    answers = [taking.take("web", bearer(secret), b'{"alerts": []}', now=NOW) for _ in range(700)]
    refused = next(answer for answer in answers if answer.status != 200)
    assert (refused.status, refused.retry_after > 0) == (503, True)


def test_a_source_is_bounded_and_what_ended_long_ago_is_forgotten(
    project: Project, source: tuple[ForeignSource, str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(taking, "MOST", 3)
    for number in range(5):
        sent = {"alerts": [{"labels": {"alertname": f"a{number}"}, "status": "firing"}]}
        assert taking.take("web", bearer(source[1]), json.dumps(sent).encode(), now=NOW + number * MINUTE).status == 200
    assert set(ForeignAlert.objects.values_list("name", flat=True)) == {"a2", "a3", "a4"}
    ForeignAlert.objects.filter(name="a2").update(is_on=False, ends_at=NOW - timedelta(days=91))
    taking.forget(now=NOW)
    assert set(ForeignAlert.objects.values_list("name", flat=True)) == {"a3", "a4"}
