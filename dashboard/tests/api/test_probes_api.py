"""Probes by the API: made, changed, tried, paused and deleted as on their pages, and no secret answered."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from alerts.models import Probe, ProbeLook, ProbeState
from alerts.probes.found import failed
from alerts.tests import make
from alerts.tests.servers import Reply, serving
from dashboard.tests.api.test_api import bearer
from events.models import AuditEntry, Project

BASE = "/api/v1/projects/web/probes/"
SECRET = "s3cret-5513"


def call(method: str, where: str, headers: dict[str, str], body: Any = None) -> Any:
    return getattr(Client(), method)(where, body, content_type="application/json", headers=headers)


def sent(**changes: Any) -> dict[str, Any]:
    return {"name": "Shop", "kind": "http", "target": "https://1.1.1.1/health?key=abc", **changes}


def test_it_is_made_read_changed_paused_and_deleted(project: Project, alice: Any, bob: Any) -> None:
    may, reads = bearer(alice, "read", "admin"), bearer(bob)
    channel = make.channel(project)
    given = {"headers": {"Authorization": f"Bearer {SECRET}"}, "body": SECRET, "channels": [channel.pk]}
    made = call("post", BASE, may, sent(**given, check={"method": "POST", "expected_status": "200,204"}))
    assert made.status_code == 201, made.json()
    where = f"{BASE}{made.json()['id']}/"
    assert made.json()["check"]["expected_status"] == "200,204"
    assert (made.json()["header_names"], made.json()["channels"]) == (["Authorization"], [channel.pk])
    assert (
        call("post", BASE, may, sent())
        .json()["detail"]
        .endswith("This project has a probe 'shop' already; give this one another name.")
    )
    probe = Probe.objects.get()
    make.looked(probe, failed("The status is 500, and not 200."), at=timezone.now() + timedelta(seconds=1))
    read = [call("get", url, reads) for url in (BASE, where, f"{where}looks/")]
    assert [answer.status_code for answer in read] == [200, 200, 200]
    assert SECRET not in str([answer.json() for answer in (made, *read)])
    assert read[0].json()["results"] == [read[1].json()]
    assert read[2].json()["results"][0]["words"] == "The status is 500, and not 200."
    changed = call("put", where, may, sent(name="Shop front", interval_seconds=300))
    assert (changed.status_code, changed.json()["name"], changed.json()["slug"]) == (200, "Shop front", "shop")
    assert Probe.objects.get().config["has_secrets"], "left out: as they are stored"
    assert call("put", where, may, sent(forgets_secrets=True)).json()["header_names"] == []
    for is_enabled, status in ((False, "paused"), (True, "new")):
        assert call("patch", where, may, {"is_enabled": is_enabled}).json()["status"] == status
    assert call("delete", where, may).status_code == 204
    assert not Probe.objects.exists()
    assert SECRET not in str(list(AuditEntry.objects.values()))


def test_viewers_and_other_scopes_change_nothing(project: Project, alice: Any, bob: Any, charlie: Any) -> None:
    probe = make.probe(project)
    where = f"{BASE}{probe.pk}/"
    calls = (
        ("post", BASE, sent(name="New")), ("post", f"{BASE}try/", sent()), ("put", where, sent()),
        ("patch", where, {"is_enabled": False}), ("delete", where, None), ("post", f"{where}looks/", None),
    )  # fmt: skip
    for method, url, body in calls:
        assert call(method, url, bearer(alice), body).status_code == 403, "without the scope admin"
        assert call(method, url, bearer(bob, "read", "admin"), body).status_code == 403, "as a viewer"
        assert call(method, url, bearer(charlie, "read", "admin"), body).status_code == 404
    assert (Probe.objects.count(), ProbeLook.objects.count(), ProbeState.objects.get().status) == (1, 1, "up")


def test_what_is_wrong_is_named_by_its_field(project: Project, alice: Any) -> None:
    may = bearer(alice, "read", "admin")
    foreign = make.channel(Project.objects.create(slug="other", name="Other"))
    for changes, words in (
        ({"kind": "ftp"}, "One of: http, tcp, tls, dns."),
        ({"target": "http://10.0.0.1/"}, "OBS_OUTBOUND_ALLOW"),
        ({"timeout_seconds": 31}, "timeout_seconds"),
        ({"interval_seconds": 30, "timeout_seconds": 25}, "four fifths"),
        ({"check": {"match": "(", "is_pattern": True}}, "This pattern cannot be read"),
        ({"check": {"warn_days": [0]}}, "check: Ensure this value is greater"),
        ({"headers": {"X": "a\nY: b"}}, "one line"),
        ({"headers": {"Host": "b"}}, "Host is set by this server itself"),
        ({"channels": [foreign.pk]}, "No such channel in this project"),
    ):
        answer = call("post", BASE, may, sent(**changes))
        assert answer.status_code == 400, changes
        assert words in answer.json()["detail"], changes
    assert not Probe.objects.exists()


def test_it_is_tried_and_looked_at_at_once(project: Project, alice: Any, settings: Any) -> None:
    may = bearer(alice, "read", "admin")
    with serving(Reply(503), Reply(200)) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        tried = call("post", f"{BASE}try/", may, sent(target=server.url)).json()
        assert (tried["is_ok"], tried["words"], tried["http_status"]) == (
            False,
            "The status is 503, and not 200-299.",
            503,
        )
        assert not Probe.objects.exists()
        made = call("post", BASE, may, sent(target=server.url)).json()
        looked = call("post", f"{BASE}{made['id']}/looks/", may)
    assert (looked.status_code, looked.json()["status"]) == (200, "up")
    assert len(server.requests) == 2
