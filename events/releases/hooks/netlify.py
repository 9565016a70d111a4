"""Netlify: outgoing webhooks for deploy events, signed with a JWS of their SHA-256.

docs.netlify.com/site-deploys/notifications
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from events.releases.hooks.contract import InvalidNotice, Notice, State, loaded, moment, part, text

TITLE = "Netlify"
WHERE = "Project configuration → Notifications → HTTP POST request: one for each deploy event, with a JWS secret token."
BRINGS_SECRET = False

_STATES = {
    "new": State.QUEUED, "enqueued": State.QUEUED, "building": State.IN_PROGRESS, "uploading": State.IN_PROGRESS,
    "processing": State.IN_PROGRESS, "ready": State.SUCCESS, "error": State.FAILURE, "rejected": State.CANCELED,
}  # fmt: skip


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """A JWS in compact form: HS256 alone, issued by Netlify, over the body's digest."""
    head, _, rest = headers.get("x-webhook-signature", "").partition(".")
    claims, _, mark = rest.partition(".")
    expected = hmac.new(secret.encode(), f"{head}.{claims}".encode(), "sha256").digest()
    if not hmac.compare_digest(_decoded(mark), expected):
        return False
    said = _json(claims)
    is_of_body = hmac.compare_digest(text(said, "sha256").encode(), hashlib.sha256(body).hexdigest().encode())
    return text(_json(head), "alg") == "HS256" and text(said, "iss") == "netlify" and is_of_body


def read(headers: Mapping[str, str], body: bytes) -> Notice | None:
    told = loaded(body)
    number, state = text(told, "id", limit=60), _STATES.get(text(told, "state"))
    if not number:
        raise InvalidNotice("It names no id.")
    if state is None:
        return None
    return Notice(
        external=f"netlify:{number}",
        state=state,
        environment=text(told, "context", limit=64) or "production",
        sha=text(told, "commit_ref"),
        ref=text(told, "branch"),
        repository=text(told, "name"),
        url=text(told, "deploy_ssl_url", limit=2000),
        changed_at=moment(part(told, "updated_at")),
    )


def _decoded(given: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
    except (binascii.Error, ValueError):
        return b""


def _json(given: str) -> Any:
    try:
        return loaded(_decoded(given))
    except InvalidNotice:
        return None
