"""Who is told of what, on the pages and over the API: routes, calendar, sources, and what fires."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Alert, ForeignSource, Inhibition, Maintenance, Notice, Route, Rule
from alerts.routing import tick
from alerts.rules import evaluation, rule_setup
from alerts.rules.rule_setup import Wanted
from alerts.tests import make
from analytics.tests import facts
from dashboard.charts.cards import CHARTS
from events.accounts import tokens
from events.models import Project

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LABELS = {"alertname": "DiskFull", "severity": "critical", "host": "<b>web</b>"}
SENT = {"alerts": [{"labels": LABELS, "status": "firing"}]}


def text_of(response: Any) -> str:
    """What a reader sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def route(**changes: Any) -> dict[str, Any]:
    given = {"name": "Web", "matchers": "team=web", "wait": "30 s", "interval": "5 min", "repeat": "4 h"}
    return {**given, "position": "1", **changes}


def test_a_route_is_added_tried_changed_and_deleted(as_alice: Client, project: Project) -> None:
    on_call = make.channel(project, name="On-call")
    page = as_alice.get("/p/web/alerts/routes/")
    assert "No route yet" in text_of(page)
    steps = "15 min: On-call\n1 h: On-call"
    made = as_alice.post(
        "/p/web/alerts/routes/new/", route(channels=[on_call.pk], group_by="team, environment", escalation=steps)
    )
    assert made.status_code == 302
    shown = text_of(as_alice.get("/p/web/alerts/routes/?labels=team%3Dweb"))
    when = "waits 30 s, speaks again after 5 min, repeats after 4 h"
    for words in ("team=web", when, "15 min: On-call", "Web takes it: On-call"):
        assert words in shown, words
    assert "No route takes it" in text_of(as_alice.get("/p/web/alerts/routes/?labels=team%3Dapp"))
    assert "is no name=value" in text_of(as_alice.get("/p/web/alerts/routes/?labels=team"))
    pk = Route.objects.get().pk
    refused = as_alice.post(f"/p/web/alerts/routes/{pk}/", route(matchers="team=~(", escalation="15 min: Nobody"))
    assert (refused.status_code, "There is no channel &#x27;Nobody&#x27;" in refused.content.decode()) == (422, True)
    refused = as_alice.post(f"/p/web/alerts/routes/{pk}/", route(matchers='team=~"("'))
    assert "is no pattern" in text_of(refused)
    assert as_alice.post(f"/p/web/alerts/routes/{pk}/", route(matchers="", wait="0", interval="0")).status_code == 302
    assert "everything" in text_of(as_alice.get("/p/web/alerts/routes/"))
    as_alice.post(f"/p/web/alerts/routes/{pk}/delete/")
    assert not Route.objects.exists()


def test_what_holds_what_back_is_set_up(as_alice: Client, project: Project) -> None:
    given = {"name": "Host down", "source": "severity=critical", "target": "severity!=critical", "equal": "host"}
    assert as_alice.post("/p/web/alerts/routes/holds/new/", given).status_code == 302
    made = Inhibition.objects.get()
    assert "Host down" in text_of(as_alice.get("/p/web/alerts/routes/"))
    assert as_alice.post(f"/p/web/alerts/routes/holds/{made.pk}/", {**given, "source": ""}).status_code == 422
    as_alice.post(f"/p/web/alerts/routes/holds/{made.pk}/delete/")
    assert not Inhibition.objects.exists()


