"""Sessions one by one (browsers) and as aggregates per minute (servers)."""

from __future__ import annotations

from typing import Any

from events.protocols.fields import people
from events.protocols.fields.context import Door
from events.protocols.fields.texts import hexadecimal, scalar

STATUSES = frozenset({"ok", "exited", "errored", "crashed", "abnormal", "unhandled"})
COUNTS = ("exited", "errored", "crashed", "abnormal", "unhandled")
MOST = 10**9


def single(raw: dict[str, Any], door: Door) -> dict[str, Any] | None:
    """Return a valid session, else None: `{sid, did, init, started, timestamp, duration, status, errors, seq, attrs}`.

    `did` is the pseudonym; `attrs` keeps `release` and `environment`.
    """
    sid, status = hexadecimal(raw.get("sid"), 32), scalar(raw.get("status", "ok"), 20)
    if sid is None or status not in STATUSES:
        return None
    attrs = _attrs(raw)
    duration = raw.get("duration")
    return {
        "sid": sid,
        "did": people.session_key(raw.get("did"), attrs.get("ip_address"), door.context),
        "init": raw.get("init") is True,
        "started": door.clock.moment(raw.get("started"), door.notes),
        "timestamp": door.clock.moment(raw.get("timestamp"), door.notes),
        "duration": float(duration) if isinstance(duration, int | float) and 0 <= duration < MOST else None,
        "status": status,
        "errors": _count(raw.get("errors")),
        "seq": _count(raw.get("seq")),
        "attrs": _release(attrs),
    }


def aggregates(raw: dict[str, Any], door: Door) -> tuple[dict[str, Any], int]:
    """Return `{aggregates: [{started, did, exited, errored, ...}], attrs}` and the count of refused."""
    sent = raw.get("aggregates")
    sent = sent if isinstance(sent, list) else []
    kept = [
        {
            "started": door.clock.moment(entry.get("started"), door.notes),
            "did": people.session_key(entry.get("did"), None, door.context),
            **{name: _count(entry.get(name)) for name in COUNTS},
        }
        for entry in sent[: door.context.limits.sessions]
        if isinstance(entry, dict)
    ]
    return {"aggregates": kept, "attrs": _release(_attrs(raw))}, len(sent) - len(kept)


def _attrs(raw: dict[str, Any]) -> dict[str, Any]:
    attrs = raw.get("attrs")
    return attrs if isinstance(attrs, dict) else {}


def _release(attrs: dict[str, Any]) -> dict[str, str | None]:
    return {
        "release": scalar(attrs.get("release"), 250) or None,
        "environment": scalar(attrs.get("environment"), 64) or None,
    }


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < MOST else 0
