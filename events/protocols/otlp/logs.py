"""Log records of OpenTelemetry as log lines."""

from __future__ import annotations

from typing import Any

from events.protocols.fields.context import Door
from events.protocols.fields.texts import scalar
from events.protocols.otlp.attributes import plain, value
from events.protocols.sentry.telemetry import SEVERITIES, said
from events.values import severities

_BILLION = 1e9


def read(record: Any, scope: str, door: Door) -> dict[str, Any]:
    """Return a log line `{timestamp, level, severity_number, body, trace_id, span_id, logger, attributes}`.

    The number says how severe it is; where there is none the text does, and what says nothing is info."""
    nanoseconds = record.time_unix_nano or record.observed_time_unix_nano
    number = record.severity_number
    told = severities.of_text(scalar(record.severity_text, 60))
    level = severities.of_number(number)
    if not level:
        level, number = told or ("info", SEVERITIES["info"])
    found = plain(record.attributes, door)
    if record.event_name:
        found["event.name"] = scalar(record.event_name, 200)
    return {
        "timestamp": door.clock.moment(nanoseconds / _BILLION if nanoseconds else None, door.notes),
        "level": level,
        "severity_number": number,
        **said(value(record.body), found, door),
        "trace_id": record.trace_id.hex() if len(record.trace_id) == 16 else None,
        "span_id": record.span_id.hex() if len(record.span_id) == 8 else None,
        "logger": scalar(scope, 200) or None,
    }
