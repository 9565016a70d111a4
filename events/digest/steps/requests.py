"""Server requests: out of the spans that served them, or as a sender timed them itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from events.digest.batch import Batch, Item
from events.digest.steps import spans
from events.digest.steps.reading import agent_of, items, mapping, moment, number, text
from events.values import countries, statuses
from events.values.browsers import families

_METHODS = ("http.request.method", "http.method", "method")
# Ops of spans that served a remote call.
_CALLS = frozenset({"grpc.server", "rpc.server"})
_SYSTEMS = ("rpc.system.name", "rpc.system")
# Milliseconds that a request waited before a worker took it, as Sentry's conventions name it.
_QUEUED = ("http.server.request.time_in_queue", "queue_ms")
_SIZES = {
    "request_bytes": ("http.request.body.size", "http.request_content_length"),
    "response_bytes": ("http.response.body.size", "http.response_content_length"),
}
RATE_LIMITED = 429


def put_requests(batch: Batch, item: Item) -> str | None:
    """Add a row per span that served a request, with what the queries and caches below it took."""
    served = [row for row in item.spans if is_served(row)]
    if not served:
        return None
    payload = mapping(item.payload)
    agent = agent_of(payload)
    for row, below in zip(served, _below(served, item.spans), strict=True):
        batch.facts[item.project_id, "requests"].append(
            {**_row(row, below, agent), "country": spans.country(row["attributes"], payload)}
        )
    return None


def is_served(row: Mapping[str, Any]) -> bool:
    """Whether a span is a request's: of HTTP, or a remote call's."""
    if row["op"] == "http.server" or _is_call(row):
        return True
    return bool(row["kind"] == "server" and _first(row["attributes"], _METHODS))


def _is_call(row: Mapping[str, Any]) -> bool:
    return row["op"] in _CALLS or bool(row["kind"] == "server" and _first(row["attributes"], _SYSTEMS))


def _row(row: Mapping[str, Any], below: Iterable[Mapping[str, Any]], agent: str) -> dict[str, Any]:
    attributes = row["attributes"]
    queries = [span["duration_ms"] for span in below if "statement" in span]
    hits = [hit for span in below if (hit := span["attributes"].get("cache.hit")) is not None]
    found = sum(hit is True for hit in hits)
    status = statuses.of(attributes, row["status"])
    return {
        "at": row["at"],
        "trace_id": row["trace_id"],
        "route": row["route"] or row["name"][:200],
        "method": text(_first(attributes, _METHODS), 10).upper() or _method(row["name"]),
        "cache": None if not hits else "hit" if found == len(hits) else "miss" if not found else "mixed",
        "environment": row["environment"],
        "release": row["release"],
        "service": row["service"],
        "host": row["host"] or text(attributes.get("host.name"), 100) or None,
        "device": families(agent or text(attributes.get("user_agent.original"), 400)).device or None,
        "kind": "rpc" if _is_call(row) else "http",
        "status": status,
        "user_key": row["user_key"],
        "duration_ms": row["duration_ms"],
        "queue_ms": number(_first(attributes, _QUEUED)),
        "db_count": len(queries),
        "db_ms": sum(queries),
        "cache_hits": found,
        "cache_misses": len(hits) - found,
        **{column: number(_first(attributes, names)) for column, names in _SIZES.items()},
        "is_rate_limited": status == RATE_LIMITED,
    }


def _below(served: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """For each request the queries and cache reads that it caused, as far as they came along."""
    leaves = [row for row in rows if "statement" in row or "cache.hit" in row["attributes"]]
    traces = [row["trace_id"] for row in served]
    if len(set(traces)) == len(traces):  # one request a trace: no need to climb
        of_trace: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for leaf in leaves:
            of_trace[leaf["trace_id"]].append(leaf)
        return [of_trace[trace] for trace in traces]
    parents = {(row["trace_id"], row["span_id"]): row["parent_span_id"] for row in rows}
    owners = {(row["trace_id"], row["span_id"]): index for index, row in enumerate(served)}
    below: list[list[dict[str, Any]]] = [[] for _ in served]
    for leaf in leaves:
        owner = _owner(leaf["trace_id"], leaf["parent_span_id"], parents, owners)
        if owner is not None:
            below[owner].append(leaf)
    return below


def _owner(
    trace: str, span: str | None, parents: Mapping[tuple[str, str], str | None], owners: dict[tuple[str, str], int]
) -> int | None:
    """Which request a span belongs to; the way climbed is remembered in `owners`, and a circle ends."""
    way: list[tuple[str, str]] = []
    owner = None
    while span is not None and (trace, span) not in way[-64:]:
        if (trace, span) in owners:
            owner = owners[trace, span]
            break
        way.append((trace, span))
        span = parents.get((trace, span))
    if owner is not None:
        owners.update(dict.fromkeys(way, owner))
    return owner


def put_timings(batch: Batch, item: Item) -> str | None:
    """Add a row per timing that a sender measured itself."""
    payload = mapping(item.payload)
    shared = spans.shared_columns(payload)
    for timing in items(payload.get("items")):
        at = moment(timing.get("timestamp"), item)
        release = text(timing.get("release"), 200) or shared["release"]
        environment = text(timing.get("environment"), 64) or shared["environment"]
        batch.put_release(item.project_id, release, at)
        batch.put_environment(item.project_id, environment)
        batch.facts[item.project_id, "requests"].append(
            {
                **timing,
                "at": at,
                "release": release,
                "environment": environment,
                "country": countries.code(timing.get("country")),
                "service": text(timing.get("service"), 100) or shared["service"],
                "host": text(timing.get("host"), 100) or shared["host"],
                "is_rate_limited": timing.get("status") == RATE_LIMITED,
                "user_key": shared["user_key"],
                "attributes": mapping(timing.get("attributes")),
            }
        )
    return None


def _first(attributes: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((attributes[name] for name in names if attributes.get(name) is not None), None)


def _method(name: str) -> str | None:
    word = name.partition(" ")[0]
    return word if word.isascii() and word.isupper() and len(word) <= 7 else None
