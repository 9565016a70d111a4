"""The columns of every fact, in one place: what a segment holds, how it is sorted, how long it is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = lazy("pyarrow")

Kind = Literal["text", "int", "float", "bool", "time", "tags", "ints", "floats"]

SQL: dict[Kind, str] = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "time": "TIMESTAMPTZ",
    "tags": "MAP(VARCHAR, VARCHAR)",
    "ints": "BIGINT[]",
    "floats": "DOUBLE[]",
}
INT_MAX = 2**63 - 1
# Arrow counts microseconds from 1970 in 64 bits; a margin keeps every zone's form of a moment inside datetime's years.
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)


@cache
def arrow(kind: Kind) -> pa.DataType:
    """The type of a column in a segment."""
    types = {
        "text": pa.string(),
        "int": pa.int64(),
        "float": pa.float64(),
        "bool": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
        "tags": pa.map_(pa.string(), pa.string()),
        "ints": pa.list_(pa.int64()),
        "floats": pa.list_(pa.float64()),
    }
    return types[kind]


@dataclass(frozen=True)
class Column:
    """One column. `is_lookup` columns get a Bloom filter, for questions that know the exact value."""

    name: str
    kind: Kind
    is_lookup: bool = False


@dataclass(frozen=True)
class Fact:
    """One kind of fact. `sort` is the order inside a compacted segment; it decides what a question can skip.
    One with a `source` is worked out of that fact, one segment a day (derived.py), and is kept as long."""

    name: str
    columns: tuple[Column, ...]
    sort: tuple[str, ...]
    retention_days: int
    source: str = ""

    @cached_property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, arrow(column.kind)) for column in self.columns])

    @cached_property
    def lookups(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_lookup)


def columns(
    *,
    text: str = "",
    lookup: str = "",
    int: str = "",
    float: str = "",
    bool: str = "",
    time: str = "",
    tags: str = "",
    ints: str = "",
    floats: str = "",
) -> tuple[Column, ...]:
    """Return the columns named, kind by kind; every fact begins with `at`, the moment it happened."""
    named: list[tuple[Kind, str]] = [
        ("text", text), ("int", int), ("float", float), ("bool", bool), ("time", time),
        ("tags", tags), ("ints", ints), ("floats", floats),
    ]  # fmt: skip
    return (
        Column("at", "time"),
        *(Column(name, "text", is_lookup=True) for name in lookup.split()),
        *(Column(name, kind) for kind, names in named for name in names.split()),
    )


# Ids and hashes are lower-case hex without hyphens. `user_key` is the first 64 bits of the pseudonym, signed.
# `route` is the transaction's name: "GET /items/{id}", a task, a page. `country` is an ISO 3166 code.
ERRORS = Fact(
    name="errors",
    columns=columns(
        lookup="event_id group_hash trace_id",
        text="level type environment release dist platform route url sdk kind",
        int="user_key size",
        bool="handled",
        time="received_at",
        tags="tags",
    ),
    sort=("group_hash", "at"),
    retention_days=395,
)
# One row is one update of one session (`started` null), or one aggregate of many (`sid` null): `started` sessions began
# around `at`; exited, errored, crashed and abnormal are how many of them ended so. `seq` orders the updates of a sid.
SESSIONS = Fact(
    name="sessions",
    columns=columns(
        lookup="sid",
        text="release environment status",
        int="seq user_key errors started exited errored crashed abnormal",
        float="duration_ms",
        bool="is_init",
        time="received_at",
    ),
    sort=("sid", "seq", "at"),
    retention_days=395,
)
SPANS = Fact(
    name="spans",
    columns=columns(
        lookup="trace_id span_id",
        text="parent_span_id name op kind status release environment service sdk route",
        int="user_key",
        float="duration_ms self_ms",
        bool="is_segment",
        tags="attributes",
    ),
    sort=("trace_id", "at"),
    retention_days=30,
)
REQUESTS = Fact(
    name="requests",
    columns=columns(
        lookup="trace_id",
        text="route method cache release environment service host country device kind",
        int="status db_count user_key request_bytes response_bytes cache_hits cache_misses",
        float="duration_ms queue_ms db_ms",
        bool="is_rate_limited",
        tags="attributes",
    ),
    sort=("route", "at"),
    retention_days=90,
)
# One row is one statement text of one request: `count` runs that took `total_ms` together, `max_ms` the slowest.
QUERIES = Fact(
    name="queries",
    columns=columns(
        lookup="trace_id fingerprint",
        text="statement operation system route release environment service finding",
        int="count rows",
        float="total_ms max_ms",
        bool="is_error",
    ),
    sort=("fingerprint", "at"),
    retention_days=30,
)
# The same `metric_id` may be reported again: the `value` received last counts.
VITALS = Fact(
    name="vitals",
    columns=columns(
        lookup="metric_id trace_id",
        text="metric route url device country browser connection release environment navigation_type rating",
        int="user_key",
        float="value delta",
        time="received_at",
        tags="attribution",
    ),
    sort=("metric", "route", "at"),
    retention_days=395,
)
LOGS = Fact(
    name="logs",
    columns=columns(
        lookup="log_id trace_id",
        text="span_id level body template logger release environment service host sdk",
        int="severity user_key",
        tags="attributes",
    ),
    sort=("at",),
    retention_days=30,
)
# Counters carry `value` as the increase; histograms carry count, sum, min, max and `bounds` (upper, exclusive of
# infinity) with one more entry in `buckets`. `is_monotonic` false marks a counter that may fall.
METRICS = Fact(
    name="metrics",
    columns=columns(
        lookup="trace_id",
        text="name type unit host service release environment",
        int="count",
        float="value sum min max",
        bool="is_monotonic",
        tags="attributes",
        floats="bounds",
        ints="buckets",
    ),
    sort=("name", "at"),
    retention_days=90,
)
CHECK_INS = Fact(
    name="check_ins",
    columns=columns(lookup="check_in_id", text="monitor status environment release", float="duration_ms"),
    sort=("monitor", "at"),
    retention_days=90,
)
# One row is one look at an address, as often as its interval says: second tries are none. `status` is up or down.
PROBES = Fact(
    name="probes",
    columns=columns(
        text="probe kind status", int="http_status", float="dns_ms connect_ms tls_ms first_byte_ms total_ms"
    ),
    sort=("probe", "at"), retention_days=395,
)  # fmt: skip
CLIENT_REPORTS = Fact(
    "client_reports", columns(text="reason category sdk", int="quantity"), sort=("at",), retention_days=90
)
# `kind` is csp, nel, report, login_failed, key_refused, rate_limited or scope_refused.
SECURITY = Fact(
    name="security",
    columns=columns(
        lookup="event_id",
        text="kind directive blocked_host document_route disposition release environment browser address reason",
        int="status quantity user_key",
        tags="attributes",
    ),
    sort=("kind", "at"),
    retention_days=90,
)

# Page views, custom events, what people did. `visitor` and `session` are the first 64 bits of their pseudonyms, signed.
EVENTS = Fact(
    name="events",
    columns=columns(
        lookup="event_id",
        text="event host path title referrer source channel utm_source utm_medium utm_campaign utm_term utm_content "
        "device browser country release environment sdk",
        int="visitor session", float="engaged_ms", bool="is_bot is_interactive", time="received_at", tags="properties",
    ),
    sort=("visitor", "at"), retention_days=395,
)  # fmt: skip

# One row is one visit that began at `at`, of people and in every environment: what is asked of the page Analytics.
# `pages` and `events` are how many views of each path and events of each other name it had.
VISITS = Fact(
    name="visits",
    columns=columns(
        text="source channel referrer utm_source utm_medium utm_campaign utm_term utm_content entry exit site "
        "country device browser release",
        int="visitor views lasted_us", bool="is_bounce", tags="pages events",
    ),
    sort=EVENTS.sort, retention_days=EVENTS.retention_days, source=EVENTS.name,
)  # fmt: skip

# One row is what one visitor did within a quarter of an hour that began at `at`, of people and as these texts say.
# `events` is how many there were, and a line for each name, escaped, with a tab and how many are of it.
PRESENCE = Fact(
    "presence", columns(text="environment release country device browser host events", int="visitor"),
    sort=EVENTS.sort, retention_days=EVENTS.retention_days, source=EVENTS.name,
)  # fmt: skip

FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        ERRORS, SESSIONS, SPANS, REQUESTS, QUERIES, VITALS, LOGS, METRICS, CHECK_INS, PROBES, CLIENT_REPORTS, SECURITY,
        EVENTS, VISITS, PRESENCE,
    )
}  # fmt: skip


def moment(value: object) -> datetime | None:
    """Return `value` (aware or UTC datetime, Unix seconds, ISO 8601 text) as an aware datetime, else None."""
    try:
        if type(value) is datetime and value.tzinfo is UTC and EARLIEST <= value <= LATEST:
            return value  # what the digest hands over; thousands a second
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            value = datetime.fromtimestamp(value, tz=UTC)
        elif isinstance(value, str):
            value = datetime.fromisoformat(value)
        if not isinstance(value, datetime):
            return None
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return value if EARLIEST <= value <= LATEST else None


def table(fact: Fact, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return `rows` in the fact's columns. What is missing or of another type is null; a UUID is its hex as text."""
    return pa.Table.from_arrays(
        [_array(column.kind, [row.get(column.name) for row in rows]) for column in fact.columns], schema=fact.schema
    )


