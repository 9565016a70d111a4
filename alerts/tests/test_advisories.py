"""Holes that products of this kind had in what they send, each tried here under its name."""

import ast
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from alerts.delivery import channel_setup, deliver, http, notify
from alerts.delivery.channels import KINDS as ALL_KINDS
from alerts.models import Channel, DeliveryAttempt
from alerts.tests import make
from alerts.tests.delivery.test_http import resolver
from events.accounts import tokens
from events.models import Project
from events.tests import make as events_make
from events.tests.advisories import growth

PUBLIC = "https://1.1.1.1/hook/of/a/team/that/is/long"
INSIDE = ["http://127.0.0.1/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/"]
FORM = {"name": "Team", "min_level": "debug", "routing_key": make.ROUTING_KEY}
SECRETS = {"webhook": make.SIGNING, "standard": make.STANDARD}
KINDS = ["webhook", "standard", "teams", "pagerduty"]  # whose address a person chooses freely


def form(kind: str, url: str) -> dict[str, str]:
    return {**FORM, "kind": kind, "url": url, "secret": SECRETS.get(kind, "")}


def sent(kind: str, url: str) -> dict[str, str]:
    """What the kind has of it, as the API takes it."""
    return {name: text for name, text in form(kind, url).items() if name in ALL_KINDS[kind].FIELDS}


def given(kind: str, url: str) -> str:
    return json.dumps({"url": url, "secret": SECRETS.get(kind, ""), "routing_key": make.ROUTING_KEY})


def call(user: Any, method: str, where: str, sent: Any, now: datetime) -> Any:
    """The answer of the API of channels."""
    _, secret = tokens.create(user, name="call", scopes=["read", "admin"], now=now)
    address, headers = f"/api/v1/projects/web/channels/{where}", {"Authorization": f"Bearer {secret}"}
    return getattr(Client(), method)(address, sent, content_type="application/json", headers=headers)


@pytest.mark.parametrize("url", INSIDE)
def test_cve_2023_46746_ssrf_on_create(as_alice: Client, alice: Any, project: Project, url: str, now: datetime) -> None:
    """PostHog: a webhook could be made that called the house's own services."""
    for kind in KINDS:
        with pytest.raises(ValidationError):
            make.channel(project, url, kind=kind)
        page = as_alice.post(f"/p/web/alerts/channels/new/{kind}/", form(kind, url))
        answer = call(alice, "post", "", {"name": "Team", "kind": kind, **sent(kind, url)}, now)
        assert (page.status_code, answer.status_code) == (422, 400)
        assert answer.json()["fields"] == {"url": page.context["form"].errors["url"]}
        assert "OBS_OUTBOUND_ALLOW=" in answer.json()["detail"]
    assert not Channel.objects.exists()


@pytest.mark.parametrize("url", INSIDE)
def test_cve_2024_9710_ssrf_on_update(as_alice: Client, alice: Any, project: Project, url: str, now: datetime) -> None:
    """PostHog: what was checked when made was not checked when changed."""
    for kind in KINDS:
        channel = make.channel(project, PUBLIC, kind=kind)
        answer = as_alice.post(f"/p/web/alerts/channels/{channel.pk}/edit/", form(kind, url))
        assert answer.status_code == 422
        for change in (sent(kind, url), {"url": url}):
            refused = call(alice, "patch", f"{channel.pk}/", change, now)
            assert (refused.status_code, list(refused.json()["fields"])) == (400, ["url"])
        assert channel_setup.stored(Channel.objects.get(pk=channel.pk))["url"] == PUBLIC


@pytest.mark.parametrize("url", INSIDE)
def test_cve_2025_1521_ssrf_on_admin_save(project: Project, url: str) -> None:
    """PostHog: the test address was validated, the saved one was not."""
    root = get_user_model().objects.create_superuser("root", "root@example.org", "root-password-1")
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    for kind in KINDS:
        answer = client.post("/admin/alerts/channel/add/", {**form(kind, url), "project": project.pk})
        assert answer.status_code == 200
    assert not Channel.objects.exists()


