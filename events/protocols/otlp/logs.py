"""Log records of OpenTelemetry as log lines."""

from __future__ import annotations

from typing import Any

from events.protocols.fields.context import Door
from events.protocols.fields.texts import scalar
from events.protocols.otlp.attributes import plain, value
from events.protocols.sentry.clean import LEVELS
from events.protocols.sentry.telemetry import SEVERITIES, said

_BILLION = 1e9
# The upper end of each range of severity numbers (logs data model, "Field: SeverityNumber").
_RANGES = ((8, "debug"), (12, "info"), (16, "warning"), (20, "error"), (24, "fatal"))


def read(record: Any, scope: str, door: Door) -> dict[str, Any]:
    """Return a log line `{timestamp, level, severity_number, body, trace_id, span_id, logger, attributes}`."""
    nanoseconds = record.time_unix_nano or record.observed_time_unix_nano
    number = record.severity_number
    level = next((name for highest, name in _RANGES if 1 <= number <= highest), "")
    level = level or LEVELS.get(scalar(record.severity_text, 20).lower(), "info")
    found = plain(record.attributes, door)
    if record.event_name:
        found["event.name"] = scalar(record.event_name, 200)
    return {
        "timestamp": door.clock.moment(nanoseconds / _BILLION if nanoseconds else None, door.notes),
        "level": level,
        "severity_number": number if 1 <= number <= 24 else SEVERITIES[level],
        **said(value(record.body), found, door),
        "trace_id": record.trace_id.hex() if len(record.trace_id) == 16 else None,
        "span_id": record.span_id.hex() if len(record.span_id) == 8 else None,
        "logger": scalar(scope, 200) or None,
    }