def _array(kind: Kind, values: list[Any]) -> pa.Array:
    match kind:
        case "text":
            return _texts(values)
        case "int":
            return pa.array([_int(value) for value in values], pa.int64())
        case "float":
            return pa.array([_float(value) for value in values], pa.float64())
        case "bool":
            return pa.array([value if type(value) is bool else None for value in values], pa.bool_())
        case "time":
            return pa.array([None if value is None else moment(value) for value in values], arrow("time"))
        case "ints":
            return pa.array([_numbers(value, _int) for value in values], arrow("ints"))
        case "floats":
            return pa.array([_numbers(value, _float) for value in values], arrow("floats"))
        case "tags":
            return _tags(values)


def _texts(values: list[Any]) -> pa.Array:
    texts = values
    if not set(map(type, values)) <= {str, NoneType}:
        texts = [value if type(value) is str else value.hex if type(value) is UUID else None for value in values]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # a lone surrogate, which JSON can spell and UTF-8 cannot
        return pa.array([t if t is None else t.encode(errors="replace").decode() for t in texts], pa.string())


def _int(value: Any) -> int | None:
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and -INT_MAX <= value <= INT_MAX else None


def _float(value: Any) -> float | None:
    if type(value) is int:
        return float(value) if -INT_MAX <= value <= INT_MAX else None
    return value if type(value) is float and math.isfinite(value) else None


