"""From spans to requests, queries and vitals; and how many values a dimension may have."""

import json
import uuid
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from events.digest.steps import spans
from events.facts import dimensions
from events.ingest import inbox, payloads
from events.ingest.payloads import Packed
from events.models import Dimension, DimensionValue, IngestKey, Project
from events.tests.intake import digested, facts

TRACE = "5b8efff798038103d269b633813fc60c"


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    dimensions.forget()


def accept(key: IngestKey, kind: str, payload: Any, *, quantity: int = 1) -> None:
    item = Packed(kind, uuid.uuid4(), quantity, payloads.pack(payload))
    inbox.accept([item], project_id=key.project_id, key_id=key.pk, now=timezone.now())


def span(number: int, start: float, milliseconds: float, *, parent: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "trace_id": TRACE, "span_id": f"{number:016x}", "parent_span_id": f"{parent:016x}" if parent else None,
        "name": "work", "op": "function", "start": start, "end": start + milliseconds / 1000, "attributes": {},
    } | fields  # fmt: skip


def served(start: float, *children: dict[str, Any], **fields: Any) -> dict[str, Any]:
    segment = span(1, start, 500, parent=0, name="/items/{id}", op="http.server", is_segment=True, status="ok")
    return {"transaction": "/items/{id}", "release": "shop@1", "spans": [segment | fields, *children]}


def query(number: int, start: float, milliseconds: float = 2, **fields: Any) -> dict[str, Any]:
    return span(number, start, milliseconds, op="db", name=f"SELECT * FROM t WHERE id = {number}", **fields)


@pytest.fixture
def start() -> float:
    return timezone.now().timestamp() - 60


def test_a_request_sums_up_what_ran_below_it(project: Project, key: IngestKey, start: float) -> None:
    children = [query(2, start, 20), query(3, start + 0.03, 30, parent=4), span(4, start + 0.03, 40)]
    cached = [
        span(number, start, 1, op="cache.get", attributes={"cache.hit": hit})
        for number, hit in ((5, True), (6, True), (7, False))
    ]
    attributes = {"http.method": "GET", "http.response.status_code": 503, "http.server.request.time_in_queue": 12}
    accept(key, "transaction", served(start, *children, *cached, attributes=attributes))
    digested(project)
    (row,) = facts(project, "requests")
    assert (row["route"], row["method"], row["status"], row["release"]) == ("/items/{id}", "GET", 503, "shop@1")
    assert (row["db_count"], row["db_ms"], row["queue_ms"]) == (2, pytest.approx(50, abs=0.01), 12)
    assert (row["cache"], row["cache_hits"], row["cache_misses"]) == ("mixed", 2, 1)
    assert row["duration_ms"] == pytest.approx(500, abs=0.01)


def test_two_requests_of_one_trace_keep_their_queries_apart(project: Project, key: IngestKey, start: float) -> None:
    inner = span(9, start, 100, op="http.server", name="/inner", transaction="/inner", is_segment=True)
    accept(key, "span", {"spans": [*served(start)["spans"], inner, query(2, start), query(3, start, parent=9)]})
    digested(project)
    assert {(row["route"], row["db_count"]) for row in facts(project, "requests")} == {
        ("/items/{id}", 1),
        ("/inner", 1),
    }


@pytest.mark.parametrize(
    ("starts", "parents", "milliseconds", "expected"),
    [
        ([0, 10, 20, 30, 40], [1] * 5, 5, "n_plus_one"),
        ([0, 10, 20, 30], [1] * 4, 5, None),
        ([0, 1, 2, 3, 4], [1] * 5, 50, None),
        ([0, 10, 20, 30, 40], [1, 1, 1, 7, 7], 5, None),
        ([0], [1], 501, "slow"),
        ([0], [1], 499, None),
        ([0, 600, 1200, 1800, 2400], [1] * 5, 550, "n_plus_one"),
    ],
)
def test_a_finding_names_what_is_wrong(
    project: Project, key: IngestKey, start: float, starts: list[int], parents: list[int], milliseconds: float,
    expected: str | None,
) -> None:  # fmt: skip
    ran = [
        query(2 + number, start + offset / 1000, milliseconds, parent=parent)
        for number, (offset, parent) in enumerate(zip(starts, parents, strict=True))
    ]
    accept(key, "transaction", served(start, *ran))
    digested(project)
    (row,) = facts(project, "queries")
    assert (row["finding"], row["count"], row["statement"]) == (expected, len(starts), "SELECT * FROM t WHERE id = ?")
    assert row["max_ms"] == pytest.approx(milliseconds, abs=0.01)


def test_no_literal_of_a_query_is_stored(project: Project, key: IngestKey, start: float) -> None:
    sent = span(
        2, start, 2, op="db", name="SELECT 'plums'",
        attributes={"db.system": "mysql", "db.statement": 'SELECT "plums"', "db.query.text": "SELECT 'plums'"},
    )  # fmt: skip
    accept(key, "transaction", served(start, sent))
    digested(project)
    assert "plums" not in json.dumps([facts(project, "spans"), facts(project, "queries")], default=str)


