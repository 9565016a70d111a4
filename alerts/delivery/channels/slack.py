"""Slack incoming webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from alerts.delivery import messages, pictures
from alerts.delivery.channels import contract
from alerts.delivery.messages import Message

FIELDS = ("url",)
TAKES_EACH = False
HEARS_RESOLVED = False
WHERE = contract.Where(
    "In Slack: Apps, Incoming WebHooks, Add to Slack, choose the channel, and copy the Webhook URL.",
    "https://api.slack.com/messaging/webhooks", "Slack: Sending messages using incoming webhooks",
)  # fmt: skip
# Answers of 400 that no other form of the message mends.
_GONE = ("invalid_token", "no_service", "no_team")
HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    return {"url": contract.clean_url(given, hosts=HOSTS)}


def mask(config: Mapping[str, Any]) -> str:
    return contract.mask_url(config["url"])


def send(
    config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
) -> contract.Sent:
    """A webhook of Slack names no message, so there is no remote id."""
    whole = messages.slack_minimal(message) if minimal else messages.slack(message, picture=pictures.address(message))
    body = orjson.dumps(whole)
    try:
        answer = contract.post(config["url"], body, now=now, hosts=HOSTS, explain=contract.quoted)
    except contract.DeliveryError as error:
        error.is_permanent |= error.status == 400 and any(word in error.reason for word in _GONE)
        raise
    return contract.Sent("", answer.latency_ms, answer.status)
