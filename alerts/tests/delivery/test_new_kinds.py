"""PagerDuty, Microsoft Teams and Standard Webhooks: their limits, their answers, and what no text may do there."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from alerts.delivery import http
from alerts.delivery.channels import KINDS, DeliveryError, InvalidConfig, pagerduty, standard, teams
from alerts.delivery.messages import Message
from alerts.tests import make
from alerts.tests.delivery.test_http import REFUSED_ADDRESSES
from alerts.tests.delivery.test_messages import anything, new_issue, texts, units
from alerts.tests.servers import Reply, serving
from events.tests.make import NOW

# The table of http.py's own tests, the ends of each network that is denied, and what IPv6 can wrap IPv4 in.
_INNER = ("127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.0.1")
INSIDE = sorted(
    {address for address in REFUSED_ADDRESSES.split() if "%" not in address and address[0] in "0123456789abcdef:"}
    | {str(network[place]) for network in (*http._DENIED_V4, *http._DENIED_V6) for place in (0, -1)}
    | {f"{wrap}{inner}" for wrap in ("::ffff:", "64:ff9b::", "::") for inner in _INNER}
)
CONFIG = {"url": pagerduty.US, "routing_key": make.ROUTING_KEY}
MENTIONS = "<!channel> <at>everyone</at> @everyone [ok](https://evil.example) **b** {{DATE(2017-02-14T06:08:39Z)}}"


@hypothesis_settings(max_examples=80, deadline=None)
@given(message=anything)
def test_pagerduty_accepts_every_message(message: Message) -> None:
    for minimal in (False, True):
        event = pagerduty.event(CONFIG, message, minimal=minimal)
        assert len(orjson.dumps(event)) <= 512 * 1024
        assert 1 <= len(event["dedup_key"]) <= 255
        assert event["event_action"] == ("resolve" if message.is_end else "trigger")
        if not message.is_end:
            payload = event["payload"]
            assert 1 <= units(payload["summary"]) <= 1024
            assert payload["source"]
            assert payload["severity"] in ("critical", "error", "warning", "info")
            assert all(link["href"].startswith("http") and link["text"] for link in event.get("links", []))


@hypothesis_settings(max_examples=80, deadline=None)
@given(message=anything)
def test_teams_accepts_every_message(message: Message) -> None:
    picture = "https://obs.example/alert-pictures/" + "t" * 200 + ".png"
    for body in (teams.card(message, picture=picture), teams.minimal_card(message)):
        written = orjson.dumps(body)
        assert len(written) <= 12 * 1024
        assert units(written.decode()) <= 12 * 1024
        content = body["attachments"][0]["content"]
        assert content["version"] == "1.2"
        assert "msteams" not in content  # without entities no text mentions anybody
        for block in content["body"]:
            shown = [block["text"]] if block["type"] == "TextBlock" else texts(block.get("facts", []))
            assert all(_is_escaped(text) for text in shown)
        assert all(action["url"].startswith("http") for action in content["actions"])


def _is_escaped(text: str) -> bool:
    """No mark of Markdown, HTML or templates stands without a backslash; those of this program do not either."""
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] in "*_~`[]<>{}|!" or (text[at] == "(" and text[at - 1] == "]"):
            return False
        at += 1
    return True


@hypothesis_settings(max_examples=80, deadline=None)
@given(message=anything)
def test_standard_webhooks_stay_below_twenty_kilobytes(message: Message) -> None:
    for minimal in (False, True):
        body = standard.body_of(message, minimal=minimal)
        assert len(orjson.dumps(body)) <= 20_000
        assert set(body) == {"type", "timestamp", "data"}


def test_the_vector_of_standard_webhooks_is_signed_as_others_sign_it() -> None:
    body = b'{"type":"incident.opened","timestamp":"2026-11-27T10:00:00Z","data":{"id":"inc_1"}}'
    signature = standard.sign(make.STANDARD, "msg_1", "1795773600", body)
    assert signature == "v1,nrxnU5eJf+p0Xp6uDHGc3nIzlGuTOMghZozjnE/vpW0="


def test_a_retry_keeps_the_id_and_signs_its_own_time(settings: Any) -> None:
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        for seconds in (0, 60):
            sent_at = NOW + timedelta(seconds=seconds)
            KINDS["standard"].send({"url": server.url, "secret": make.STANDARD}, new_issue(), now=sent_at)
    first, second = server.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "msg_" + "d" * 32
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 60
    for request in server.requests:
        key = base64.b64decode(make.STANDARD.removeprefix("whsec_"))
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert orjson.loads(first.body)["type"] == "issue.new"
    assert standard.clean({"url": "https://1.1.1.1/hook", "secret": standard.new_secret()})["secret"]


def test_the_end_of_an_alert_resolves_what_its_beginning_triggered() -> None:
    began = pagerduty.event(CONFIG, new_issue(kind="firing", thread="t" * 32, dedup="1" * 32, level="fatal"))
    ended = pagerduty.event(CONFIG, new_issue(kind="alert_ended", thread="t" * 32, dedup="2" * 32))
    assert (began["event_action"], ended["event_action"]) == ("trigger", "resolve")
    assert began["dedup_key"] == ended["dedup_key"] == "t" * 32
    assert began["payload"]["severity"] == "critical"
    assert began["payload"]["custom_details"]["dedup"] == "1" * 32


def test_a_test_leaves_no_incident_open(settings: Any) -> None:
    with serving(Reply(202, {}, b'{"status":"success","dedup_key":"d"}')) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        sent = KINDS["pagerduty"].send({**CONFIG, "url": server.url}, new_issue(kind="test"), now=NOW)
    actions = [orjson.loads(request.body)["event_action"] for request in server.requests]
    assert (sent.status, actions) == (202, ["trigger", "resolve"])


def test_mentions_and_links_are_inert_in_every_kind() -> None:
    message = new_issue(title=MENTIONS, culprit=MENTIONS, details=((MENTIONS, MENTIONS),))
    card = orjson.dumps(teams.card(message)).decode()
    assert "<at>" not in card
    assert "[ok](" not in card
    assert "{{DATE" not in card
    assert pagerduty.event(CONFIG, message)["payload"]["summary"].endswith(MENTIONS)  # plain text, shown as it is


def test_an_error_that_a_connector_hides_in_a_200_is_seen(settings: Any) -> None:
    said = b"Webhook message delivery failed: Microsoft Teams endpoint returned HTTP error 429 with ContextId"
    with serving(Reply(200, {}, said)) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        with pytest.raises(DeliveryError) as raised:
            KINDS["teams"].send({"url": server.url}, new_issue(), now=NOW)
    assert raised.value.status == 429


@pytest.mark.parametrize(
    ("kind", "given", "field", "words"),
    [
        ("pagerduty", {"routing_key": "short"}, "routing_key", "32 letters"),
        ("pagerduty", {"routing_key": "é" * 32}, "routing_key", "32 letters"),
        ("pagerduty", {"routing_key": "a" * 32, "url": "http://10.0.0.1/v2"}, "url", "OBS_OUTBOUND_ALLOW=10.0.0.1:80"),
        ("teams", {"url": "https://1.1.1.1/short"}, "url", "all of it"),
        ("teams", {"url": "http://169.254.169.254/a-long-address-of-a-workflow"}, "url", "OBS_OUTBOUND_ALLOW="),
        ("standard", {"url": "https://1.1.1.1/", "secret": "whsec_short"}, "secret", "24 to 64"),
        ("standard", {"url": "https://1.1.1.1/", "secret": make.SIGNING}, "secret", "24 to 64"),
        ("standard", {"url": "http://127.0.0.1:9/", "secret": make.STANDARD}, "url", "OBS_OUTBOUND_ALLOW=127.0.0.1:9"),
        ("slack", {"url": "https://chat.example/hook"}, "url", "OBS_OUTBOUND_ALLOW=chat.example:443"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_and_the_setting_is_named(
    kind: str, given: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(InvalidConfig) as raised:
        KINDS[kind].clean(given)
    assert raised.value.field == field
    assert words in raised.value.reason


@pytest.mark.parametrize("kind", ["teams", "pagerduty", "standard"])
def test_no_address_inside_is_taken_or_called(kind: str, monkeypatch: Any) -> None:
    """Each address of the table, when a channel is made and when a stored one sends: no socket is opened."""
    opened: list[Any] = []
    monkeypatch.setattr(http, "_open", lambda addresses, timeout: opened.append(addresses))
    assert len(INSIDE) >= 100
    for address in INSIDE:
        host = f"[{address}]" if ":" in address else address
        given = {"url": f"https://{host}/a/long/address/of/a/workflow", "secret": make.STANDARD}
        given["routing_key"] = make.ROUTING_KEY
        with pytest.raises(InvalidConfig):
            KINDS[kind].clean(given)
        with pytest.raises(DeliveryError) as raised:
            KINDS[kind].send(given, new_issue(), now=NOW)
        assert raised.value.is_permanent, address
    assert opened == []
