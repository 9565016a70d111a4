"""Webhooks signed by the rules of Standard Webhooks 1.0: https://www.standardwebhooks.com/"""

import base64
import binascii
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
    "Any receiver that verifies webhook-id, webhook-timestamp and webhook-signature: libraries for most languages do.",
    "https://www.standardwebhooks.com/", "Standard Webhooks",
)  # fmt: skip
PREFIX = "whsec_"
MAX_BYTES = 20_000
# What a receiver switches on: a subject and what became of it.
_TYPES = {
    "new_issue": "issue.new",
    "regression": "issue.regressed",
    "unignored": "issue.unignored",
    "resolved": "issue.resolved",
    "firing": "alert.firing",
    "still_firing": "alert.still_firing",
    "alert_ended": "alert.ended",
    "flapping": "alert.flapping",
    "monitor_down": "monitor.down",
    "monitor_up": "monitor.up",
}


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    secret = given.get("secret", "").strip()
    if not 24 <= len(_key(secret)) <= 64:
        raise contract.InvalidConfig("secret", f"{PREFIX} and the base64 form of 24 to 64 bytes.")
    return {"url": contract.clean_url(given), "secret": secret}


def mask(config: Mapping[str, Any]) -> str:
    return contract.mask_url(config["url"])


def new_secret() -> str:
    """A secret to offer to a person who adds a webhook."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The value of webhook-signature."""
    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def body_of(message: Message, *, minimal: bool = False) -> dict[str, Any]:
    """`type`, `timestamp` and `data`, below the size that receivers are told to expect."""
    head = {"type": _TYPES.get(message.kind, f"notice.{message.kind}"), "timestamp": message.at}
    if not minimal:
        whole = {**head, "data": messages.webhook(message)}
        if len(orjson.dumps(whole)) <= MAX_BYTES:
            return whole
    return {**head, "data": messages.webhook_minimal(message)}


def send(
    config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
) -> contract.Sent:
    """The id stays the same on every try, the time and the signature are those of the try."""
    body = orjson.dumps(body_of(message, minimal=minimal))
    message_id, timestamp = f"msg_{message.dedup}", str(int(now.timestamp()))
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(config["secret"], message_id, timestamp, body),
    }
    answer = contract.post(config["url"], body, now=now, headers=headers)
    return contract.Sent("", answer.latency_ms, answer.status)


def _key(secret: str) -> bytes:
    """The bytes of the secret; none where it has another form."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except binascii.Error:
        return b""
