"""The pages of probes: what is down first, secrets never shown, tried before they are stored, changes audited."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Probe, ProbeLook, ProbeState
from alerts.probes.found import Found, failed
from alerts.tests import make
from alerts.tests.servers import Reply, serving
from events.models import AuditEntry, Project

BASE = "/p/web/uptime/"
SECRET = "s3cret-5513"


def filled(**changes: str) -> dict[str, Any]:
    return {
        "name": "Shop", "target": "https://1.1.1.1/health", "interval": "1 min", "timeout": "10 s", "method": "GET",
        "expected_status": "200-299,301", "max_redirects": "5", "warn_days": "21, 7", "failure_threshold": "3",
        "recovery_threshold": "2", **changes,
    }  # fmt: skip


def text(client: Client, url: str = BASE) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_an_empty_list_says_what_a_probe_is(as_alice: Client, as_bob: Client, project: Project) -> None:
    page = text(as_alice)
    assert "No probe yet" in page
    assert "Add DNS" in page
    assert "Add DNS" not in text(as_bob)


def test_a_filled_form_makes_a_probe_that_shows_no_secret(as_alice: Client, project: Project) -> None:
    typed = filled(
        headers=f"Authorization: Bearer {SECRET}", body=SECRET, match="ok", json_path="status", method="POST"
    )
    answer = as_alice.post(f"{BASE}new/http/", typed)
    probe = Probe.objects.get()
    assert answer["Location"] == f"{BASE}{probe.pk}/"
    assert (probe.slug, probe.interval_seconds, probe.timeout_seconds) == ("shop", 60, 10)
    assert (probe.header_names, probe.config["has_secrets"]) == (["Authorization"], True)
    assert ProbeState.objects.get().next_at <= timezone.now()
    for url in (BASE, f"{BASE}{probe.pk}/", f"{BASE}{probe.pk}/edit/"):
        assert SECRET not in text(as_alice, url)
    assert "Authorization" in text(as_alice, f"{BASE}{probe.pk}/")
    stored = probe.secrets
    as_alice.post(f"{BASE}{probe.pk}/edit/", filled(name="Shop 2", interval="5 min"))
    probe = Probe.objects.get()
    assert (probe.name, probe.slug, probe.interval_seconds, probe.secrets) == ("Shop 2", "shop", 300, stored)
    elsewhere = as_alice.post(f"{BASE}{probe.pk}/edit/", filled(target="https://8.8.8.8/collect"))
    assert elsewhere.status_code == 302
    probe = Probe.objects.get()
    assert (probe.secrets, probe.header_names) == ("{}", []), "what was typed for one host goes to no other"
    entries = AuditEntry.objects.filter(action__startswith="probe.")
    assert {"probe.create", "probe.update"} <= set(entries.values_list("action", flat=True))
    assert SECRET not in str([entry.detail for entry in entries])


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("tcp", {"target": "1.1.1.1:853", "match": "hi", "send": "x"}),
        ("tls", {"target": "1.1.1.1", "fail_days": "2"}),
        ("dns", {"target": "example.org", "record": "MX", "expected": "10 a.example\n20 b.example", "is_exact": "on"}),
    ],
)
def test_each_kind_has_its_form(as_alice: Client, project: Project, kind: str, typed: dict[str, str]) -> None:
    form = text(as_alice, f"{BASE}new/{kind}/")
    assert 'name="headers"' not in form
    assert as_alice.post(f"{BASE}new/{kind}/", filled(**typed)).status_code == 302
    probe = Probe.objects.get()
    assert probe.kind == kind
    again = text(as_alice, f"{BASE}{probe.pk}/edit/")
    for value in typed.values():
        assert value == "on" or value in again
    assert as_alice.get(f"{BASE}new/gopher/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"target": "http://127.0.0.1/"},
            "not public. OBS_OUTBOUND_ALLOW=127.0.0.1:80 would allow it.",
        ),
        ({"target": "http://1.1.1.1:22/"}, "Port 22 is not among the permitted ones."),
        ({"target": "ftp://a.example/"}, "A URL of plain letters with http:// or https://"),
        ({"interval": "5 s"}, "From 30 seconds to one day."),
        ({"interval": "soon"}, "'soon' is no length of time"),
        ({"timeout": "50 s"}, "From 1 to 30 seconds."),
        ({"interval": "30 s", "timeout": "25 s"}, "At most four fifths"),
        ({"expected_status": "2xx"}, "'2xx' is no status and no range"),
        ({"match": "(", "is_pattern": "on"}, "This pattern cannot be read"),
        ({"headers": "no colon"}, "Line 1 is no “Name: value”."),
        ({"warn_days": "soon"}, "Numbers of days by comma"),
        ({"failure_threshold": "1"}, "one failed look alone alarms nobody"),
        ({"name": "日報"}, "letters and digits of its name"),
        ({"name": "Taken"}, "This project has a probe 'taken' already; give this one another name."),
    ],
)
def test_what_cannot_be_stored_is_named_at_its_field(
    as_alice: Client, project: Project, changes: dict[str, str], says: str
) -> None:
    make.probe(project, name="Taken")
    answer = as_alice.post(f"{BASE}new/http/", filled(**changes))
    assert answer.status_code == 422
    assert says in html.unescape(answer.content.decode())
    assert Probe.objects.count() == 1


def test_what_few_ask_for_comes_when_it_is_called_typed_or_wrong(as_alice: Client, project: Project) -> None:
    def is_open(page: str) -> bool:
        assert 'name="max_redirects"' in page  # it is sent along either way
        return '<details class="seldom" open>' in page

    assert not is_open(text(as_alice, f"{BASE}new/http/"))
    named = filled(name="")
    assert not is_open(as_alice.post(f"{BASE}new/http/", named).content.decode())
    assert is_open(as_alice.post(f"{BASE}new/http/", {**named, "max_redirects": "3"}).content.decode())
    assert is_open(as_alice.post(f"{BASE}new/http/", filled(warn_days="soon")).content.decode())
    as_alice.post(f"{BASE}new/http/", filled())
    assert is_open(text(as_alice, f"{BASE}{Probe.objects.get().pk}/edit/"))


def test_it_is_tried_before_it_is_stored_and_looked_at_at_once(
    as_alice: Client, project: Project, settings: Any
) -> None:
    with serving(Reply(503), Reply(200)) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        tried = html.unescape(
            as_alice.post(f"{BASE}new/http/", filled(target=server.url, **{"try": "1"})).content.decode()
        )
        assert "The status is 503, and not 200-299,301." in tried
        assert not Probe.objects.exists()
        as_alice.post(f"{BASE}new/http/", filled(target=server.url))
        probe = Probe.objects.get()
        answer = as_alice.post(f"{BASE}{probe.pk}/look/", follow=True)
    assert "It is well." in html.unescape(answer.content.decode())
    assert (len(server.requests), ProbeLook.objects.get().http_status, ProbeState.objects.get().status) == (
        2,
        200,
        "up",
    )
    assert {"probe.try", "probe.look"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_the_list_shows_what_is_down_first_and_jobs_beside(as_bob: Client, project: Project) -> None:
    now = timezone.now()
    make.probe(project, name="Alpha", now=now - timedelta(minutes=3))
    down = make.probe(project, name="Beta", now=now - timedelta(minutes=3))
    make.monitor(project, name="Nightly")
    for seconds in (60, 40, 20):
        make.looked(down, failed("The status is 500, and not 200-299."), at=now - timedelta(seconds=seconds))
    page = text(as_bob)
    assert page.index("Beta") < page.index("Alpha") < page.index("Nightly")
    assert "The status is 500, and not 200-299." in page
    assert (page.count('<rect class="down"'), page.count('<rect class="up"')) == (3, 2)
    assert "token=s3cret" not in page, "the query of a URL stays out of lists"
    assert "Add HTTP" not in page


def test_a_long_list_has_pages(as_bob: Client, project: Project) -> None:
    probes = Probe.objects.bulk_create(
        Probe(project=project, slug=f"p{n:03}", name=f"Probe {n:03}", kind="tcp", target="1.1.1.1:1")
        for n in range(120)
    )
    soon = timezone.now() + timedelta(seconds=90)
    ProbeState.objects.bulk_create(ProbeState(probe=probe, next_at=soon) for probe in probes)
    first, second = text(as_bob), text(as_bob, f"{BASE}?page=2")
    assert ("Probe 099" in first, "Probe 100" in first, "1–100 of 120" in first) == (True, False, True)
    assert ("Probe 099" in second, "Probe 119" in second) == (False, True)
    assert "in 1 min" in first


def test_a_page_shows_days_phases_outages_and_looks(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    probe = make.probe(project, now=now - timedelta(hours=2))
    phases = {"dns_ms": 2.0, "connect_ms": 10.0, "tls_ms": 30.0, "first_byte_ms": 50.0, "total_ms": 100.0}
    ProbeLook.objects.bulk_create(
        ProbeLook(probe=probe, status="up", at=now - timedelta(minutes=n), is_counted=True, **phases)
        for n in range(60, 119)
    )
    for seconds in (60, 40, 20):
        make.looked(probe, failed("<script>alert(1)</script> is wrong."), at=now - timedelta(seconds=seconds))
    raw = as_alice.get(f"{BASE}{probe.pk}/").content.decode()
    assert "<script>alert(1)" not in raw
    page = html.unescape(raw)
    for words in ("First byte", 'class="first_byte"', "second try", "so far", "no data", "24 hours", "Look now"):
        assert words in page, words
    assert page.count('<td data-label="Began"><time') >= 50
    assert "?page=2" in page
    assert "?page=1" in text(as_alice, f"{BASE}{probe.pk}/?page=2")
    exported = b"".join(as_alice.get(f"{BASE}{probe.pk}/looks.csv").streaming_content).decode()
    assert exported.count("\r\n") == 1 + ProbeLook.objects.count()
    assert exported.startswith("at,status,is_retry,words,http_status")


def test_it_is_paused_resumed_and_deleted(as_alice: Client, project: Project) -> None:
    probe = make.probe(project)
    as_alice.post(f"{BASE}{probe.pk}/pause/")
    state = ProbeState.objects.get()
    assert (state.status, state.next_at) == ("paused", None)
    page = text(as_alice, f"{BASE}{probe.pk}/")
    assert "Resume" in page
    assert "Look now" not in page
    as_alice.post(f"{BASE}{probe.pk}/look/")
    assert ProbeLook.objects.count() == 1
    as_alice.post(f"{BASE}{probe.pk}/resume/")
    state = ProbeState.objects.get()
    assert (state.status, state.next_at is not None) == ("new", True)
    make.looked(probe, Found(is_ok=True), at=timezone.now())
    as_alice.post(f"{BASE}{probe.pk}/delete/")
    assert not Probe.objects.exists()