@pytest.mark.parametrize("url", INSIDE)
def test_cve_2025_1522_ssrf_on_send(project: Project, alice: Any, url: str, now: datetime) -> None:
    """PostHog: the worker trusted the stored address, followed redirects, and ended in code execution."""
    for kind in KINDS:
        channel = make.channel(project, PUBLIC, kind=kind)
        channel.config = given(kind, url)
        channel.save(update_fields=["config"])
    make.transition(events_make.issue(project))
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    assert set(DeliveryAttempt.objects.values_list("status", "decision")) == {(None, "disabled")}
    assert DeliveryAttempt.objects.count() == len(KINDS)
    for channel in Channel.objects.select_related("project"):
        assert not channel_setup.test(channel, actor="test", now=now).is_sent
        tried = call(alice, "post", f"{channel.pk}/test/", None, now).json()
        assert (tried["is_sent"], tried["status"]) == (False, None)
        assert "OBS_OUTBOUND_ALLOW=" in tried["words"]


@pytest.mark.parametrize("url", INSIDE)
def test_ghsa_hqp7_ssrf_when_debugging(settings: Any, url: str) -> None:
    """PostHog: DEBUG switched the check off."""
    settings.DEBUG = True
    with pytest.raises(http.Refused):
        http.send(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://1.1.1.1\\@127.0.0.1/", "http://1.1.1.1@127.0.0.1/", "http://127.0.0.1#@1.1.1.1/", "http://1.1.1.1:80:80/",
        "http://①②⑦.⓪.⓪.①/", "http://1.1.1.1\t@127.0.0.1/", "http:///127.0.0.1/", "http:127.0.0.1/", " http://1.1.1.1/",
    ],
)  # fmt: skip
def test_ghsa_fp53_url_parser_differential(url: str) -> None:
    """Bugsink: one parser checked a host, another connected to a different one."""
    for call in (http.parse, http.check, http.send):
        with pytest.raises(http.Refused):
            call(url)


def test_ghsa_w589_rebinding(monkeypatch: Any) -> None:
    """Bugsink: a name was public when checked and private when called."""
    resolver(monkeypatch, ["1.1.1.1"], ["127.0.0.1"])
    http.check("http://rebinding.example/")
    with pytest.raises(http.Refused):
        http.send("http://rebinding.example/")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "FILE:///etc/passwd", "gopher://1.1.1.1/", "ftp://1.1.1.1/", "data:,x"]
)
def test_cve_2024_56331_file_scheme(project: Project, url: str) -> None:
    """Uptime Kuma: file:// read the server's files into a screenshot."""
    with pytest.raises(http.Refused):
        http.send(url)
    with pytest.raises(ValidationError):
        make.channel(project, url)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]",
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376",
    ],
)  # fmt: skip
def test_ghsa_qjxc_metadata_ssrf(host: str) -> None:
    """Uptime Kuma: the credentials of the cloud's metadata service came back in a monitor."""
    with pytest.raises((http.Refused, http.Unreachable)) as raised:
        http.send(f"http://{host}/latest/meta-data/")
    assert raised.type is http.Refused


@pytest.mark.parametrize(
    "text",
    ["{{ 7|add:7 }}", "{% debug %}", "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{ self.__init__ }}", "{0.kind}"],
)
def test_ghsa_vffh_and_cve_2026_33130_template_syntax_arrives_literally(
    project: Project, text: str, now: datetime
) -> None:
    """Uptime Kuma: a template in a message ran on the server, and again after the first repair."""
    make.channel(project)
    make.transition(events_make.issue(project, title=text, culprit=text))
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    [sent] = mail.outbox
    assert text in sent.subject
    assert text in str(sent.body)


@pytest.mark.parametrize("piece", ["a.", "-", "a-", "%41", "/", "?", "[:", "http://"])
def test_cve_2025_26042_notification_url_redos(piece: str) -> None:
    """Uptime Kuma: checking a long notification URL took for ever; here it is short, and the work linear."""

    def attempt(url: str) -> None:
        with pytest.raises(http.Refused):
            http.parse(url)

    assert growth(attempt, lambda size: f"http://{piece * (size // len(piece))}\n", size=240) < 24
    attempt("http://a/" + "a" * 2000)


def test_ghsa_hfxh_command_injection() -> None:
    """Uptime Kuma: a host name became part of a shell command; nothing here that sends starts a process."""
    for host in ("`id`", "$(id)", "a;id", "a|id", "-oProxyCommand=id", "a b"):
        with pytest.raises(http.Refused):
            http.parse(f"http://{host}/")
    folder = Path(http.__file__).parent
    for path in (path for path in folder.rglob("*.py") if "tests" not in path.parts):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = {alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
        assert not names & {"subprocess", "pty", "os"}, path
