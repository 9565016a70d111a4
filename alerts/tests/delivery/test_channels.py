"""Each kind of channel keeps the contract of its receiver."""

import hashlib
import hmac
import smtplib
from datetime import datetime
from typing import Any

import orjson
import pytest
from django.core import mail

from alerts.delivery.channels import KINDS, DeliveryError, InvalidConfig
from alerts.delivery.messages import Message
from alerts.models import Channel
from alerts.tests import make
from alerts.tests.servers import Reply, serving, talking
from events.tests.make import NOW

MESSAGE = Message(
    kind="new_issue", dedup="d" * 32, title="<b>KeyError</b>: 'x'", project="Web", at=NOW.isoformat(), issue_id=7,
    link="https://obs.example/p/web/issues/7/", environment="production",
)  # fmt: skip
HTTP_KINDS = ["slack", "discord", "webhook", "standard", "teams", "pagerduty"]


def config(url: str) -> dict[str, str]:
    return {"url": url, "secret": make.SIGNING, "routing_key": make.ROUTING_KEY}


def test_there_is_a_module_for_every_kind() -> None:
    assert sorted(KINDS) == sorted(Channel.Kind.values)


@pytest.mark.parametrize("kind", HTTP_KINDS)
@pytest.mark.parametrize("status", [200, 204])
def test_a_good_answer_is_sent(settings: Any, kind: str, status: int) -> None:
    with serving(Reply(status, {}, b"")) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        sent = KINDS[kind].send(config(server.url), MESSAGE, now=NOW)
    assert sent.status == status
    assert server.requests[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("kind", HTTP_KINDS)
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 429, 500, 503])
def test_any_other_answer_is_an_error_with_its_status(settings: Any, kind: str, status: int) -> None:
    with serving(Reply(status, {"Retry-After": "3", "Location": "http://169.254.169.254/"}, b"{}")) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        with pytest.raises(DeliveryError) as raised:
            KINDS[kind].send(config(server.url), MESSAGE, now=NOW)
    assert (raised.value.status, raised.value.retry_after, raised.value.is_permanent) == (status, 3, False)
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_no_answer_is_an_error_without_status(settings: Any, kind: str) -> None:
    with talking(lambda connection: None) as endpoint:
        settings.OBS_OUTBOUND_ALLOW = [endpoint]
        with pytest.raises(DeliveryError) as raised:
            KINDS[kind].send(config(f"http://{endpoint}/"), MESSAGE, now=NOW)
    assert (raised.value.status, raised.value.is_permanent) == (None, False)


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_a_private_address_is_a_permanent_error(kind: str) -> None:
    with pytest.raises(DeliveryError) as raised:
        KINDS[kind].send(config("http://169.254.169.254/latest/"), MESSAGE, now=NOW)
    assert raised.value.is_permanent


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("12", 12),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("nan", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(settings: Any, header: str, seconds: float | None) -> None:
    with serving(Reply(429, {"Retry-After": header})) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        with pytest.raises(DeliveryError) as raised:
            KINDS["webhook"].send(config(server.url), MESSAGE, now=NOW)
    assert raised.value.retry_after == seconds


def test_discord_waits_for_the_id_of_the_message(settings: Any) -> None:
    with serving(Reply(200, {}, b'{"id": "12345"}')) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        sent = KINDS["discord"].send(config(server.url), MESSAGE, now=NOW)
    assert sent.remote_id == "12345"
    assert server.requests[0].path.endswith("?wait=true")
    assert orjson.loads(server.requests[0].body)["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("body", [b'{"retry_after": 1.5, "global": false, "message": "You are being rate limited."}'])
def test_discord_says_in_the_body_how_long_to_wait(settings: Any, body: bytes) -> None:
    with serving(Reply(429, {"Retry-After": "2"}, body)) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        with pytest.raises(DeliveryError) as raised:
            KINDS["discord"].send(config(server.url), MESSAGE, now=NOW)
    assert raised.value.retry_after == 1.5
    assert raised.value.reason == "Answered 429. You are being rate limited."


def test_the_webhook_is_signed_over_time_and_body(settings: Any) -> None:
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        KINDS["webhook"].send(config(server.url), MESSAGE, now=NOW)
    request = server.requests[0]
    timestamp = request.headers["X-Obs-Timestamp"]
    expected = hmac.new(make.SIGNING.encode(), timestamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert timestamp == str(int(NOW.timestamp()))
    assert request.headers["X-Obs-Signature"] == f"v1={expected}"
    assert orjson.loads(request.body)["title"] == MESSAGE.title


def test_the_answer_of_a_webhook_is_not_quoted(settings: Any) -> None:
    with serving(Reply(500, {}, b"internal secret of the receiver")) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        with pytest.raises(DeliveryError) as raised:
            KINDS["webhook"].send(config(server.url), MESSAGE, now=NOW)
    assert raised.value.reason == "Answered 500."


def test_mail_has_a_text_and_an_escaped_html_form() -> None:
    KINDS["email"].send({"addresses": ["a@example.org", "b@example.org"]}, MESSAGE, now=NOW)
    [sent] = mail.outbox
    assert sent.to == ["a@example.org", "b@example.org"]
    assert sent.subject == "[Web] New issue: <b>KeyError</b>: 'x'"
    assert "<b>KeyError</b>" in sent.body
    html = sent.alternatives[0][0]
    assert "&lt;b&gt;KeyError&lt;/b&gt;" in html
    assert 'href="https://obs.example/p/web/issues/7/"' in html
    assert sent.extra_headers["Message-ID"].startswith(f"<{MESSAGE.dedup}@")


def test_the_minimal_mail_is_text() -> None:
    KINDS["email"].send({"addresses": ["a@example.org"]}, MESSAGE, now=NOW, minimal=True)
    assert mail.outbox[0].alternatives == []


@pytest.mark.parametrize(
    ("failure", "status", "is_permanent"),
    [
        (smtplib.SMTPRecipientsRefused({"a@example.org": (550, b"no")}), None, True),
        (smtplib.SMTPRecipientsRefused({"a@example.org": (450, b"later")}), None, False),
        (smtplib.SMTPDataError(554, b"spam"), 400, False),
        (smtplib.SMTPDataError(451, b"later"), 503, False),
        (smtplib.SMTPAuthenticationError(535, b"no"), None, False),
        (TimeoutError(), None, False),
    ],
)
def test_what_the_mail_server_says_has_its_consequence(
    monkeypatch: Any, failure: Exception, status: int | None, is_permanent: bool
) -> None:
    def refuse(self: Any, messages: Any) -> int:
        raise failure

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    with pytest.raises(DeliveryError) as raised:
        KINDS["email"].send({"addresses": ["a@example.org"]}, MESSAGE, now=NOW)
    assert (raised.value.status, raised.value.is_permanent) == (status, is_permanent)


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("slack", {"url": "https://hooks.slack.com.evil.example/services/x"}, "url"),
        ("slack", {"url": "http://hooks.slack.com/services/x"}, "url"),
        ("slack", {}, "url"),
        ("discord", {"url": "https://discord.com.evil.example/api/webhooks/1/x"}, "url"),
        ("webhook", {"url": "http://127.0.0.1/", "secret": "x" * 16}, "url"),
        ("webhook", {"url": "http://localhost/", "secret": "x" * 16}, "url"),
        ("webhook", {"url": "http://[64:ff9b::a9fe:a9fe]/", "secret": "x" * 16}, "url"),
        ("webhook", {"url": "file:///etc/passwd", "secret": "x" * 16}, "url"),
        ("webhook", {"url": "https://1.1.1.1/", "secret": "short"}, "secret"),
        ("email", {"addresses": ""}, "addresses"),
        ("email", {"addresses": "not an address"}, "addresses"),
        ("email", {"addresses": "a@example.org\r\nBcc: b@example.org"}, "addresses"),
        ("email", {"addresses": " ".join(f"a{n}@example.org" for n in range(21))}, "addresses"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(kind: str, given: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidConfig) as raised:
        KINDS[kind].clean(given)
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("kind", "stored", "shown"),
    [
        ("slack", {"url": "https://hooks.slack.com/services/T000/B000/abcdefX1a9"}, "hooks.slack.com/…X1a9"),
        ("webhook", {"url": "https://a.example/short"}, "a.example/…"),
        ("email", {"addresses": ["alice@example.org", "b@example.org"]}, "a…@example.org and 1 more"),
    ],
)
def test_a_secret_is_shown_by_its_end(kind: str, stored: dict[str, Any], shown: str) -> None:
    assert KINDS[kind].mask(stored) == shown


def test_the_documented_receiver_verifies_what_is_sent(settings: Any, now: datetime) -> None:
    """The example of docs/channels.md, as it stands there."""
    page = (settings.BASE_DIR / "docs" / "channels.md").read_text()
    example: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], example)
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        KINDS["webhook"].send(config(server.url), MESSAGE, now=now)
    request, clock = server.requests[0], now.timestamp()
    verify = example["is_genuine"]
    assert verify(make.SIGNING, request.headers, request.body, clock)
    assert not verify("another-secret-entirely", request.headers, request.body, clock)
    assert not verify(make.SIGNING, request.headers, request.body + b" ", clock)
    assert not verify(make.SIGNING, request.headers, request.body, clock + 301)