def _numbers(value: Any, number: Callable[[Any], Any]) -> list[Any] | None:
    return [number(item) for item in value] if isinstance(value, list | tuple) else None


def _tags(values: list[Any]) -> pa.Array:
    """Maps of text to text; numbers and booleans are spelled out, others left out. A key occurs once a map."""
    offsets: list[int | None] = []
    keys: list[str] = []
    items: list[str] = []
    for value in values:
        if not isinstance(value, dict):
            offsets.append(None)
            continue
        offsets.append(len(keys))
        if not {*map(type, value), *map(type, value.values())} <= {str}:
            value = {
                key: item for key, item in zip(value, map(_spelled, value.values()), strict=True) if item is not None
            }
            value = {key: item for key, item in value.items() if type(key) is str}
        keys.extend(value)
        items.extend(value.values())
    offsets.append(len(keys))
    try:
        named = pa.array(keys, pa.string())
    except UnicodeEncodeError:  # replacing what UTF-8 cannot spell may make two keys one, and readers refuse such a map
        return _tags([_encodable(value) if isinstance(value, dict) else value for value in values])
    return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), named, _texts(items))


def _encodable(value: dict[Any, Any]) -> dict[Any, Any]:
    return {key.encode(errors="replace").decode(): item for key, item in value.items() if type(key) is str}


def _spelled(value: Any) -> str | None:
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) in (int, float) and abs(value) <= INT_MAX else None
