"""How a log line is written: scrubbed, on one line."""

import logging

from events.scrubbing import scrub_text

LIMIT = 16_384
_ESCAPES = {number: f"\\x{number:02x}" for number in (*range(32), 127, 0x85)} | {10: "\\n", 13: "\\r", 9: "\\t"}
_ESCAPES |= {0x2028: "\\u2028", 0x2029: "\\u2029"}


class Formatter(logging.Formatter):
    """One record, one line: secrets replaced, control characters and line ends escaped, at most LIMIT characters."""

    default_msec_format = "%s.%03dZ"
    default_time_format = "%Y-%m-%dT%H:%M:%S"

    def format(self, record: logging.LogRecord) -> str:
        return scrub_text(super().format(record)[:LIMIT]).translate(_ESCAPES)
