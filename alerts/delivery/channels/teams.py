"""Microsoft Teams by a workflow's webhook: an Adaptive Card.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
import re2

from alerts.delivery import http, messages, pictures
from alerts.delivery.channels import contract
from alerts.delivery.messages import Message, clock, fit, one_line

FIELDS = ("url",)
TAKES_EACH = False
HEARS_RESOLVED = False
WHERE = contract.Where(
    "In Teams: the channel's … menu, Workflows, “Post to a channel when a webhook request is received”, and copy the "
    "address.",
    "https://support.microsoft.com/office/8ae491c7-0394-4861-ba59-055e33f75498",
    "Microsoft: Incoming Webhooks with Workflows",
)  # fmt: skip
# Workflows refuse at 28 KB, and in practice from 14 KB on, counted in UTF-16.
MAX_BYTES = 12 * 1024
_MARKS = frozenset("\\*_~`|[]()<>#@:-+!{}")
# Old connectors answer 200 and write into the body what went wrong.
_HIDDEN = re2.compile(rb"HTTP error (\d{3})")


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    url = contract.clean_url(given)
    if len(http.parse(url).target) < 20:
        raise contract.InvalidConfig("url", "The address of a workflow is long: copy all of it.")
    return {"url": url}


def mask(config: Mapping[str, Any]) -> str:
    return contract.mask_url(config["url"])


def escape(text: str) -> str:
    """Text that a card shows as it is: no link, no mention, no template."""
    return "".join(f"\\{character}" if character in _MARKS else character for character in text)


def card(message: Message, *, picture: str = "") -> dict[str, Any]:
    """The message with its card, below the size that workflows take; `picture` is where Teams finds the chart."""
    return messages.within(MAX_BYTES, lambda share: _wrapped(message, _content(message, picture, share)))


def minimal_card(message: Message) -> dict[str, Any]:
    """A card of one line."""
    line = _line(f"{message.headline}: {fit(one_line(message.title), 300, escape)}")
    return _wrapped(message, {"body": [line], "actions": _actions(message)[:1]})


def send(
    config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
) -> contract.Sent:
    """202 says that the workflow was queued, and no more: a card names no message."""
    body = orjson.dumps(minimal_card(message) if minimal else card(message, picture=pictures.address(message)))
    answer = contract.post(config["url"], body, now=now)
    hidden = _HIDDEN.search(answer.body)
    if hidden:
        raise contract.DeliveryError(f"Answered {hidden[1].decode()} within a 200.", status=int(hidden[1]))
    return contract.Sent("", answer.latency_ms, answer.status)


def _content(message: Message, picture: str, share: float) -> dict[str, Any]:
    def cut(text: str, limit: int) -> str:
        return fit(text, round(limit * share), escape)

    colour = "Good" if message.is_good else {"warning": "Warning", "info": "Accent"}.get(message.level, "Attention")
    title = f"{message.headline}: {cut(one_line(message.title), 200)}"
    body = [_line(title, size="Medium", weight="Bolder", color=colour)]
    body += [_line(cut(part, 300)) for part in message.paragraphs]
    if message.facts:
        facts = [{"title": cut(label, 60), "value": cut(value, 150)} for label, value in message.facts[:16]]
        body.append({"type": "FactSet", "facts": facts})
    body += [_line(f"• {cut(line, 120)}") for line in message.listing]
    if picture:
        body.append({"type": "Image", "url": picture, "altText": "The last values, and the limit where there is one"})
    body.append(_line(f"{clock(message.at)} · {fit(message.dedup, 64, escape)}", size="Small", isSubtle=True))
    return {"body": body, "actions": _actions(message)}


def _line(text: str, **look: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **look}


def _actions(message: Message) -> list[dict[str, str]]:
    return [{"type": "Action.OpenUrl", "title": fit(label, 40), "url": address} for label, address in message.buttons]


def _wrapped(message: Message, content: Mapping[str, Any]) -> dict[str, Any]:
    whole = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "fallbackText": fit(f"{message.headline}: {one_line(message.title)}", 300, escape),
        **content,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": whole}]}
