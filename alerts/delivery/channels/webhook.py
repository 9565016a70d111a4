"""The generic webhook: JSON, signed; docs/channels.md shows how a receiver verifies it."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from alerts.delivery import messages
from alerts.delivery.channels import contract
from alerts.delivery.messages import Message

FIELDS = ("url", "secret")
TAKES_EACH = False
HEARS_RESOLVED = True
WHERE = contract.Where(
    "Signed by the X-Obs headers, as docs/channels.md says. For a new receiver rather take “Webhook”."
)


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    secret = given.get("secret", "").strip()
    if not 16 <= len(secret) <= 200:
        raise contract.InvalidConfig("secret", "Between 16 and 200 characters.")
    return {"url": contract.clean_url(given), "secret": secret}


def mask(config: Mapping[str, Any]) -> str:
    return contract.mask_url(config["url"])


def new_secret() -> str:
    """A secret to offer to a person who adds a webhook."""
    return secrets.token_urlsafe(32)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Obs-Signature."""
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send(
    config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
) -> contract.Sent:
    """Nothing of the answer but its status is kept: the receiver may be anything."""
    body = orjson.dumps(messages.webhook_minimal(message) if minimal else messages.webhook(message))
    timestamp = str(int(now.timestamp()))
    headers = {
        "X-Obs-Timestamp": timestamp,
        "X-Obs-Signature": sign(config["secret"], timestamp, body),
        "X-Obs-Delivery": message.dedup,
    }
    answer = contract.post(config["url"], body, now=now, headers=headers)
    return contract.Sent("", answer.latency_ms, answer.status)
