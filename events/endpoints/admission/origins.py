"""Which web pages may send: compared by parsed host, never by suffix."""

from urllib.parse import urlsplit


def is_allowed(origin: str, allowed: frozenset[str]) -> bool:
    """Whether a request with this Origin header may be accepted.

    `allowed` holds hosts (`app.example`), hosts with a wildcard label in front (`*.example`) or whole origins
    (`https://app.example:8443`); empty allows any. A request without an Origin header comes from no web page.
    """
    if not allowed or not origin:
        return True
    try:
        parts = urlsplit(origin.lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host:
        return False
    whole = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return any(_matches(host, whole, entry) for entry in allowed)


def _matches(host: str, whole: str, entry: str) -> bool:
    if "://" in entry:
        return whole == entry.rstrip("/")
    if entry.startswith("*."):
        return host.endswith(entry[1:]) and host != entry[2:]
    return host == entry
