"""PagerDuty's Events API v2, and whatever takes the same events: https://developer.pagerduty.com/docs/events-api-v2/"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from alerts.delivery import http, messages, pictures
from alerts.delivery.channels import contract
from alerts.delivery.messages import Message, fit, one_line

FIELDS = ("routing_key", "url")
TAKES_EACH = True
HEARS_RESOLVED = True
WHERE = contract.Where(
    "In PagerDuty: Services, the service, Integrations, Add integration, Events API V2, and copy the Integration Key. "
    "Accounts in the EU: https://events.eu.pagerduty.com/v2/enqueue as the URL.",
    "https://support.pagerduty.com/main/docs/services-and-integrations", "PagerDuty: Services and Integrations",
)  # fmt: skip
US = "https://events.pagerduty.com/v2/enqueue"
HOSTS = frozenset({"events.pagerduty.com", "events.eu.pagerduty.com"})
SUMMARY, DEDUP, MAX_BYTES = 1024, 255, 512 * 1024
_SEVERITIES = {"fatal": "critical", "error": "error", "warning": "warning"}


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    key = given.get("routing_key", "").strip()
    if len(key) != 32 or not key.isascii() or not key.isalnum():
        raise contract.InvalidConfig("routing_key", "An integration key has 32 letters and digits.")
    return {"url": contract.clean_url({"url": given.get("url", "").strip() or US}), "routing_key": key}


def mask(config: Mapping[str, Any]) -> str:
    return f"{http.parse(config['url']).host}/…{config['routing_key'][-4:]}"


def event(config: Mapping[str, Any], message: Message, *, minimal: bool = False) -> dict[str, Any]:
    """What opens, repeats or resolves: all that is said of one thing has one dedup_key."""
    head = _head(config, message)
    if message.is_end:
        return {**head, "event_action": "resolve"}
    return {**head, "event_action": "trigger", "client": "FormaOS Observability", **_trigger(message, minimal=minimal)}


def send(
    config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
) -> contract.Sent:
    """One event; a test opens and resolves, so that nobody is left with it."""
    sent = _post(config, event(config, message, minimal=minimal), now=now)
    if message.kind == "test":
        _post(config, {**_head(config, message), "event_action": "resolve"}, now=now)
    return sent


def _head(config: Mapping[str, Any], message: Message) -> dict[str, str]:
    return {"routing_key": config["routing_key"], "dedup_key": fit(message.thread or message.dedup, DEDUP)}


def _trigger(message: Message, *, minimal: bool) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "summary": fit(f"[{one_line(message.project)}] {message.headline}: {one_line(message.title)}", SUMMARY),
        "source": fit(one_line(message.project), 255) or "formaos-obs",
        "severity": _SEVERITIES.get(message.level, "info"),
        "timestamp": message.at,
    }
    if minimal:
        return {"payload": payload}
    payload["component"] = fit(one_line(message.culprit), 255)
    payload["group"] = fit(one_line(message.environment), 255)
    payload["class"] = message.kind
    payload["custom_details"] = {
        **{fit(label, 60): fit(value, 500) for label, value in message.facts},
        "dedup": message.dedup,
        "said": [fit(line, 300) for line in (*message.paragraphs, *message.listing)],
    }
    links = [{"href": address, "text": fit(label, 40)} for label, address in message.buttons]
    address = pictures.address(message)
    images = {"images": [{"src": address, "alt": "The last values"}]} if address.startswith("https://") else {}
    opened = {"client_url": message.buttons[0][1]} if message.buttons else {}
    return {"payload": {name: value for name, value in payload.items() if value}, "links": links, **images, **opened}


def _post(config: Mapping[str, Any], body: Mapping[str, Any], *, now: datetime) -> contract.Sent:
    answer = contract.post(config["url"], orjson.dumps(body), now=now, explain=_explain(config["url"]))
    return contract.Sent(str(body["dedup_key"])[:64], answer.latency_ms, answer.status)


def _explain(url: str) -> Callable[[http.Answer], str]:
    """Its own answers may be quoted, those of whatever else takes its events may not."""
    return _reasons if http.parse(url).host in HOSTS else lambda answer: ""


def _reasons(answer: http.Answer) -> str:
    said = contract.parsed_json(answer)
    errors = said.get("errors")
    found = [str(said.get("message", "")), *(map(str, errors) if isinstance(errors, list) else [])]
    return messages.clean(" ".join(found))[:120]
