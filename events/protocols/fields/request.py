"""The HTTP request of an event, without bodies, cookies and credentials."""

from __future__ import annotations

from typing import Any

from events.protocols.fields.links import tidy_query, tidy_url
from events.protocols.fields.texts import scalar

LONGEST = 1024
# An allow-list: a header nobody thought of stays outside.
HEADERS = frozenset(
    [
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-encoding",
        "content-length",
        "content-type",
        "dnt",
        "host",
        "origin",
        "referer",
        "sec-ch-ua",
        "sec-ch-ua-mobile",
        "sec-ch-ua-platform",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "sec-gpc",
        "traceparent",
        "user-agent",
        "x-request-id",
        "x-requested-with",
    ]
)
URL_HEADERS = frozenset({"referer", "origin"})
PLAIN = ("method", "inferred_content_type", "api_target")
ENVIRONMENT = ("SERVER_NAME", "SERVER_PORT")


def minimised(request: Any) -> dict[str, Any] | None:
    """Return url, method, query_string, headers and env of a request, each only as far as it is harmless."""
    if not isinstance(request, dict):
        return None
    kept: dict[str, Any] = {name: text for name in PLAIN if (text := scalar(request.get(name), 200))}
    if url := scalar(request.get("url"), LONGEST * 8):
        kept["url"] = tidy_url(url)
    if query := tidy_query(_query_text(request.get("query_string"))):
        kept["query_string"] = query
    if found := headers(request.get("headers")):
        kept["headers"] = found
    env = request.get("env")
    if isinstance(env, dict):
        kept["env"] = {name: text for name in ENVIRONMENT if (text := scalar(env.get(name), 200))}
    return kept or None


def headers(sent: Any) -> dict[str, str]:
    """Return the harmless headers of a dict or a list of pairs."""
    kept: dict[str, str] = {}
    for name, value in _pairs(sent):
        lower = str(name).lower()
        if lower in HEADERS:
            first = value[0] if isinstance(value, list) and value else value
            text = scalar(first, LONGEST)
            kept[str(name)] = tidy_url(text) if lower in URL_HEADERS else text
    return kept


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        return [(pair[0], pair[1]) for pair in value if isinstance(pair, list) and len(pair) == 2]
    return []


def _query_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "&".join(f"{scalar(name, 200)}={scalar(text, 200)}" for name, text in _pairs(value))
