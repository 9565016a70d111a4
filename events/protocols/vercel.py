"""Vercel's bodies, and the vitals among them: of our copies of its scripts, its server SDK, its older vitals API."""

from __future__ import annotations

from typing import Any

from events.protocols import vitals
from events.protocols.contract import Context, Decoded
from events.protocols.vitals import Page
from events.values import lenient
from events.values.errors import Malformed

MOST = 1000


def parse(body: bytes) -> dict[str, Any]:
    """Return the one JSON object that a body is. Raises Malformed."""
    sent = lenient.loads(body)
    if not isinstance(sent, dict):
        raise Malformed("the body is not a JSON object", reason="not_an_object")
    return sent


def key_of(sent: dict[str, Any]) -> str | None:
    """Return the ingest key that the body names as its `dsn`, if any."""
    named = sent.get("dsn")
    return named if isinstance(named, str) and named else None


def decode_vitals(sent: dict[str, Any], context: Context, *, page: Page) -> Decoded:
    """Return the vitals: `{vitals: [...], href, route, speed}` of the script, or the older API's one `event_name`."""
    inner = sent.get("vitals")
    reports = inner if isinstance(inner, list) else [sent]
    shared: dict[str, Any] = {name: sent[name] for name in ("href", "route", "page", "path", "speed") if name in sent}
    return vitals.kept(vitals.of_reports(reports, context, page=page, shared=shared), context)
