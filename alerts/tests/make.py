"""Builders of channels and transitions."""

from datetime import datetime, timedelta
from typing import Any

from alerts.delivery import channel_setup
from alerts.foreign import setup as sources
from alerts.foreign import taking
from alerts.foreign.reading import Foreign
from alerts.incidents import acting
from alerts.incidents.status import notices, subscribing
from alerts.incidents.status import setup as status_setup
from alerts.models import (
    Alert,
    Channel,
    Incident,
    Inhibition,
    Maintenance,
    Monitor,
    MonitorRun,
    Notification,
    Objective,
    Probe,
    ProbeState,
    Route,
    StatusSubscriber,
)
from alerts.monitors import monitor_setup, receiving
from alerts.monitors.receiving import Report
from alerts.probes import probe_setup, rounds
from alerts.probes.found import Found
from alerts.routing import setup
from alerts.routing.setup import WantedInhibition, WantedMaintenance, WantedRoute
from alerts.rules import evaluation, rule_setup
from alerts.rules.rule_setup import Wanted
from alerts.slos import setup as slo_setup
from alerts.slos.setup import Promise
from events.models import Issue, Project, Transition
from events.tests import make
from events.tests.make import NOW

SIGNING = "sixteen-or-more-characters"
STANDARD = "whsec_Zm9ybWFvcy10ZXN0LWtleS0zMi1ieXRlcy1sb25nISE="
ROUTING_KEY = "0123456789abcdef0123456789ABCDEF"


def channel(project: Project, url: str = "", *, kind: str = "webhook", name: str = "", **fields: Any) -> Channel:
    """A channel; of kind email when no URL is given."""
    secret = STANDARD if kind == "standard" else SIGNING
    given = {"url": url, "secret": secret, "routing_key": ROUTING_KEY}
    kind, config = (kind, given) if url else ("email", {"addresses": "team@example.org"})
    values = {"actor": "test", "now": NOW, **fields}
    return channel_setup.create(project, kind=kind, name=name or kind, config=config, **values)


def transition(issue: Issue, *, kind: str = "new_issue", at: datetime = NOW, **detail: str) -> Transition:
    given = {"environment": "production", "release": "web@1.0.0", **detail}
    return Transition.objects.create(project=issue.project, issue=issue, kind=kind, at=at, detail=given)


def transitions(project: Project, count: int, **fields: Any) -> list[Transition]:
    """That many new issues."""
    return [transition(make.issue(project, groups=0, title=f"Error {n}"), **fields) for n in range(count)]


def given_up(project: Project, *, now: datetime = NOW) -> Notification:
    """A message that could not be delivered."""
    fields = {"status": "dead", "payload_version": 1, "payload": {"title": "Lost"}, "next_attempt_at": now}
    there = channel(project, name="lost")
    return Notification.objects.create(channel=there, kind="firing", dedup=f"lost {there.pk}", created_at=now, **fields)


def firing(project: Project, *, now: datetime = NOW) -> dict[str, Any]:
    """What fires, and what says who is told."""
    return {**ruled(project, now=now), **routed(project, now=now)}


def ruled(project: Project, *, now: datetime = NOW) -> dict[str, Any]:
    """A rule, its alert that fires, and a silence of something else."""
    config = {"side": "below", "threshold": "1", "window": "5"}
    wanted = Wanted(name="No requests", kind="threshold", metric="requests.count", config=config)
    rule = rule_setup.create(project, wanted, actor="test", now=now)
    evaluation.evaluate(rule, now=now)
    ends_at = now + timedelta(hours=1)
    silence = rule_setup.silence(
        project, {"rule": "Other"}, starts_at=now, ends_at=ends_at, reason="Moving", actor="test", now=now
    )
    return {"rule_id": rule, "alert_id": Alert.objects.get(rule=rule), "silence_id": silence}


