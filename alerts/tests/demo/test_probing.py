"""The demo's probe looked at its shop for a week, saw the bad day, and asks nobody anything."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from alerts.demo import probing
from alerts.models import Incident, ProbeLook, ProbeSpan
from events import demo
from events.demo import outage

pytestmark = pytest.mark.django_db


def test_the_probe_of_the_demo_saw_the_bad_day_and_nothing_else(
    now: datetime, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *given, **named: asked.append(given))
    done = demo.seed("shop", days=2, events=5, seed=4, now=now)
    began, ended = outage.broken(now)
    probe = probing.play(done, now=now, down=(began, ended))
    assert probe is not None
    looks = ProbeLook.objects.filter(probe=probe)
    failed = looks.filter(status="down").values_list("at", flat=True)
    assert {began <= at < ended for at in failed} == {True}
    assert looks.count() >= 2 * 96
    [span] = ProbeSpan.objects.filter(probe=probe, status="down")
    assert began <= span.start < span.end <= ended + timedelta(minutes=30)
    assert asked == []
    probe.refresh_from_db()
    assert (probe.state.status, probe.state.next_at) == ("paused", None)
    assert not Incident.objects.exists()
    page = admin_client.get(f"/p/shop/uptime/{probe.pk}/").content.decode()
    assert "The status is 500" in page
    assert probing.play(done, now=now) is None


def test_a_calm_demo_was_never_down(now: datetime) -> None:
    done = demo.seed("shop", days=1, events=5, seed=4, now=now)
    probe = probing.play(done, now=now)
    assert not ProbeLook.objects.filter(probe=probe).exclude(status="up").exists()
