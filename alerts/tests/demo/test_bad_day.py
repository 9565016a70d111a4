"""The demo's weeks are calm for the starter rules, and its bad day is loud: from the fault to what customers read."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from alerts.demo import bad_day
from alerts.incidents import keeping, timeline
from alerts.models import Incident, Rule
from alerts.monitors import watch
from alerts.rules.backtest import backtest
from events import demo
from events.demo import outage

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_the_starter_rules_are_quiet_in_calm_weeks_and_loud_on_the_bad_day(now: datetime, admin_client: Client) -> None:
    done = demo.seed("shop", days=1, events=20, seed=4, now=now)
    incident = bad_day.play(done, now=now)
    assert incident is not None
    began = now - outage.AGO
    loud = set()
    for rule in Rule.objects.all():
        for episode in backtest(rule, now=now).episodes:
            assert began <= episode.began <= began + HOUR, (rule.name, episode)
            loud.add(rule.name)
    assert loud == {"More than one request in two hundred fails", "One request in twenty fails"}
    assert (incident.title, incident.severity, incident.state) == ("Paying fails", "critical", "resolved")
    assert {alert.labels["rule"] for alert in incident.alerts.all()} == loud
    assert 0 < (incident.began_at - began - outage.DEPLOYED * outage.MINUTE).total_seconds() < 600
    assert "min after shop@" in incident.suspects[0]["words"]
    assert "error rate of requests" in incident.suspects[0]["words"]
    kinds = {entry.kind for entry in timeline.of(incident, now=now)}
    assert {"alert", "deploy", "opened", "acknowledged", "comment", "changed", "resolved"} <= kinds
    assert keeping.run(now=now).ended == 0
    assert not Rule.objects.get(name=bad_day.SILENT).is_enabled
    page = Client().get("/status/shop/").content.decode()
    for text in ("All Systems Operational", "Paying fails for some orders", "Checkout", "uptime"):
        assert text in page, text
    assert "shop@4" in admin_client.get(f"/p/shop/incidents/{incident.pk}/").content.decode()
    assert bad_day.play(done, now=now) is None
    assert Incident.objects.count() == 1


def test_a_server_that_watches_the_demo_meanwhile_takes_the_bad_day_from_nobody(now: datetime) -> None:
    done = demo.seed("shop", days=1, events=20, seed=4, now=now)
    watch.run(now=now)
    watch.run(now=now + 2 * HOUR)
    silent = set(Incident.objects.values_list("pk", flat=True))
    assert silent
    incident = bad_day.play(done, now=now)
    assert incident is not None
    assert (incident.title, incident.state) == ("Paying fails", "resolved")
    assert incident.pk not in silent
