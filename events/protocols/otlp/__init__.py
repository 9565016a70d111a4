"""OpenTelemetry's protocol over HTTP: traces, metrics and logs, as protobuf or JSON, each batch answered in kind."""

from events.protocols.otlp.answers import problem, success
from events.protocols.otlp.decoding import SIGNALS, decode

__all__ = ["SIGNALS", "decode", "problem", "success"]