def test_maintenance_is_planned_shown_and_ended(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    given = {"name": "Database", "matchers": "environment=production", "zone": "Europe/Vienna", "repeats": "once"}
    given |= {"starts": f"{now - 3 * MINUTE:%Y-%m-%dT%H:%M}", "ends": f"{now + timedelta(hours=5):%Y-%m-%dT%H:%M}"}
    assert as_alice.post("/p/web/alerts/calendar/new/", {**given, "zone": "UTC"}).status_code == 302
    weekly = {**given, "name": "Backups", "repeats": "weekly", "ends": "", "days": ["1", "4"]}
    weekly |= {"clock": "02:00", "lasts": "2 h"}
    assert as_alice.post("/p/web/alerts/calendar/new/", weekly).status_code == 302
    made = Maintenance.objects.get(name="Backups")
    assert (made.cron, made.minutes, made.zone) == ("0 2 * * 1,4", 120, "Europe/Vienna")
    shown = as_alice.get("/p/web/alerts/calendar/")
    text = text_of(shown)
    assert "going on" in text
    assert "for 2 h" in text
    assert 8 <= text.count("Backups") <= 11  # twice a week for thirty days, and in the list
    for wrong, field in (
        ({"days": []}, "Choose at least one day"),
        ({"lasts": "soon"}, "is no length of time"),
        ({"lasts": ""}, "From one minute"),
        ({"zone": "Mars/Base"}, "There is no time zone"),
        ({"repeats": "cron", "cron": "0 0 31 2 *"}, "is no cron line"),
    ):
        refused = as_alice.post("/p/web/alerts/calendar/new/", {**weekly, **wrong})
        assert (refused.status_code, field in text_of(refused)) == (422, True), wrong
    once = Maintenance.objects.get(name="Database")
    as_alice.post(f"/p/web/alerts/calendar/{once.pk}/end/")
    assert "going on" not in text_of(as_alice.get("/p/web/alerts/calendar/"))
    edited = as_alice.get(f"/p/web/alerts/calendar/{made.pk}/").content.decode()
    assert 'value="0 2 * * 1,4"' in edited


def test_a_source_is_added_and_what_it_sends_stands_among_what_fires(as_alice: Client, project: Project) -> None:
    make.channel(project, name="Team")
    answer = as_alice.post("/p/web/alerts/sources/new/", {"name": "Prometheus"})
    found = re.search(r"fobs_in_[0-9a-f]{64}", answer.content.decode())
    assert found
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    sent = Client().post(
        "/in/alerts/web/", SENT, content_type="application/json", headers={"Authorization": f"Bearer {found.group()}"}
    )
    assert sent.status_code == 200
    page = as_alice.get("/p/web/alerts/")
    shown = text_of(page)
    for words in ("1 firing.", "DiskFull", "Prometheus", "critical", "… Team"):
        assert words in shown, words
    assert "<b>web</b>" not in page.content.decode()
    assert found.group() not in as_alice.get("/p/web/alerts/sources/").content.decode()
    pk = Notice.objects.get().foreign_id
    assert as_alice.post(f"/p/web/alerts/others/{pk}/acknowledge/").status_code == 302
    assert "alice looks after it" in text_of(as_alice.get(f"/p/web/alerts/others/{pk}/"))
    assert "1 firing" in text_of(as_alice.get("/p/web/alerts/rules/")), "the bar says how many"
    as_alice.post(f"/p/web/alerts/others/{pk}/end/")
    assert not Notice.objects.filter(is_on=True).exists()
    pk = ForeignSource.objects.get().pk
    assert b"fobs_in_" in as_alice.post(f"/p/web/alerts/sources/{pk}/rotate/").content
    as_alice.post(f"/p/web/alerts/sources/{pk}/switch/")
    assert "Turn on" in text_of(as_alice.get("/p/web/alerts/sources/"))
    as_alice.post(f"/p/web/alerts/sources/{pk}/delete/")
    assert "No source yet" in text_of(as_alice.get("/p/web/alerts/sources/"))


def fires(project: Project, *, now: datetime) -> Alert:
    """An alert on the failures of this project, which fires."""
    config = {"side": "above", "threshold": "10", "window": "5"}
    wanted = Wanted(name="Too many failures", kind="threshold", metric="requests.error_rate", config=config)
    rule_setup.create(project, wanted, actor="test", now=now)
    facts.filled(project, "requests", *(facts.request(now - 2 * MINUTE, status=500) for _ in range(12)), now=now)
    evaluation.run(now=now)
    return Alert.objects.get()


def test_what_fires_is_said_with_its_value_who_was_told_and_who_is_next(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    make.channel(project, name="Team")
    boss = make.channel(project, name="Boss")
    typed = route(matchers="", wait="0", interval="0", escalation="20 min: Boss")
    assert as_alice.post("/p/web/alerts/routes/new/", typed).status_code == 302
    alert = fires(project, now=now)
    shown = text_of(as_alice.get("/p/web/alerts/"))
    for words in ("100 %", "against 10 %", "… Team", "… Boss", "next: Boss at"):
        assert words in shown, words
    assert "next: Boss" in text_of(as_alice.get(f"/p/web/alerts/{alert.pk}/"))
    tick.run(now=now + 20 * MINUTE)
    assert boss.notifications.count() == 2
    as_alice.post(f"/p/web/alerts/{alert.pk}/acknowledge/")
    assert "next:" not in text_of(as_alice.get(f"/p/web/alerts/{alert.pk}/"))
    rule = Rule.objects.get()
    assert "1 in 28 days" in text_of(as_alice.get("/p/web/alerts/rules/"))
    assert "How noisy it is" in text_of(as_alice.get(f"/p/web/alerts/rules/{rule.pk}/"))
    rule_setup.silence(
        project,
        {"rule": rule.name},
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        reason="Moving",
        actor="t",
        now=now,
    )
    assert "held back silence: Moving" in text_of(as_alice.get("/p/web/alerts/"))


def test_charts_of_what_is_watched_have_bands_while_it_fired(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    fires(project, now=now)
    name = next(name for name, one in CHARTS.items() if one.watched == "requests.error_rate")
    figure = as_alice.get(f"/p/web/charts/{name}.json?from=-24h").json()
    shapes = [shape for shape in figure["layout"]["shapes"] if shape["name"] == "alert"]
    assert (len(shapes), shapes[0]["type"]) == (1, "rect")
    assert "Fired once: Too many failures." in figure["sentence"]


def test_the_overview_says_in_words_what_fires_and_is_calm_only_with_data(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    Project.objects.update(first_event_at=now)
    assert "nothing can be said" in text_of(as_alice.get("/p/web/"))
    facts.filled(project, "requests", *(facts.request(now - 90 * MINUTE, status=200) for _ in range(3)), now=now)
    assert "All calm." in text_of(as_alice.get("/p/web/"))
    fires(project, now=now)
    shown = text_of(as_alice.get("/p/web/"))
    assert "1 alert fires: Too many failures." in shown
    assert "All calm" not in shown


def test_the_api_reads_and_changes_all_of_it(project: Project, alice: Any, bob: Any, now: datetime) -> None:
    _, secret = tokens.create(alice, name="t", scopes=tokens.SCOPES, now=now)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    channel = make.channel(project, name="Team")
    base = "/api/v1/projects/web"

    def send(method: str, path: str, body: Any = None) -> Any:
        return getattr(client, method)(f"{base}/{path}", body, content_type="application/json")

    steps = [{"after_minutes": 5, "channels": [channel.pk]}]
    sent = {"name": "Web", "matchers": "team=web", "channels": [channel.pk], "steps": steps}
    made = send("post", "routes/", sent).json()
    assert (made["name"], made["wait_seconds"], made["steps"]) == ("Web", 30, sent["steps"])
    assert send("get", "routes/").json() == [made]
    changed = send("put", f"routes/{made['id']}/", {**sent, "goes_on": True}).json()
    assert changed == {**made, "goes_on": True}
    wrong = send("post", "routes/", {"name": "x", "matchers": 'a=~"("'})
    assert (wrong.status_code, "is no pattern" in wrong.json()["detail"]) == (400, True)
    assert send("post", "routes/", {"name": "x", "channels": [10**9]}).status_code == 400
    held = {"name": "M", "matchers": "a=b", "starts_at": "2026-01-01T00:00:00Z", "cron": "* * * * *", "minutes": 60}
    for kind, body in (("inhibitions", {"name": "I", "source": "a=b", "target": "c=d"}), ("maintenance", held)):
        one = send("post", f"{kind}/", body)
        assert one.status_code == 201, one.content
        pk = one.json()["id"]
        assert send("get", f"{kind}/{pk}/").json()["name"] == body["name"]
        assert send("put", f"{kind}/{pk}/", {**body, "name": "N"}).json()["name"] == "N"
        if kind == "maintenance":
            assert send("post", f"{kind}/{pk}/").status_code == 200
            assert Maintenance.objects.get().ended_at is not None
        assert send("delete", f"{kind}/{pk}/").status_code == 204
    fires(project, now=timezone.now())
    (firing,) = send("get", "firing/").json()
    assert (firing["title"], firing["labels"]["severity"]) == ("Too many failures", "error")
    assert send("delete", f"routes/{made['id']}/").status_code == 204
    _, read_only = tokens.create(alice, name="r", scopes=["read"], now=now)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {read_only}"
    assert send("post", "routes/", sent).status_code == 403
