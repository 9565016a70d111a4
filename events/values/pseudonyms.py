"""Names for people that say who is the same, not who it is."""

from __future__ import annotations

import hmac


def of(secret: bytes, kind: str, value: str) -> str:
    """Return `u_` and 16 hex digits: HMAC-SHA256 of kind and value under the project's own secret."""
    message = f"{kind}\0{value}".encode("utf-8", "replace")
    return "u_" + hmac.digest(secret, message, "sha256").hex()[:16]


def visitor(secret: bytes, distinct_id: str) -> int:
    """The number that counts are made of, of the person whom a sender calls `distinct_id`."""
    found = user_key(of(secret, "user", distinct_id))
    assert found is not None
    return found


def user_key(pseudonym: object) -> int | None:
    """The pseudonym `u_<16 hex>` as a signed 64-bit number, the form that counts are made of; None for any other."""
    if not isinstance(pseudonym, str) or not pseudonym.startswith("u_"):
        return None
    try:
        return int.from_bytes(bytes.fromhex(pseudonym[2:18]), "big", signed=True)
    except ValueError:
        return None
