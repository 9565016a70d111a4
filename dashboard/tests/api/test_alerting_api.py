"""The API of alerting: rules, alerts, silences, monitors and objectives, by the functions that the pages call."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Rule, Silence
from alerts.rules import evaluation
from alerts.tests import make
from analytics.tests import facts
from dashboard.tests.api.test_api import bearer
from events.models import AuditEntry, Project

pytestmark = pytest.mark.django_db
BASE = "/api/v1/projects/web/"
SLOW: dict[str, Any] = {
    "name": "Slow", "kind": "threshold", "metric": "requests.p95", "where": {"environment": ["production"]},
    "config": {"side": "above", "threshold": 800, "window": 10}, "channels": ["email"], "labels": {"team": "web"},
}  # fmt: skip


class Caller:
    """Calls as the owner of a token, JSON in and out."""

    def __init__(self, user: Any, *scopes: str) -> None:
        self.headers, self.client = bearer(user, *scopes), Client()

    def __call__(self, method: str, where: str, sent: Any = None, expect: int = 200) -> Any:
        extra = {} if sent is None else {"data": sent, "content_type": "application/json"}
        answer = getattr(self.client, method)(BASE + where, headers=self.headers, **extra)
        assert answer.status_code == expect, answer.content
        return answer.json() if answer.content else None


@pytest.fixture
def owner(alice: Any) -> Caller:
    return Caller(alice, "read", "admin")


def actions() -> list[str]:
    return list(AuditEntry.objects.exclude(action__contains=".view").order_by("pk").values_list("action", flat=True))


def test_a_rule_is_made_changed_switched_and_deleted(project: Project, owner: Caller) -> None:
    make.channel(project)
    made = owner("post", "rules/", SLOW, expect=201)
    assert (made["config"]["min_samples"], made["channels"], made["is_enabled"]) == (1, ["email"], True)
    address = f"rules/{made['id']}/"
    changed = owner(
        "patch", address, {"config": {"side": "above", "threshold": 900, "window": 10}, "is_enabled": False}
    )
    assert (changed["config"]["threshold"], changed["is_enabled"], changed["labels"]) == (900, False, {"team": "web"})
    assert changed["channels"] == ["email"], "what was not sent stays"
    assert owner("patch", address, {"kind": "logs", "config": {"query": "x", "window": 5}, "where": {}})["metric"] == (
        "logs.matching"
    )
    assert owner("patch", address, {"is_enabled": True})["is_enabled"]
    assert [one["name"] for one in owner("get", "rules/")["results"]] == ["Slow"]
    owner("delete", address, expect=204)
    assert owner("get", address, expect=404) == {"detail": "No such rule."}
    assert not Rule.objects.exists()
    written = [action for action in actions() if action.startswith("rule.")]
    assert written == [
        "rule.create", "rule.update", "rule.disable", "rule.update", "rule.enable", "rule.list", "rule.delete",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": ""}, "name", "blank"),
        ({"kind": "nonsense"}, "kind", "not a valid choice"),
        ({"metric": "requests.p96"}, "metric", "There is no metric 'requests.p96'."),
        ({"config": {"side": "above", "threshold": "much", "window": 5}}, "threshold", "This is not a number."),
        ({"config": 3}, "config", "dictionary"),
        ({"where": {"colour": ["red"]}}, "where", "cannot be cut by 'colour'"),
        ({"channels": ["nobody"]}, "channels", "There is no channel nobody."),
        ({"labels": {"a\x00": "b"}}, "labels", "Null characters"),
        ({"kind": "logs", "metric": "", "where": {}, "config": {"query": "a\x00b", "window": 5}}, "config", "Null"),
        ({"kind": "formula", "metric": "", "config": {"formula": "a/", "a": "logs.count"}}, "formula", "too early"),
        ({"runbook": "javascript:alert(1)"}, "runbook", "valid URL"),
        ({"for_minutes": -1}, "for_minutes", "greater than"),
    ],
)
def test_what_is_refused_is_named_by_its_field(
    project: Project, owner: Caller, change: dict[str, Any], field: str, words: str
) -> None:
    make.channel(project)
    for where in ("rules/", "rules/preview/"):
        if where == "rules/preview/" and "channels" in change:
            continue
        refused = owner("post", where, {**SLOW, **change}, expect=400)
        assert words in str(refused["fields"][field])
        assert refused["detail"].startswith(f"{field}: ")
    assert not Rule.objects.exists()


def test_a_preview_says_what_would_have_been_and_stores_nothing(project: Project, owner: Caller, bob: Any) -> None:
    now = timezone.now()
    facts.filled(
        project, "requests", *(facts.request(now - timedelta(hours=3), duration_ms=2000) for _ in range(9)), now=now
    )
    found = owner("post", "rules/preview/", {**SLOW, "channels": []})
    assert found["words"].startswith("It would have fired once")
    assert (len(found["episodes"]), found["present"][0]["verdict"]) == (1, "no_data")
    assert not Rule.objects.exists()
    Caller(bob, "read")("post", "rules/preview/", SLOW, expect=403)


def test_rules_of_an_objective_follow_it(project: Project, owner: Caller) -> None:
    objective = make.objective(project, now=timezone.now())
    rule = objective.rules.first()
    assert rule is not None
    assert "belongs to the objective" in owner("patch", f"rules/{rule.pk}/", {"name": "x"}, expect=400)["detail"]
    assert "belongs to the objective" in owner("delete", f"rules/{rule.pk}/", expect=400)["detail"]
    assert owner("patch", f"rules/{rule.pk}/", {"is_enabled": False})["is_enabled"] is False
    found = owner("get", f"objectives/{objective.pk}/")
    assert (found["state"], found["target"], found["budget_left"]) == ("no_data", 99.9, None)
    assert [(row["long_minutes"], row["short_minutes"], round(row["limit"], 1)) for row in found["burn"]] == [
        (60, 5, 14.4), (360, 30, 6.0), (1440, 120, 3.0), (4320, 360, 1.0),
    ]  # fmt: skip
    assert owner("get", "objectives/")["results"][0]["id"] == objective.pk


def test_alerts_are_listed_shown_with_evidence_and_acknowledged(project: Project, owner: Caller, bob: Any) -> None:
    now = timezone.now()
    alert = make.firing(project, now=now)["alert_id"]
    [line] = owner("get", "alerts/")["results"]
    assert (line["state"], line["name"], line["acknowledged_by"]) == ("firing", "No requests", None)
    found = owner("get", f"alerts/{alert.pk}/")
    assert found["transitions"][0]["after"] == "firing"
    assert found["transitions"][0]["evidence"]["rule"]["metric"] == "requests.count"
    assert owner("post", f"alerts/{alert.pk}/acknowledge/")["acknowledged_by"] == "alice"
    Caller(bob, "read", "admin")("post", f"alerts/{alert.pk}/acknowledge/", expect=403)
    facts.filled(project, "requests", facts.request(now), now=now)
    Rule.objects.update(next_eval_at=now)
    evaluation.run(now=now + timedelta(minutes=2))
    assert owner("get", "alerts/")["results"] == []
    assert [one["state"] for one in owner("get", "alerts/?state=all")["results"]] == ["ok"]
    owner("get", "alerts/?state=some", expect=400)


def test_silences_are_made_and_ended(project: Project, owner: Caller, bob: Any) -> None:
    given = {"matchers": {"rule": "Slow"}, "minutes": 30, "reason": "Moving"}
    made = owner("post", "silences/", given, expect=201)
    assert (made["matchers"], made["created_by"]) == ({"rule": "Slow"}, "alice")
    refused = owner("post", "silences/", {**given, "ends_at": "2027-01-01T00:00:00Z"}, expect=400)
    assert "ends_at or minutes" in refused["detail"]
    assert "matchers" in owner("post", "silences/", {**given, "matchers": {}}, expect=400)["fields"]
    ended = owner("post", f"silences/{made['id']}/end/")
    assert Silence.objects.get().ends_at <= timezone.now()
    assert owner("get", "silences/")["results"] == [ended]
    Caller(bob, "read", "admin")("post", "silences/", given, expect=403)


def test_monitors_are_made_changed_paused_and_their_runs_listed(project: Project, owner: Caller) -> None:
    make.channel(project)
    given = {"name": "Nightly", "kind": "cron", "schedule": "0 3 * * *", "zone": "Europe/Vienna", "channels": ["email"]}
    made = owner("post", "monitors/", given, expect=201)
    assert (made["slug"], made["margin_seconds"], made["channels"], made["states"]) == ("nightly", 300, ["email"], [])
    for change, field in (
        ({"schedule": "0 3 31 2 *"}, "schedule"), ({"zone": "Mars/Base"}, "zone"),
        ({"margin_seconds": 1}, "margin_seconds"),
    ):  # fmt: skip
        assert field in owner("patch", f"monitors/{made['id']}/", change, expect=400)["fields"]
    paused = owner("patch", f"monitors/{made['id']}/", {"is_enabled": False, "margin_seconds": 600})
    assert (paused["is_enabled"], paused["margin_seconds"], paused["zone"]) == (False, 600, "Europe/Vienna")
    job = make.monitor(project, name="Backup")
    [run] = owner("get", f"monitors/{job.pk}/runs/")["results"]
    assert (run["status"], run["body"], run["duration_ms"]) == ("ok", "done", 1200.0)
    found = owner("get", f"monitors/{job.pk}/")
    assert (found["states"][0]["status"], str(job.token) in str(found)) == ("up", False)
    assert len(owner("get", "monitors/")["results"]) == 2
    owner("delete", f"monitors/{job.pk}/", expect=204)
    owner("get", f"monitors/{job.pk}/runs/", expect=404)


def test_changes_take_the_scope_admin_and_the_role_editor(project: Project, alice: Any, bob: Any, charlie: Any) -> None:
    things = make.firing(project, now=timezone.now())
    monitor, objective = make.monitor(project), make.objective(project)
    changing = [
        ("post", "rules/"), ("patch", f"rules/{things['rule_id'].pk}/"), ("delete", f"rules/{things['rule_id'].pk}/"),
        ("post", f"alerts/{things['alert_id'].pk}/acknowledge/"), ("post", "silences/"),
        ("post", f"silences/{things['silence_id'].pk}/end/"), ("post", "monitors/"),
        ("patch", f"monitors/{monitor.pk}/"), ("delete", f"monitors/{monitor.pk}/"),
    ]  # fmt: skip
    reading = ["rules/", "alerts/", "silences/", "monitors/", "objectives/", f"objectives/{objective.pk}/"]
    before = AuditEntry.objects.count()
    for method, where in changing:
        Caller(alice, "read")(method, where, {}, expect=403)
        Caller(bob, "read", "admin")(method, where, {}, expect=403)
        Caller(charlie, "read", "admin")(method, where, {}, expect=404)
    for where in reading:
        Caller(bob, "read")("get", where)
        Caller(charlie, "read")("get", where, expect=404)
    written = AuditEntry.objects.order_by("pk")[before:]
    assert len(written) == 3 * len(changing) + 2 * len(reading) + 3 * len(changing) + 2 * len(reading)
