"""The long tail by Apprise, where whoever runs the server wants it: https://github.com/caronc/apprise

Apprise opens its own connections, which delivery/http.py does not guard. So it is off until OBS_APPRISE names the
schemas that may be used, only superusers add such a channel, nothing is attached, no redirect is followed, and an
address whose host is not public is refused as far as can be told before.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings

from alerts.delivery import http, messages
from alerts.delivery.channels import contract
from alerts.delivery.messages import Message, fit
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import apprise
else:
    apprise = lazy("apprise")  # an extra that may be missing, and two hundred modules where it is there

FIELDS = ("url",)
TAKES_EACH = False
HEARS_RESOLVED = False
WHERE = contract.Where(
    "The address of one service in Apprise's form, as ntfys://topic or tgram://token/chat. Only schemas that "
    "OBS_APPRISE names.",
    "https://github.com/caronc/apprise/wiki", "Apprise: Supported notifications",
)  # fmt: skip
BODY = 3000
_TYPES = {"fatal": "failure", "error": "failure", "warning": "warning"}


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    url = given.get("url", "").strip()
    refusal = _refusal(url)
    if refusal:
        raise contract.InvalidConfig("url", refusal)
    if apprise.Apprise.instantiate(url, asset=_asset()) is None:
        raise contract.InvalidConfig("url", "Apprise does not understand this address.")
    return {"url": url}


def mask(config: Mapping[str, Any]) -> str:
    return f"{_schema(config['url'])}://…{config['url'][-4:]}"


def send(
    config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
) -> contract.Sent:
    """Apprise says whether it was delivered and no more; what it may not do any more is an error for good."""
    refusal = _refusal(config["url"])
    if refusal:
        raise contract.DeliveryError(refusal, is_permanent=True)
    started = time.monotonic()
    sender = apprise.Apprise(asset=_asset())
    sender.add(config["url"])
    kind = "success" if message.is_good else _TYPES.get(message.level, "info")
    body = message.link if minimal else inert(fit(messages.text(message), BODY))
    title = inert(messages.subject(message))
    if not sender.notify(title=title, body=body or title, notify_type=kind, body_format="text"):
        raise contract.DeliveryError("Apprise could not deliver it.")
    return contract.Sent("", round((time.monotonic() - started) * 1000))


def inert(text: str) -> str:
    """Text that mentions nobody, whatever the service makes of it: nothing follows an @ or a < directly."""
    return text.replace("@", "@\u200b").replace("<", "<\u200b")


def _refusal(url: str) -> str:
    """Why the address may not be used, in words; "" where it may."""
    if not settings.OBS_APPRISE:
        return "Apprise is off: OBS_APPRISE names the schemas that may be used."
    if find_spec("apprise") is None:
        return "Apprise is not installed: add the package apprise where the server runs."
    if _schema(url) not in settings.OBS_APPRISE or len(url) > 2000:
        return f"Only these schemas, which OBS_APPRISE names: {', '.join(settings.OBS_APPRISE)}."
    parts = urlsplit(url)
    if {"redirect", "attach"} & {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}:
        return "Neither redirects nor attachments."
    place = parts.netloc.rpartition("@")[2]
    try:
        http.parse(f"https://{place}/")
    except http.Refused:
        return ""  # a token stands where a host would
    try:
        http.check(f"https://{place}/")
    except http.Refused as refusal:
        return str(refusal)
    return ""


def _schema(url: str) -> str:
    return url.partition("://")[0].lower()


def _asset() -> apprise.AppriseAsset:
    return apprise.AppriseAsset(
        async_mode=False, storage_mode="memory", http_redirects=False, allow_templates=False, service_timeout=15,
        app_id="FormaOS Observability", app_url="",
    )  # fmt: skip
