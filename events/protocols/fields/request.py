"""The HTTP request of an event without cookies and credentials; body and query as the project's switches say."""

from __future__ import annotations

from typing import Any

from events.protocols.contract import Context
from events.protocols.fields import kept as keeping
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
# The longest body that is kept.
BODY = 8192
PLAIN = ("method", "inferred_content_type", "api_target")
ENVIRONMENT = ("SERVER_NAME", "SERVER_PORT")


def minimised(request: Any, context: Context) -> dict[str, Any] | None:
    """Return url, method, query_string, data, headers and env of a request, each as far as the project keeps it."""
    if not isinstance(request, dict):
        return None
    kept: dict[str, Any] = {name: text for name in PLAIN if (text := scalar(request.get(name), 200))}
    if url := scalar(request.get("url"), LONGEST * 8):
        kept["url"] = tidy_url(url, context.query_strings)
    if query := tidy_query(_query_text(request.get("query_string")), context.query_strings):
        kept["query_string"] = query
    data = keeping.body(request.get("data"), context.request_bodies, longest=BODY)
    if data is not None:
        kept["data"] = data
    if found := headers(request.get("headers"), context):
        kept["headers"] = found
    env = request.get("env")
    if isinstance(env, dict):
        kept["env"] = {name: text for name in ENVIRONMENT if (text := scalar(env.get(name), 200))}
        if "SERVER_NAME" in kept["env"]:
            kept["env"]["SERVER_NAME"] = keeping.machine(kept["env"]["SERVER_NAME"], context)
    return kept or None


def headers(sent: Any, context: Context) -> dict[str, str]:
    """Return the harmless headers of a dict or a list of pairs."""
    kept: dict[str, str] = {}
    for name, value in _pairs(sent):
        lower = str(name).lower()
        if lower in HEADERS:
            first = value[0] if isinstance(value, list) and value else value
            text = scalar(first, LONGEST)
            if lower == "user-agent":
                text = keeping.agent(text) or ""
            kept[str(name)] = tidy_url(text, context.query_strings) if lower in URL_HEADERS else text
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
