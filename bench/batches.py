"""What a fact of a batch costs: `python -m bench.batches [--facts 20000] [--kind span]`.

CPU time in µs per fact, best of three: decoding and scrubbing (what a request does besides PostgreSQL), and the digest
from inbox rows to Parquet files without PostgreSQL, which is `pipeline.process` with its writes to tables left out.
Facts are those stored; a span makes a row of `spans`, and further rows of requests and queries on top.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")
os.environ.setdefault("OBS_VAR_DIR", tempfile.mkdtemp())

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: E402

from events.digest import pipeline  # noqa: E402
from events.digest.batch import Batch, Item  # noqa: E402
from events.facts import dimensions, files, schema  # noqa: E402
from events.ingest import intake, payloads  # noqa: E402
from events.protocols import otlp, sentry, timings  # noqa: E402
from events.protocols.contract import Decoded  # noqa: E402
from events.protocols.vitals import Page, decode_vitals  # noqa: E402
from events.values import pseudonyms  # noqa: E402

NOW = datetime.now(UTC)
CONTEXT = sentry.Context(1, NOW, "203.0.113.9", "Mozilla/5.0 Chrome/130", functools.partial(pseudonyms.of, b"bench"))
RANDOM = random.Random(7)


def hexed(digits: int) -> str:
    return f"{RANDOM.getrandbits(digits * 4):0{digits}x}"


def envelope(kind: str, count: int, items: list[Any], version: int = 2) -> bytes:
    header = {"type": kind, "item_count": count, "content_type": f"application/vnd.sentry.items.{kind}+json"}
    return b"\n".join([b"{}", orjson.dumps(header), orjson.dumps({"version": version, "items": items})])


def typed(**values: Any) -> dict[str, Any]:
    kinds = {str: "string", int: "integer", float: "double", bool: "boolean"}
    return {name.replace("__", "."): {"value": value, "type": kinds[type(value)]} for name, value in values.items()}


def spans(count: int) -> bytes:
    """A tenth of the spans serve requests, half of the others are queries."""
    items, trace, segment = [], "", ""
    for number in range(count):
        start = NOW.timestamp() - 10 + number / 1000
        is_segment = number % 10 == 0
        if is_segment:
            trace, segment = hexed(32), hexed(16)
        op = "http.server" if is_segment else "db" if number % 2 else "function"
        name = "GET /items/{id}" if is_segment else f"SELECT * FROM table{number % 40} WHERE id = %s"
        items.append({
            "trace_id": trace, "span_id": segment if is_segment else hexed(16), "is_segment": is_segment,
            "parent_span_id": None if is_segment else segment, "name": name, "status": "ok", "start_timestamp": start,
            "end_timestamp": start + 0.005,
            "attributes": typed(sentry__op=op, sentry__release="shop@1.4.2", sentry__environment="production",
                                sentry__segment__name="GET /items/{id}", server__address="shop-1",
                                http__request__method="GET", thread__id=7),
        })  # fmt: skip
    return envelope("span", count, items)


def logs(count: int) -> bytes:
    items = [{
        "timestamp": NOW.timestamp() - 5, "level": "info", "trace_id": hexed(32), "severity_number": 9,
        "body": f"order {number} was paid by card in {number % 300} ms",
        "attributes": typed(sentry__release="shop@1.4.2", sentry__environment="production", order__number=number,
                            sentry__message__template="order %s was paid by %s in %s ms", logger__name="shop.pay"),
    } for number in range(count)]  # fmt: skip
    return envelope("log", count, items)


def metrics(count: int) -> bytes:
    items = [{
        "timestamp": NOW.timestamp() - 5, "trace_id": hexed(32), "name": f"shop.metric{number % 20}",
        "type": "distribution", "value": number / 7, "unit": "millisecond",
        "attributes": typed(sentry__release="shop@1.4.2", sentry__environment="production", plan=f"p{number % 5}"),
    } for number in range(count)]  # fmt: skip
    return envelope("trace_metric", count, items)


def vitals(count: int) -> bytes:
    items = [{
        "name": "LCP", "value": 1000.5 + number, "delta": 3, "id": f"v6-1795416443617-{number:013d}",
        "navigationType": "navigate", "url": f"https://shop.example/items/{number}",
        "attribution": {"target": "#hero", "timeToFirstByte": 100.5, "resourceLoadDelay": 7.25},
    } for number in range(count)]  # fmt: skip
    return orjson.dumps(items)


def plain_timings(count: int) -> bytes:
    items = [{
        "route": f"GET /items/{number % 50}", "method": "GET", "status": 200, "duration_ms": 40 + number % 9,
        "db_ms": 12.5, "db_count": 4, "timestamp": NOW.timestamp() - 5, "trace_id": hexed(32),
    } for number in range(count)]  # fmt: skip
    return orjson.dumps({"release": "shop@1", "environment": "production", "timings": items})


def otlp_spans(count: int) -> bytes:
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    of_resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    of_scope = of_resource.scope_spans.add()
    moment = int((NOW.timestamp() - 5) * 1e9)
    for number in range(count):
        span = of_scope.spans.add(
            trace_id=RANDOM.randbytes(16), span_id=RANDOM.randbytes(8), name="GET /items/{id}", kind=2,
            start_time_unix_nano=moment, end_time_unix_nano=moment + 5_000_000,
        )  # fmt: skip
        pairs = {"http.request.method": "GET", "http.route": "/items/{id}", "server.address": "shop-1", "url.path": "/"}
        for name, value in pairs.items():
            span.attributes.add(key=name).value.string_value = value
        span.attributes.add(key="http.response.status_code").value.int_value = 200 + number % 2
    return request.SerializeToString()


Decode = Callable[[bytes], Decoded]
KINDS: dict[str, tuple[Callable[[int], bytes], Decode, int]] = {
    "span": (spans, lambda body: sentry.decode_envelope(body, CONTEXT), 500),
    "otlp span": (otlp_spans, lambda body: otlp.decode("traces", body, CONTEXT, is_json=False), 512),
    "log": (logs, lambda body: sentry.decode_envelope(body, CONTEXT), 100),
    "metric": (metrics, lambda body: sentry.decode_envelope(body, CONTEXT), 500),
    "vital": (vitals, lambda body: decode_vitals(body, CONTEXT, page=Page()), 5),
    "timing": (plain_timings, lambda body: timings.decode_timings(body, CONTEXT), 500),
}


def microseconds(work: Callable[[], Any], count: int) -> tuple[float, Any]:
    best, result = float("inf"), None
    for _ in range(3):
        start = time.process_time()
        result = work()
        best = min(best, (time.process_time() - start) / count * 1e6)
    return best, result


def digest(rows: list[Any]) -> int:
    """Everything the digest does but PostgreSQL: unpack, steps, dimensions that are known, Parquet files."""
    batch = Batch(now=NOW)
    for row in rows:
        item = Item(row, payloads.unpack(row.payload))
        for step in pipeline.STEPS[row.kind]:
            step(batch, item)
    admit_all(batch.facts)
    with mock.patch.object(dimensions.Dimension, "objects"):
        dimensions.fold(batch.facts, now=NOW)
    root = files.root()
    for (_, name), found in batch.facts.items():
        if found:
            table = schema.table(schema.FACTS[name], found)
            pipeline.segments._write_file(root, pipeline.segments.Place(1, name, NOW.date()), schema.FACTS[name], table)
    return sum(map(len, batch.facts.values()))


def admit_all(found: dimensions.Rows) -> None:
    """Make all values known as of today, once; other batches hold the same ones."""
    if dimensions._noted:
        return
    known: defaultdict[dimensions.Name, set[str]] = defaultdict(set)
    for places in (dimensions._columns, dimensions._attributes, dimensions._attribute_values):
        for name, value, _, _ in places(found):
            known[name].add(value)
    dimensions._noted.update({name: (NOW.date(), frozenset(values)) for name, values in known.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=20_000)
    parser.add_argument("--kind", choices=list(KINDS))
    options = parser.parse_args()
    print(f"{'kind':10} {'batch':>6} {'accept µs':>10} {'digest µs':>10} {'facts':>7} {'facts/s/core':>13}")
    with tempfile.TemporaryDirectory() as folder:
        settings.OBS_SEGMENT_ROOT = folder
        for kind, (build, decode, size) in KINDS.items():
            if options.kind in (None, kind):
                measure(kind, build, decode, size, options.facts)


def measure(kind: str, build: Callable[[int], bytes], decode: Decode, size: int, count: int) -> None:
    bodies = [build(size) for _ in range(count // size)]

    def accept() -> list[Any]:
        decoded = [decode(body) for body in bodies]
        return [(item.kind, intake.pack(item, allow_list=None)) for each in decoded for item in each.items]

    accepting, packed = microseconds(accept, count)
    rows = [
        SimpleNamespace(
            project_id=1, kind=name, item_id=uuid.uuid4(), quantity=item.quantity, payload=item.payload, blob=None,
            received_at=NOW,
        )
        for name, item in packed
    ]  # fmt: skip
    dimensions.forget()
    # As much as the digest claims at a time.
    batches = [rows[at : at + settings.OBS_DIGEST_BATCH] for at in range(0, len(rows), settings.OBS_DIGEST_BATCH)]
    digesting, stored = microseconds(lambda: sum(map(digest, batches)), 1)
    line = f"{kind:10} {size:6} {accepting:10.1f} {digesting / stored:10.1f} {stored:7}"
    print(f"{line} {1e6 / (digesting / stored):13,.0f}", flush=True)


if __name__ == "__main__":
    main()