def test_a_redis_command_is_no_query(project: Project, key: IngestKey, start: float) -> None:
    sent = [span(2, start, 2, op="db.redis"), span(3, start, 2, op="db", attributes={"db.system": "redis"})]
    accept(key, "transaction", served(start, *sent))
    digested(project)
    assert facts(project, "queries") == []
    assert facts(project, "requests")[0]["db_count"] == 0


def test_a_page_load_s_measurements_are_vitals(project: Project, key: IngestKey, start: float) -> None:
    payload = served(start, op="pageload", name="/items/:id", attributes={"fid": 3, "lcp": 2600.5}) | {
        "transaction": "/items/:id",
        "measurements": {
            "lcp": {"value": 2600.5, "unit": "millisecond"}, "ttfb": {"value": 0.5, "unit": "second"},
            "cls": {"value": 0.02, "unit": ""}, "fid": {"value": 3, "unit": "millisecond"}, "inp": {"value": -1},
            "fcp": {"value": 900_000, "unit": "microsecond"},
        },
        "request": {"headers": {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"}},
    }  # fmt: skip
    accept(key, "transaction", payload)
    digested(project)
    rows = {row["metric"]: row for row in facts(project, "vitals")}
    assert {name: row["value"] for name, row in rows.items()} == {"LCP": 2600.5, "TTFB": 500, "CLS": 0.02, "FCP": 900}
    assert (rows["LCP"]["rating"], rows["LCP"]["route"], rows["LCP"]["release"]) == (
        "needs-improvement", "/items/:id", "shop@1",
    )  # fmt: skip
    assert (rows["LCP"]["device"], rows["LCP"]["browser"]) == ("desktop", "Firefox")
    assert facts(project, "requests") == []


def test_streamed_vitals_of_one_page_load_share_an_id(project: Project, key: IngestKey, start: float) -> None:
    attributes = {"sentry.pageload.span_id": "b9034e02a62c856c", "browser.navigation.type": "back_forward"}
    values = [{"browser.web_vital.cls.value": value} for value in (0.01, 0.2)]
    sent = [
        span(2 + n, start, 0, op="ui.webvital.cls", transaction="/cart", attributes=attributes | value)
        for n, value in enumerate(values)
    ]
    accept(key, "span", {"spans": sent}, quantity=2)
    digested(project)
    rows = facts(project, "vitals")
    assert len({row["metric_id"] for row in rows}) == 1
    assert {row["value"] for row in rows} == {0.01, 0.2}
    assert {row["navigation_type"] for row in rows} == {"back-forward"}


@pytest.mark.parametrize(
    ("children", "expected"),
    [([], 100), ([(0, 40)], 60), ([(0, 40), (20, 40)], 40), ([(0, 200)], 0), ([(10, 10), (50, 10)], 80)],
)
def test_self_time_is_what_no_child_covers(children: list[tuple[int, int]], expected: float) -> None:
    at = datetime.fromisoformat("2026-11-23T12:00:00+00:00").timestamp()
    moment = datetime.fromtimestamp
    rows = [{"span_id": "p", "parent_span_id": None, "at": moment(at), "duration_ms": 100.0}]
    rows += [
        {"span_id": f"c{n}", "parent_span_id": "p", "at": moment(at + first / 1000), "duration_ms": float(length)}
        for n, (first, length) in enumerate(children)
    ]
    spans.put_self_time(rows)
    assert rows[0]["self_ms"] == pytest.approx(expected, abs=0.01)


def test_values_beyond_the_limit_become_other(project: Project, key: IngestKey, settings: Any) -> None:
    settings.OBS_DIMENSION_VALUES = 3
    for part in ([0, 1], [1, 2, 3, 4], [0, 5]):
        timings = [{"route": f"/{number}", "duration_ms": 1} for number in part]
        accept(key, "timing", {"items": timings}, quantity=len(timings))
        digested(project)
    assert sorted(row["route"] for row in facts(project, "requests")) == ["(other)"] * 3 + [
        "/0",
        "/0",
        "/1",
        "/1",
        "/2",
    ]
    dimension = Dimension.objects.get(name="requests.route")
    assert (dimension.folded_count, dimension.folded_at is not None) == (3, True)
    assert DimensionValue.objects.filter(dimension=dimension).count() == 3


def test_attributes_of_a_metric_are_bounded_too(project: Project, key: IngestKey, settings: Any) -> None:
    settings.OBS_DIMENSION_VALUES = 2
    metrics = [{"name": "orders", "type": "counter", "value": 1, "attributes": {"user": f"u{n}"}} for n in range(4)]
    accept(key, "metric", {"items": metrics}, quantity=4)
    digested(project)
    assert sorted(row["attributes"]["user"] for row in facts(project, "metrics")) == ["(other)", "(other)", "u0", "u1"]
