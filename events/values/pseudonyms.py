"""Names for people that say who is the same, not who it is."""

from __future__ import annotations

import hmac


def of(secret: bytes, kind: str, value: str) -> str:
    """Return `u_` and 16 hex digits: HMAC-SHA256 of kind and value under the project's own secret."""
    message = f"{kind}\0{value}".encode("utf-8", "replace")
    return "u_" + hmac.digest(secret, message, "sha256").hex()[:16]
