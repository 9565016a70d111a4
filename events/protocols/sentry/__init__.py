"""The Sentry protocol: envelope, store and security bodies in, `Decoded` out. docs/sentry-protocol.md describes it."""

from events.protocols.contract import Context, Limits
from events.protocols.sentry.auth import Denied, Dsn, agreed, claimed_key, parse_dsn
from events.protocols.sentry.envelope import decode_envelope, dsn_of
from events.protocols.sentry.files import decode_files
from events.protocols.sentry.legacy.cron import decode_cron
from events.protocols.sentry.legacy.store import decode_store, is_envelope
from events.protocols.sentry.security import decode_security

__all__ = [
    "Context",
    "Denied",
    "Dsn",
    "Limits",
    "agreed",
    "claimed_key",
    "decode_cron",
    "decode_envelope",
    "decode_files",
    "decode_security",
    "decode_store",
    "dsn_of",
    "is_envelope",
    "parse_dsn",
]
