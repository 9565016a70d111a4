"""Slack incoming webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from alerts.delivery import messages
from alerts.delivery.channels import contract
from alerts.delivery.messages import Message

FIELDS = ("url",)
HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    return {"url": contract.clean_url(given, hosts=HOSTS)}


def mask(config: Mapping[str, Any]) -> str:
    return contract.mask_url(config["url"])


def send(config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False) -> contract.Sent:
    """A webhook of Slack names no message, so there is no remote id."""
    body = orjson.dumps(messages.slack_minimal(message) if minimal else messages.slack(message))
    answer = contract.post(config["url"], body, now=now, hosts=HOSTS, explain=contract.quoted)
    return contract.Sent("", answer.latency_ms, answer.status)
