"""The gate of deploys: what it decides, what it answers, and the workflow that waits at it, run by act."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from alerts.models import Alert, AlertTransition, Rule
from alerts.rules import deploy_gate, rule_setup
from alerts.rules.deploy_gate import Demand, Fired, Signs, Verdict, decide
from alerts.rules.rule_setup import Wanted
from analytics.statistics import comparisons
from analytics.tests import facts
from events.accounts import tokens
from events.models import Deploy, Project
from events.releases import deploys, lifecycle
from events.releases.deploys import State
from events.tests.cast import NOW

MINUTE = timedelta(minutes=1)
FIRED = Fired("Checkout is down", "critical", "9 % of requests fail", NOW)
WORSE, SAME = comparisons.shares(50, 500, 5, 500), comparisons.shares(5, 500, 5, 500)


@pytest.mark.parametrize(
    ("signs", "verdict", "words"),
    [
        (Signs(State.QUEUED, None), "waiting", "not arrived"),
        (Signs(State.IN_PROGRESS, None, (FIRED,)), "unhealthy", "Critical: Checkout is down fires: 9 %"),
        (Signs(State.FAILURE, None), "unhealthy", "itself failed"),
        (Signs(State.CANCELED, None), "unhealthy", "was canceled"),
        (Signs(State.SUCCESS, NOW - MINUTE, requests=900), "waiting", "4 min to go"),
        (Signs(State.SUCCESS, NOW - MINUTE, (FIRED, FIRED)), "unhealthy", "and 1 more"),
        (Signs(State.SUCCESS, NOW - MINUTE, (), 500, WORSE, "v1"), "unhealthy", "against v1"),
        (Signs(State.SUCCESS, NOW - 5 * MINUTE, (), 500, SAME, "v1"), "healthy", "500 requests"),
        (Signs(State.SUPERSEDED, NOW - 5 * MINUTE, requests=10), "healthy", "10 requests"),
        (Signs(State.SUCCESS, NOW - 5 * MINUTE, requests=9), "too_little_traffic", "9 of 10"),
    ],
)
def test_bad_signs_are_told_at_once_and_a_good_end_after_the_wait(signs: Signs, verdict: str, words: str) -> None:
    found, said = decide(signs, Demand(), now=NOW)
    assert found == verdict
    assert words in said


def _deploy(project: Project, version: str, *, at: datetime, environment: str = "production") -> Deploy:
    release, _ = lifecycle.create(project, version, actor=None, now=at)
    return deploys.put(release, environment=environment, actor=None, finished_at=at, now=at)[0]


def _fire(project: Project, *, at: datetime, severity: str = "critical", labels: Any = None, where: Any = None) -> None:
    config = {"side": "above", "threshold": "10", "window": "5"}
    wanted = Wanted(
        name=f"Rule {Rule.objects.count()}", kind="threshold", metric="requests.failed", config=config,
        severity=severity, where=where or {},
    )  # fmt: skip
    rule = rule_setup.create(project, wanted, actor="test", now=at)
    alert = Alert.objects.create(rule=rule, fingerprint=str(rule.pk), state="firing", labels=labels or {})
    AlertTransition.objects.create(alert=alert, before="ok", after="firing", at=at, words="12 over 5 min, above 10")


def test_requests_of_the_release_tell_whether_it_is_well(project: Project) -> None:
    _deploy(project, "v1", at=NOW - timedelta(hours=3))
    late = _deploy(project, "v2", at=NOW - 10 * MINUTE)
    for version, failed, at in (("v1", 2, NOW - 60 * MINUTE), ("v2", 30, NOW - 5 * MINUTE)):
        rows = [facts.request(at, release=version, status=500 if n < failed else 200) for n in range(100)]
        facts.filled(project, "requests", *rows)
    health = deploy_gate.health_of(late, Demand(), now=NOW)
    assert (health.verdict, health.signs.requests, health.signs.release_before) == (Verdict.UNHEALTHY, 100, "v1")
    assert "up 1400%" in health.words


def test_only_what_began_to_fire_since_then_and_here_fails_a_deploy(project: Project) -> None:
    deploy = _deploy(project, "v1", at=NOW - 10 * MINUTE)
    for apart in (
        {"at": NOW - 11 * MINUTE},
        {"at": NOW, "severity": "error"},
        {"at": NOW, "labels": {"environment": "staging"}},
        {"at": NOW, "where": {"environment": ["staging"]}},
    ):
        _fire(project, **apart)
    assert deploy_gate.signs_of(deploy, Demand(), now=NOW).fired == ()
    assert len(deploy_gate.signs_of(deploy, Demand(severity="error"), now=NOW).fired) == 1
    _fire(project, at=NOW - MINUTE, labels={"environment": "production"})
    [fired] = deploy_gate.signs_of(deploy, Demand(), now=NOW).fired
    assert fired.words == "12 over 5 min, above 10"


@pytest.fixture
def secret(alice: Any) -> str:
    return tokens.create(alice, name="ci", scopes=["releases"], now=timezone.now())[1]


def test_the_gate_answers_whoever_may_look(secret: str, project: Project, bob: Any) -> None:
    deploy = _deploy(project, "v1", at=timezone.now() - 10 * MINUTE)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    path = f"/api/deploys/{deploy.pk}/health/"
    told = client.get(path).json()
    assert (told["verdict"], told["version"], told["requests"]) == ("too_little_traffic", "v1", 0)
    assert client.get(f"{path}?minutes=60").json()["verdict"] == "waiting"
    assert client.get(f"{path}?requests=0").json()["verdict"] == "healthy"
    for wrong in ("minutes=soon", "minutes=-1", "minutes=1441", "requests=1e3", "severity=awful"):
        assert client.get(f"{path}?{wrong}").status_code == 400, wrong
    assert client.get("/api/deploys/99999/health/").status_code == 404
    assert Client().get(path).status_code == 401
    elsewhere = _deploy(Project.objects.create(slug="other", name="Other"), "v1", at=NOW)
    assert client.get(f"/api/deploys/{elsewhere.pk}/health/").status_code == 404


def test_a_run_reports_its_deploy_once(secret: str, project: Project) -> None:
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    body = {"project": "web", "version": "v1", "environment": "live", "run": "github-1-1", "state": "in_progress"}
    told = [body, body, {**body, "state": "success"}, body]
    answers = [client.post("/api/deploys/", one, content_type="application/json") for one in told]
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [
        (201, "in_progress"), (200, "in_progress"), (201, "success"), (200, "success"),
    ]  # fmt: skip
    assert len({answer.json()["id"] for answer in answers}) == 1
    wrong = client.post("/api/deploys/", {**body, "state": "done"}, content_type="application/json")
    assert wrong.status_code == 400


@pytest.fixture
def run(tmp_path: Path, secret: str, live_server: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the workflow as GitHub would, on this machine."""
    workflow = tmp_path / ".github/workflows/monitoring-setup.yml"
    workflow.parent.mkdir(parents=True)
    shutil.copy(settings.BASE_DIR / ".github/workflows/monitoring-setup.yml", workflow)
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)

    def act(**inputs: str) -> subprocess.CompletedProcess[str]:
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"inputs": {"project": "web", "environment": "live", **inputs}}))
        command = [
            Path(sys.executable).with_name("act"), "workflow_dispatch", "-P", "ubuntu-latest=-self-hosted",
            "-e", event, "--var", f"OBS_URL={live_server.url}", "-s", f"OBS_TOKEN={secret}", "--env", "OBS_PAUSE=0.1",
        ]  # fmt: skip
        home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        return subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **home}, capture_output=True, text=True, timeout=120
        )

    return act


@pytest.mark.sdk  # act may end before it has printed a step's last line
@pytest.mark.django_db(transaction=True)
def test_the_workflow_passes_a_healthy_deploy_and_fails_the_others(run: Any, project: Project) -> None:
    healthy = run(version="v1", minutes="0", requests="0")
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert "healthy: 0 requests, and nothing bad." in healthy.stdout
    quiet = run(version="v1", minutes="0", requests="10")
    assert (quiet.returncode, "0 of 10 requests came" in quiet.stdout) == (0, True)
    _fire(project, at=timezone.now() + MINUTE)
    bad = run(version="v1", minutes="1")
    assert bad.returncode == 1
    assert "v1 is unhealthy: Critical: Rule 0 fires" in bad.stdout, bad.stdout + bad.stderr
    refused = run(version="v1", project="nothing")
    assert (refused.returncode, "answered 404" in refused.stdout) == (1, True), refused.stdout + refused.stderr
    assert Deploy.objects.filter(release__version="v1", environment="live").count() == 1
