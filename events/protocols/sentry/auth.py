"""Which ingest key a request claims: by header, by query string, or by the DSN inside the envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from events.values.errors import IngestError

KEY_LENGTH = 32


class Denied(IngestError):
    """No key, no readable key, or keys that contradict each other."""

    status = 403
    reason = "auth"


@dataclass(frozen=True, slots=True)
class Dsn:
    """The parts of `https://<key>@<host>/<project>` that matter here."""

    key: str
    host: str
    project_id: int


def claimed_key(environ: Mapping[str, Any]) -> str | None:
    """Return the key named outside the body, or None. Raises Denied when two places disagree."""
    return agreed(
        key_of_header(environ.get("HTTP_X_SENTRY_AUTH", "")),
        key_of_header(environ.get("HTTP_AUTHORIZATION", "")),
        key_of_query(environ.get("QUERY_STRING", "")),
    )


def agreed(*keys: str | None) -> str | None:
    """Return the one key that all places which name one agree on, or None. Raises Denied otherwise."""
    named = {key for key in keys if key is not None}
    if len(named) > 1:
        raise Denied("the request names more than one key")
    return named.pop() if named else None


def key_of_header(value: str) -> str | None:
    """Return the key in `Sentry sentry_key=K, sentry_version=7`, or None when the header is for someone else."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "sentry":
        return None
    for pair in rest.split(","):
        name, _, key = pair.strip().partition("=")
        if name.strip().lower() == "sentry_key":
            return _checked(key.strip().strip('"'))
    raise Denied("X-Sentry-Auth names no sentry_key")


def key_of_query(query: str) -> str | None:
    """Return the key in `?sentry_key=K` (also `glitchtip_key`), or None."""
    if "_key=" not in query:
        return None
    try:
        values = parse_qs(query, max_num_fields=50)
    except ValueError as error:
        raise Denied("the query string has too many fields") from error
    named = values.get("sentry_key") or values.get("glitchtip_key") or []
    return agreed(*(_checked(key) for key in named))


def parse_dsn(text: Any) -> Dsn:
    """Return the parts of a DSN. Raises Denied when it is not one."""
    if not isinstance(text, str) or len(text) > 500:
        raise Denied("the dsn is not a text")
    try:
        parts = urlsplit(text)
        host, key = parts.hostname or "", parts.username or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise Denied("the dsn is not a URL") from error
    project = parts.path.rstrip("/").rpartition("/")[2]
    if not (project.isascii() and project.isdigit() and len(project) < 19):
        raise Denied("the dsn names no project")
    return Dsn(_checked(key), host + port, int(project))


def _checked(key: str) -> str:
    key = key.lower()
    if len(key) != KEY_LENGTH or not all(character in "0123456789abcdef" for character in key):
        raise Denied("a key is 32 hexadecimal digits")
    return key
