"""Check-ins of scheduled jobs, with the monitor's configuration when it is sent along."""

from __future__ import annotations

from typing import Any

from events.protocols.fields.context import Door
from events.protocols.fields.texts import hexadecimal, scalar

STATUSES = frozenset({"in_progress", "ok", "error"})
UNITS = frozenset({"minute", "hour", "day", "week", "month", "year"})
NUMBERS = ("checkin_margin", "max_runtime", "failure_issue_threshold", "recovery_threshold")
# The nil id means "the latest open one of this monitor".
LATEST = "0" * 32


def decode(raw: dict[str, Any], door: Door) -> dict[str, Any] | None:
    """Return a valid check-in, else None.

    `{check_in_id, monitor_slug, status, timestamp, duration, release, environment, trace_id, monitor_config}`.
    """
    slug, status = scalar(raw.get("monitor_slug"), 200), scalar(raw.get("status"), 20)
    check_in_id = hexadecimal(raw["check_in_id"], 32) if raw.get("check_in_id") else LATEST
    if not slug or status not in STATUSES or check_in_id is None:
        return None
    duration = raw.get("duration")
    contexts = raw.get("contexts")
    trace = contexts.get("trace") if isinstance(contexts, dict) else None
    return {
        "check_in_id": check_in_id,
        "monitor_slug": slug,
        "status": status,
        "timestamp": door.clock.received,
        "duration": float(duration) if isinstance(duration, int | float) and 0 <= duration < 10**9 else None,
        "release": scalar(raw.get("release"), 250) or None,
        "environment": scalar(raw.get("environment"), 64) or None,
        "trace_id": hexadecimal(trace.get("trace_id"), 32) if isinstance(trace, dict) else None,
        "monitor_config": _config(raw.get("monitor_config"), door),
    }


def _config(sent: Any, door: Door) -> dict[str, Any] | None:
    if not isinstance(sent, dict):
        return None
    schedule = _schedule(sent.get("schedule"))
    if schedule is None:
        door.note("monitor_config_invalid")
        return None
    config: dict[str, Any] = {"schedule": schedule, "timezone": scalar(sent.get("timezone"), 64) or None}
    for name in NUMBERS:
        number = sent.get(name)
        config[name] = int(number) if isinstance(number, int | float) and 0 <= number < 10**6 else None
    return config


def _schedule(sent: Any) -> dict[str, Any] | None:
    if not isinstance(sent, dict):
        return None
    value, unit = sent.get("value"), scalar(sent.get("unit"), 20)
    if sent.get("type") == "crontab" and isinstance(value, str) and 0 < len(value) <= 200:
        return {"type": "crontab", "value": value}
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 6:
        value = int(value)  # as Sentry's own documentation shows it
    if sent.get("type") == "interval" and type(value) is int and 0 < value < 10**6 and unit in UNITS:
        return {"type": "interval", "value": value, "unit": unit}
    return None
