"""Whatever is posted at the doors of performance data, a decoder returns, or refuses the request in its own words."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.ingest import intake
from events.protocols import otlp, posthog_vitals, timings, vercel, vitals
from events.protocols.product import plain, plausible, posthog, segment, umami
from events.protocols.vitals import Page
from events.tests.protocols.test_otlp import sample
from events.tests.sentry_bodies import context
from events.values.errors import IngestError

QUIET = settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
NAMES = st.sampled_from([
    "name", "value", "id", "delta", "timestamp", "attributes", "metrics", "timings", "vitals", "batch",
    "properties", "event", "$web_vitals_LCP_event", "resourceSpans", "scopeSpans", "spans", "resourceMetrics",
    "scopeMetrics", "resourceLogs", "scopeLogs", "logRecords", "traceId", "spanId", "gauge", "sum", "histogram",
    "exponentialHistogram", "dataPoints", "asDouble", "bounds", "buckets", "unit", "type", "route",
    "duration_ms", "url", "attribution", "key", "stringValue", "resource", "dsn", "n", "u", "p", "$", "e", "sd",
    "payload", "data", "userId", "anonymousId", "context", "page", "traits", "originalTimestamp", "sentAt", "events",
    "distinct_id",
])  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["LCP", "$web_vitals", "5b8efff798038103d269b633813fc60c", "NaN", "1e400", "track", "https://a.example/1?x"]),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)
BODIES = VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)
counting = context(visitor=lambda distinct_id, site: "u_0123456789abcdef")
DECODERS: dict[str, Callable[[bytes], Any]] = {
    "vitals": lambda body: vitals.decode_vitals(body, context(), page=Page()),
    "posthog": lambda body: posthog.decode(posthog_vitals.read(body), counting),
    "posthog lz64": lambda body: posthog.decode(posthog_vitals.read(b"N" + b64encode(body)), counting),
    "vercel": lambda body: vercel.decode_vitals(vercel.parse(body), context(), page=Page()),
    "plausible": lambda body: plausible.decode(plausible.parse(body), counting),
    "umami": lambda body: umami.decode(umami.parse(b'{"type":"event","payload":%s}' % body), counting),
    "segment": lambda body: segment.decode(segment.parse(b'{"batch":[%s]}' % body, last="batch"), counting),
    "plain events": lambda body: plain.decode(body, counting),
    "timings": lambda body: timings.decode_timings(body, context()),
    "metrics": lambda body: timings.decode_metrics(body, context()),
    **{
        f"otlp {signal} {'json' if as_json else 'protobuf'}": (
            lambda body, signal=signal, as_json=as_json: otlp.decode(signal, body, context(), is_json=as_json)
        )
        for signal in otlp.SIGNALS
        for as_json in (True, False)
    },
}


def check(decode: Callable[[bytes], Any], body: bytes) -> None:
    try:
        decoded = decode(body)
    except IngestError:
        return
    for item in decoded.items:
        assert intake.pack(item, allow_list=None).quantity == item.quantity > 0


@pytest.mark.parametrize("name", DECODERS)
def test_any_json_is_decoded_or_refused(name: str) -> None:
    @QUIET
    @given(body=BODIES)
    def run(body: bytes) -> None:
        check(DECODERS[name], body)

    run()


@pytest.mark.parametrize("signal", list(otlp.SIGNALS))
def test_a_damaged_export_is_decoded_or_refused(signal: str) -> None:
    whole = sample(signal)

    @QUIET
    @given(at=st.integers(0, len(whole) - 1), byte=st.integers(0, 255), end=st.integers(0, len(whole)))
    def run(at: int, byte: int, end: int) -> None:
        check(DECODERS[f"otlp {signal} protobuf"], (whole[:at] + bytes([byte]) + whole[at + 1 :])[:end])

    run()
