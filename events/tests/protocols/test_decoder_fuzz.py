"""Whatever arrives, a decoder answers with items or with an IngestError, and what it accepts can be read back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.endpoints.admission import body
from events.protocols import sentry
from events.protocols.contract import KINDS, Decoded
from events.protocols.sentry import clean, items
from events.tests.sentry_bodies import context, envelope
from events.values import lenient
from events.values.errors import IngestError

EXAMPLES = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
SAMPLES = Path(__file__).parents[1] / "samples"
SEEDS = [path.read_bytes() for path in sorted(SAMPLES.glob("[bnrc]*/*.bin")) if path.stat().st_size < 20_000]
NAMES = sorted(
    {
        *clean.FIELDS,
        *clean.IMPLIED,
        "values",
        "frames",
        "items",
        "attributes",
        "aggregates",
        "attrs",
        "trace",
        "feedback",
    }
    | {
        "data",
        "headers",
        "status",
        "sid",
        "did",
        "schedule",
        "monitor_config",
        "monitor_slug",
        "discarded_events",
        "value",
    }
    | {
        "trace_id",
        "span_id",
        "email",
        "ip_address",
        "quantity",
        "images",
        "code_file",
        "comments",
        "csp-report",
        "body",
        "age",
    }
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["ok", "{{auto}}", "a" * 32, "b" * 16, "2026-11-23T08:00:00Z", "https://a/b?c#d", "csp-violation"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=30,
)
TYPES = st.sampled_from([*items.DECODERS, *items.FILTERED, "other"])


def outcome_of(run: Callable[[], Any]) -> Any:
    """Return what `run` returned, or the IngestError that it raised."""
    try:
        return run()
    except IngestError as error:
        return error


def check_answer(decode: Callable[[], Decoded]) -> None:
    result = outcome_of(decode)
    if isinstance(result, IngestError):
        assert result.status in (400, 403, 413)
        assert result.detail
        return
    for item in result.items:
        assert item.kind in KINDS
        assert item.quantity > 0
        data = lenient.canonical(item.payload)
        assert orjson.loads(data) == item.payload
        assert b"\\u0000" not in data
    assert all(refused.quantity > 0 and refused.reason for refused in result.refused)


@EXAMPLES
@given(st.binary(max_size=400) | st.text(alphabet='{}[]":,\n\\typeven0', max_size=200).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    check_answer(lambda: sentry.decode_envelope(data, context()))
    check_answer(lambda: sentry.decode_store(data, context()))
    check_answer(lambda: sentry.decode_security(data, "", context()))


@EXAMPLES
@given(st.lists(st.tuples(TYPES, VALUES), max_size=4), VALUES, VALUES)
def test_any_values_in_a_well_framed_envelope(parts: list[tuple[str, Any]], sent_at: Any, event_id: Any) -> None:
    framed = [({"type": kind}, value) for kind, value in parts]
    check_answer(lambda: sentry.decode_envelope(envelope(*framed, sent_at=sent_at, event_id=event_id), context()))


@EXAMPLES
@given(VALUES)
def test_any_values_in_an_event_or_a_report(value: Any) -> None:
    data = json.dumps(value).encode()
    check_answer(lambda: sentry.decode_store(data, context(collects_ip=True, collects_user_data=True)))
    check_answer(lambda: sentry.decode_security(data, "", context()))


@EXAMPLES
@given(st.sampled_from(SEEDS), st.integers(0, 20_000), st.integers(0, 40), st.binary(max_size=12))
def test_real_envelopes_with_a_wound(seed: bytes, at: int, width: int, wound: bytes) -> None:
    at %= len(seed)
    check_answer(lambda: sentry.decode_envelope(seed[:at] + wound + seed[at + width :], context()))


@EXAMPLES
@given(st.binary(max_size=300) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_json(data: bytes) -> None:
    value = outcome_of(lambda: lenient.loads(data))
    if isinstance(value, IngestError):
        return
    written = lenient.canonical(value)
    assert lenient.loads(written) == orjson.loads(written) == value


@EXAMPLES
@given(
    st.binary(max_size=300) | st.binary(max_size=300).map(zlib.compress),
    st.sampled_from([*body.DECODERS, "", "gzip, br"]),
    st.integers(0, 400),
)
def test_any_compressed_body(data: bytes, encoding: str, cap: int) -> None:
    decoded = outcome_of(lambda: body.decompress(data, encoding=encoding, cap=cap))
    if isinstance(decoded, IngestError):
        assert decoded.status in (400, 413, 415)
    else:
        assert len(decoded) <= cap
