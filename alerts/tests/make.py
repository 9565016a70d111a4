"""Builders of channels and transitions."""

from datetime import datetime, timedelta
from typing import Any

from alerts.delivery import channel_setup
from alerts.models import Alert, Channel, Monitor, MonitorRun, Objective, Probe, ProbeState
from alerts.monitors import monitor_setup, receiving
from alerts.monitors.receiving import Report
from alerts.probes import probe_setup, rounds
from alerts.probes.found import Found
from alerts.rules import evaluation, rule_setup
from alerts.rules.rule_setup import Wanted
from alerts.slos import setup as slo_setup
from alerts.slos.setup import Promise
from events.models import Issue, Project, Transition
from events.tests import make
from events.tests.make import NOW

SIGNING = "sixteen-or-more-characters"


def channel(project: Project, url: str = "", *, kind: str = "webhook", name: str = "", **fields: Any) -> Channel:
    """A channel; of kind email when no URL is given."""
    kind, config = (kind, {"url": url, "secret": SIGNING}) if url else ("email", {"addresses": "team@example.org"})
    values = {"actor": "test", "now": NOW, **fields}
    return channel_setup.create(project, kind=kind, name=name or kind, config=config, **values)


def transition(issue: Issue, *, kind: str = "new_issue", at: datetime = NOW, **detail: str) -> Transition:
    given = {"environment": "production", "release": "web@1.0.0", **detail}
    return Transition.objects.create(project=issue.project, issue=issue, kind=kind, at=at, detail=given)


def transitions(project: Project, count: int, **fields: Any) -> list[Transition]:
    """That many new issues."""
    return [transition(make.issue(project, groups=0, title=f"Error {n}"), **fields) for n in range(count)]


def firing(project: Project, *, now: datetime = NOW) -> dict[str, Any]:
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