def routed(project: Project, *, word: str = "own", now: datetime = NOW) -> dict[str, Any]:
    """A route, an inhibition, a maintenance that goes on, a source, and what it sent."""
    given: dict[str, Any] = {"actor": "test", "now": now}
    route = setup.store_route(Route(project=project), WantedRoute(name=f"{word}-route", matchers="team=web"), **given)
    barred = WantedInhibition(name=f"{word}-inhibition", source="severity=critical", target="severity=info")
    inhibition = setup.store_inhibition(Inhibition(project=project), barred, **given)
    wanted = WantedMaintenance(name=f"{word}-move", matchers="team=none", starts_at=now, cron="* * * * *", minutes=60)
    maintenance = setup.store_maintenance(Maintenance(project=project), wanted, **given)
    source, _ = sources.create(project, name=f"{word}-source", **given)
    sent = Foreign("0123456789abcdef", f"{word}-disk", "error", {"alertname": "DiskFull"}, {}, {}, "", True, now, None)
    (foreign,) = taking.keep(source, [sent], now=now)
    return {
        "route_id": route, "inhibition_id": inhibition, "maintenance_id": maintenance, "source_id": source,
        "foreign_id": foreign,
    }  # fmt: skip


def monitor(project: Project, *, name: str = "Nightly backup", now: datetime = NOW, **fields: Any) -> Monitor:
    """A monitor that a ping reported to."""
    wanted = monitor_setup.Wanted(name=name, kind="cron", schedule="0 3 * * *", **fields)
    made = monitor_setup.create(project, wanted, actor="test", now=now)
    report = Report(status=MonitorRun.Status.OK, at=now, is_ping=True, duration_ms=1200.0, body="done")
    receiving.receive(made, report, now=now)
    return made


def objective(project: Project, *, now: datetime = NOW, **changes: Any) -> Objective:
    """99.9 % of requests without a 5xx over 30 days."""
    promise = Promise(**{"name": "Answers", "indicator": "availability", "target": 99.9, **changes})
    return slo_setup.create(project, promise, actor="test", now=now)


def incident(project: Project, *, title: str = "Checkout is down", now: datetime = NOW, **fields: Any) -> Incident:
    """One opened by hand."""
    return acting.open_by_hand(project, title=title, severity="error", actor="test", now=now, **fields)


def status_page(project: Project, *, word: str = "", now: datetime = NOW) -> dict[str, Any]:
    """A published page with a component, a notice and a subscriber."""
    wanted = {
        "slug": f"{project.slug}-status", "title": f"{word or project.slug} status", "description": "", "zone": "UTC",
        "is_published": True, "is_indexed": False, "takes_subscribers": True,
    }  # fmt: skip
    page = status_setup.store_page(project, wanted, actor="test", now=now)
    component = status_setup.store_component(
        page, None, name=f"{word} Checkout".strip(), description="", sources=(), position=0, actor="test", now=now
    )
    wrote = notices.Wanted(title=f"{word} Payments fail", body="We look into it.")
    notice = notices.publish(page, wrote, actor="test", now=now)
    subscribing.ask(page, f"{word if word.isalnum() else 'ann'}@example.org", now=now)
    return {"component_id": component, "notice_id": notice, "subscriber": StatusSubscriber.objects.get(page=page)}


def probe(project: Project, *, name: str = "Shop", now: datetime = NOW, **fields: Any) -> Probe:
    """A probe that was well once. Unless a target is given, looks at it are refused: no test leaves the house."""
    given = {"kind": "http", "target": "https://1.1.1.1/health?token=s3cret", **fields}
    made = probe_setup.create(project, probe_setup.Wanted(name=name, **given), actor="test", now=now)
    if "target" not in fields:
        made.target = "https://127.0.0.1/health?token=s3cret"
        made.save(update_fields=["target"])
    looked(made, Found(is_ok=True, http_status=200, total_ms=123.0), at=now)
    return made


def looked(probe: Probe, found: Found, *, at: datetime) -> None:
    """A look at that moment, whatever was due, that found this."""
    ProbeState.objects.exclude(probe=probe).filter(next_at__lte=at).update(next_at=at + timedelta(seconds=1))
    ProbeState.objects.filter(probe=probe).update(next_at=at)
    [claimed] = rounds.claim(now=at, most=1)
    rounds.keep(claimed, found, at=at, now=at)
