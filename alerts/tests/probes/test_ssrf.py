"""No way of setting up, trying or looking reaches inside: addresses, spellings, rebinding, redirects, every kind.

A listening socket stands where an attack would arrive, and counts.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from alerts.forms import ProbeForm
from alerts.models import Probe, ProbeState
from alerts.probes import checks, looking, probe_setup, rounds
from alerts.probes.probe_setup import Wanted
from alerts.tests import make
from alerts.tests.delivery.test_http import REFUSED_ADDRESSES
from alerts.tests.servers import Reply, serving
from events.accounts import tokens
from events.models import Project

SPELLINGS = """
    127.1 2130706433 0x7f.1 0177.0.0.1 localhost 0 2852039166 0xa9fea9fe 0251.0376.0251.0376
"""
HOSTS = [
    *(
        f"[{address.partition('%')[0]}]" if ":" in address else address
        for address in REFUSED_ADDRESSES.split() if address != "not-an-address"
    ),
    *SPELLINGS.split(),
    *(f"127.{n}.{n}.{n}" for n in range(1, 21)),
    *(f"[::ffff:10.0.{n}.1]" for n in range(1, 21)),
]  # fmt: skip


@dataclass
class Trap:
    """A listener where an attack would arrive, and the connections that it took."""

    port: int
    taken: list[Any] = field(default_factory=list)


@pytest.fixture
def trap() -> Iterator[Trap]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found, stop = Trap(listener.getsockname()[1]), threading.Event()
        listener.settimeout(0.05)

        def accept() -> None:
            while not stop.is_set():
                with suppress(TimeoutError):
                    found.taken.append(listener.accept()[1])

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield found
        stop.set()
        thread.join()


@pytest.fixture
def connected(monkeypatch: Any) -> list[Any]:
    """Every address that a socket of this process is connected to, those of the servers' own sockets left out."""
    seen: list[Any] = []
    connect = socket.socket.connect

    def noting(sock: socket.socket, address: Any) -> Any:
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            seen.append(address)
        return connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", noting)
    return seen


def targets(host: str, port: int) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("http", {"target": f"http://{host}/"}), ("http", {"target": f"https://{host}:8443/x?y"}),
        ("tcp", {"target": f"{host}:{port}"}), ("tls", {"target": f"{host}:{port}"}),
        ("dns", {"target": "a.example", "check": {"resolver": f"{host}:{port}"}}),
    ]  # fmt: skip


def test_over_a_hundred_addresses_are_refused_wherever_they_are_typed(
    project: Project, trap: Trap, connected: list[Any]
) -> None:
    assert len(HOSTS) >= 100
    before, now = make.probe(project), timezone.now()
    for number, host in enumerate(HOSTS):
        ways = [Wanted(name="Inside", kind=kind, **given) for kind, given in targets(host, trap.port)]
        for wanted in ways:  # what all ways of storing and trying go through
            with pytest.raises(ValidationError):
                probe_setup.check_of(Probe(project=project), wanted)
        wanted = ways[number % len(ways)]
        with pytest.raises(ValidationError):
            probe_setup.create(project, wanted, actor="test", now=now)
        with pytest.raises(ValidationError):
            probe_setup.update(before, wanted, actor="test", now=now)
        with pytest.raises(ValidationError):
            probe_setup.try_out(Probe(project=project), wanted, actor="test", now=now)
    assert (connected, trap.taken, Probe.objects.count()) == ([], [], 1)


def test_over_a_hundred_addresses_are_refused_when_they_are_looked_at(trap: Trap, connected: list[Any]) -> None:
    """As if they had been stored before they were inside."""
    for host in HOSTS:
        for kind, given in targets(host, trap.port):
            check = checks.clean({"kind": kind, "target": given["target"], "timeout": 2.0, **given.get("check", {})})
            found = looking.look(check, now=timezone.now())
            assert "may not be reached from here" in found.words, (kind, host)
    assert (connected, trap.taken) == ([], [])


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:169.254.169.254]", "localhost"])
def test_the_page_the_admin_and_the_api_refuse_alike(
    as_alice: Client, alice: Any, project: Project, admin_client: Client, connected: list[Any], host: str
) -> None:
    probe = make.probe(project)
    _, secret = tokens.create(alice, name="ssrf", scopes=["read", "admin"], now=timezone.now())
    headers = {"Authorization": f"Bearer {secret}"}
    form = {
        "name": "Inside", "target": f"http://{host}/", "interval": "1 min", "timeout": "10 s", "failure_threshold": "3",
        "recovery_threshold": "2", "expected_status": "200", "max_redirects": "5", "method": "GET", "kind": "http",
        "project": project.pk,
    }  # fmt: skip
    sent = {"name": "Inside", "kind": "http", "target": f"http://{host}/"}
    base, api = "/p/web/uptime/", "/api/v1/projects/web/probes/"
    for url in (f"{base}new/http/", f"{base}{probe.pk}/edit/"):
        assert as_alice.post(url, form).status_code == 422
        assert as_alice.post(url, {**form, "try": "1"}).status_code == 422
    for url in ("/admin/alerts/probe/add/", f"/admin/alerts/probe/{probe.pk}/change/"):
        answer = admin_client.post(url, form)
        assert (answer.status_code, b"not public" in answer.content) == (200, True)
    for method, url in (("post", api), ("post", f"{api}try/"), ("put", f"{api}{probe.pk}/")):
        assert getattr(Client(), method)(url, sent, content_type="application/json", headers=headers).status_code == 400
    assert not ProbeForm(form, project=project, kind="http").is_valid()
    assert (connected, Probe.objects.get().name) == ([], "Shop")


def test_a_name_that_moves_inside_after_it_was_stored_is_not_looked_at(
    project: Project, connected: list[Any], monkeypatch: Any
) -> None:
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 80))]
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]
    answer = [public]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **rest: answer[0])
    now = timezone.now()
    for kind, given in targets("rebinding.example", 443):
        probe_setup.create(
            project,
            Wanted(name=f"{kind} {len(connected)}{given['target'][:5]}", kind=kind, **given),
            actor="test",
            now=now,
        )
    for moved in (inside, [*public, *inside]):
        answer[0] = moved
        ProbeState.objects.update(next_at=now, claim=None)
        claimed = rounds.claim(now=now, most=99)
        assert len(claimed) == 5
        for one in claimed:
            assert "may not be reached from here" in rounds.look(one, now=now).words
    for probe in Probe.objects.all():
        assert probe_setup.look_now(probe, actor="test", now=now + timedelta(minutes=1)) is False
    assert connected == []


def test_no_redirect_leads_inside(settings: Any, connected: list[Any]) -> None:
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        check = checks.clean({"kind": "http", "target": server.url, "timeout": 2.0})
        for host in HOSTS:
            server.replies[:] = [Reply(307, {"Location": f"http://{host}/latest/meta-data/"})]
            found = looking.look(check, now=timezone.now())
            assert (found.is_ok, found.redirects) == (False, 0) or "may not be reached" in found.words, host
    assert {address[1] for address in connected} == {server.port}
    assert len(server.requests) == len(HOSTS)
