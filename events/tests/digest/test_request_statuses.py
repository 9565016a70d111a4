"""Which requests failed: the code of a transaction, wherever its SDK put it."""

import time
import uuid
from typing import Any

import pytest

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey, Project
from events.tests.intake import digested, facts, post
from events.tests.sentry_bodies import envelope


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def transaction(trace: dict[str, Any], **fields: Any) -> bytes:
    now, event_id = time.time(), uuid.uuid4().hex
    about = {"trace_id": uuid.uuid4().hex, "span_id": "a" * 16, "op": "http.server"} | trace
    event = {
        "event_id": event_id, "type": "transaction", "transaction": "GET /x", "start_timestamp": now - 1,
        "timestamp": now, **fields, "contexts": {"trace": about, **fields.get("contexts", {})},
    }  # fmt: skip
    return envelope(({"type": "transaction"}, event), event_id=event_id)


@pytest.mark.parametrize(
    ("trace", "fields", "status"),
    [
        ({"status": "internal_error"}, {}, 500),
        ({"status": "unavailable"}, {}, 503),
        ({"status": "resource_exhausted"}, {}, 429),
        ({"status": "ok"}, {}, 200),
        ({"status": "unknown"}, {}, None),
        ({}, {}, None),
        ({"status": "ok", "data": {"http.response.status_code": 502}}, {}, 502),
        ({"status": "ok", "data": {"status_code": "502"}}, {}, 502),
        ({"status": "ok"}, {"contexts": {"response": {"status_code": 502}}}, 502),
        ({"status": "ok"}, {"tags": {"http.status_code": "502"}}, 502),
        ({"status": "ok", "tags": {"http.status_code": "502"}}, {}, 502),
        ({"status": "ok", "op": "grpc.server", "data": {"rpc.grpc.status_code": 14}}, {}, 503),
    ],
)
def test_a_transaction_s_code_is_found_wherever_its_sdk_put_it(
    project: Project, key: IngestKey, trace: dict[str, Any], fields: dict[str, Any], status: int | None
) -> None:
    assert post(key, "envelope/", transaction(trace, **fields)).status_code == 200
    digested(project)
    (row,) = facts(project, "requests")
    assert (row["status"], row["is_rate_limited"]) == (status, status == 429)


@pytest.mark.parametrize("parent", ["0000000000000000", None, ""])
def test_a_parent_of_zeros_is_no_parent(project: Project, key: IngestKey, parent: str | None) -> None:
    assert post(key, "envelope/", transaction({"parent_span_id": parent})).status_code == 200
    digested(project)
    (row,) = facts(project, "spans")
    assert row["parent_span_id"] is None
