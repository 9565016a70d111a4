"""Discord webhooks: https://discord.com/developers/docs/resources/webhook#execute-webhook"""

import hashlib
import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson

from alerts.delivery import http, messages, pictures
from alerts.delivery.channels import contract
from alerts.delivery.messages import Message

FIELDS = ("url",)
TAKES_EACH = False
HEARS_RESOLVED = True
WHERE = contract.Where(
    "In Discord: Edit Channel, Integrations, Webhooks, New Webhook, Copy Webhook URL.",
    "https://support.discord.com/hc/en-us/articles/228383668", "Discord: Intro to Webhooks",
)  # fmt: skip
HOSTS = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    return {"url": contract.clean_url(given, hosts=HOSTS)}


def mask(config: Mapping[str, Any]) -> str:
    return contract.mask_url(config["url"])


def send(
    config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
) -> contract.Sent:
    """A new message, or the one that this ends changed in its place; the ids of it and of its picture are kept.

    Waits for the ids: without `wait`, Discord answers 204 even when it loses the message.
    """
    if before and not minimal:
        with suppress(_Unknown):
            return _change(config, message, before, now=now)
    picture = b"" if minimal else pictures.draw(message.chart)
    body = messages.discord_minimal(message) if minimal else messages.discord(message, picture=_name(picture))
    return _call("POST", _address(config["url"], wait=True), body, picture, now=now)


class _Unknown(Exception):
    """The message that was to be changed is gone."""


def _change(config: Mapping[str, Any], message: Message, before: str, *, now: datetime) -> contract.Sent:
    message_id, _, attachment = before.partition("/")
    picture = pictures.draw(message.chart)
    body = messages.discord(message, picture=_name(picture) or (pictures.NAME if attachment else ""))
    if attachment and not picture:  # what is not listed goes
        body["attachments"] = [{"id": attachment}]
    elif picture:
        body["attachments"] = [{"id": 0, "filename": pictures.NAME}]
    try:
        return _call("PATCH", _address(config["url"], f"/messages/{message_id}"), body, picture, now=now)
    except contract.DeliveryError as error:
        if error.status == 404:
            raise _Unknown from None
        raise


def _call(method: str, url: str, body: Mapping[str, Any], picture: bytes, *, now: datetime) -> contract.Sent:
    content, headers = orjson.dumps(body), {}
    if picture:
        boundary = f"obs-{hashlib.sha256(content + picture).hexdigest()[:32]}"
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        content = _multipart(boundary, content, picture)
    answer = contract.post(
        url, content, method=method, now=now, hosts=HOSTS, headers=headers, explain=_explain, retry_after=_retry_after
    )
    said = contract.parsed_json(answer)
    ids = [said.get("id", ""), *(one.get("id", "") for one in _attached(said))]
    return contract.Sent("/".join(map(str, ids))[:64], answer.latency_ms, answer.status, _wait(answer))


def _address(url: str, below: str = "", *, wait: bool = False) -> str:
    """The webhook's address with what stands in its query, as thread_id, kept."""
    base, _, query = url.partition("?")
    asked = "&".join(filter(None, [query, "wait=true" if wait else ""]))
    return f"{base.rstrip('/')}{below}" + (f"?{asked}" if asked else "")


def _name(picture: bytes) -> str:
    return pictures.NAME if picture else ""


def _multipart(boundary: str, payload: bytes, picture: bytes) -> bytes:
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="payload_json"\r\nContent-Type: application/json\r\n\r\n'
    )
    file = (
        f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="files[0]"; filename="{pictures.NAME}"\r\n'
        "Content-Type: image/png\r\n\r\n"
    )
    return head.encode() + payload + file.encode() + picture + f"\r\n--{boundary}--\r\n".encode()


def _attached(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = said.get("attachments")
    return [one for one in found[:1] if isinstance(one, dict)] if isinstance(found, list) else []


def _wait(answer: http.Answer) -> float:
    """Seconds until the next message may come: its limits are read, never known."""
    if answer.headers.get("x-ratelimit-remaining") != "0":
        return 0.0
    return min(contract.seconds(answer.headers.get("x-ratelimit-reset-after", "")) or 0.0, 60.0)


def _explain(answer: http.Answer) -> str:
    return str(contract.parsed_json(answer).get("message", ""))[:120]


def _retry_after(answer: http.Answer) -> float | None:
    """The body's float is finer than the header's whole seconds."""
    value = contract.parsed_json(answer).get("retry_after")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value > 0 else None
