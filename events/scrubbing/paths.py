"""Tokens in the path of an address: `/reset/…`, `/invite/…`, `/verify-email/…`."""

import re2

from events.scrubbing.validators import Span

_DOORS = (
    r"(?:(?:password|passwd|account|email|e-mail|user)[_/.-])?(?:reset|confirm|verify|activate|unlock|recover|restore|set)"
    r"(?:[_/-]?(?:password|passwd|email|e-mail|account|key|confirm|done|token))?"
    r"|confirmations?|verifications?|activations?|recovery|invites?|invitations?|accept-(?:invite|invitation)"
    r"|magic(?:[_-]?(?:link|login))?|login[_-]?(?:link|token)|one[_-]?time[_-]?(?:login|link)|passwordless"
    r"|unsubscribe|opt[_-]?out|email[_-]preferences|tokens?|signup|register|claim|share[_-]?links?|shared?|api[_-]?keys?"
)
HINT = rf"(?i)/(?:{_DOORS})/(?:[\w=-]{{1,12}}/)?[\w.=~-]{{16}}"
REGEX = rf"(?i)/(?:{_DOORS})/(?:[\w=-]{{1,12}}/)?([\w.=~-]{{16,}})"
_DJANGO = re2.compile(rb"[a-z0-9]{5,8}-[0-9a-f]{20,64}")
_UUID = re2.compile(rb"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_WORDS = re2.compile(rb"[A-Za-z]{0,14}\d{0,4}(?:[._-][A-Za-z]{0,14}\d{0,4})*")


def is_token(data: bytes, start: int, end: int) -> Span | None:
    """Refuses names made of words and years, such as `summer-collection-2024`, and files."""
    value = data[start:end].rstrip(b".")
    if not any(48 <= c <= 57 for c in value) or value.isdigit():
        return None
    if _DJANGO.fullmatch(value) or _UUID.fullmatch(value):
        return start, start + len(value)
    return None if _WORDS.fullmatch(value) else (start, start + len(value))
