"""Discord webhooks: https://discord.com/developers/docs/resources/webhook#execute-webhook"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from alerts.delivery import http, messages
from alerts.delivery.channels import contract
from alerts.delivery.messages import Message

FIELDS = ("url",)
HOSTS = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    return {"url": contract.clean_url(given, hosts=HOSTS)}


def mask(config: Mapping[str, Any]) -> str:
    return contract.mask_url(config["url"])


def send(config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False) -> contract.Sent:
    """Waits for the message's id: without `wait`, Discord answers 204 even when it loses the message."""
    url = config["url"]
    url += "&wait=true" if "?" in url else "?wait=true"
    body = orjson.dumps(messages.discord_minimal(message) if minimal else messages.discord(message))
    answer = contract.post(url, body, now=now, hosts=HOSTS, explain=_explain, retry_after=_retry_after)
    return contract.Sent(str(contract.parsed_json(answer).get("id", ""))[:64], answer.latency_ms, answer.status)


def _explain(answer: http.Answer) -> str:
    return str(contract.parsed_json(answer).get("message", ""))[:120]


def _retry_after(answer: http.Answer) -> float | None:
    """The body's float is finer than the header's whole seconds."""
    value = contract.parsed_json(answer).get("retry_after")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value > 0 else None
