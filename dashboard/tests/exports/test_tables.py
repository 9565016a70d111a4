"""Charts and lists in three forms, on pages and in the API: the same rows, whole or seen to be cut."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.utils import timezone

from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from dashboard.exports import tables
from dashboard.tests.api.test_api import bearer, get
from events.models import Project


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.fixture
def measured(project: Project) -> Project:
    now = timezone.now()
    at = now - timedelta(hours=2)
    facts.filled(project, "requests", *(facts.request(at, duration_ms=n) for n in range(1, 41)), now=now)
    facts.filled(project, "logs", *(facts.log(f"=line {n}", at=at, host="a") for n in range(12)), now=now)
    facts.filled(project, "events", *(event(n, at, path=f"/{n % 3}") for n in range(60)), now=now)
    return project


@pytest.mark.parametrize(
    ("csv_url", "other"),
    [
        ("/p/web/charts/throughput.csv?x=1", "/p/web/charts/throughput/table.{form}?x=1"),
        ("/p/web/analytics/list.csv?by=page", "/p/web/analytics/list.csv?by=page&format={form}"),
        ("/p/web/logs/export.csv?host=a", "/p/web/logs/export.csv?host=a&format={form}"),
    ],
)
def test_every_form_has_the_same_rows(as_alice: Client, measured: Project, csv_url: str, other: str) -> None:
    wanted = list(csv.DictReader(io.StringIO(body(as_alice.get(csv_url)).decode())))
    assert wanted
    found = json.loads(body(as_alice.get(other.format(form="json"))))
    table = pq.read_table(io.BytesIO(body(as_alice.get(other.format(form="parquet")))))
    assert len(found) == len(wanted) == table.num_rows
    assert list(found[0]) == list(wanted[0]) == table.column_names
    last = list(wanted[0])[-1]
    assert [str(row[last]) for row in found] == [row[last] for row in wanted]


def test_a_form_that_is_none_is_not_found_or_csv(as_alice: Client, measured: Project) -> None:
    assert as_alice.get("/p/web/charts/throughput/table.xml").status_code == 404
    assert as_alice.get("/p/web/charts/nothing/table.json").status_code == 404
    answer = as_alice.get("/p/web/logs/export.csv?format=<script>")
    assert answer["Content-Type"].startswith("text/csv")


def test_an_export_that_was_cut_goes_on_behind_its_last_line(as_alice: Client, measured: Project) -> None:
    whole = json.loads(body(as_alice.get("/p/web/logs/export.csv?format=json")))
    last = whole[4]
    rest = as_alice.get("/p/web/logs/export.csv", {"format": "json", "before": f"{last['at']}~{last['log_id']}"})
    assert json.loads(body(rest)) == whole[5:]
    assert as_alice.get("/p/web/logs/export.csv?query=is:x").status_code == 400


def test_json_that_was_cut_off_is_seen_to_be() -> None:
    pieces = list(tables.json_stream(["a"], ([n] for n in range(1200))))
    assert len(pieces) > 1
    assert [row["a"] for row in json.loads(b"".join(pieces))] == list(range(1200))
    with pytest.raises(json.JSONDecodeError):
        json.loads(b"".join(pieces[:-1]))
    assert json.loads(b"".join(tables.json_stream(["a"], []))) == []


def test_parquet_keeps_numbers_and_moments_and_makes_texts_of_what_is_mixed() -> None:
    at = timezone.now()
    rows = [[1, 1, "x", at, None, 1], [2, 0.5, "y", at, None, "two"], [None, None, None, None, None, None]]
    with tables.parquet(list("abcdef"), rows) as file:
        found = pq.read_table(file)
    assert [str(kind) for kind in found.schema.types][:3] == ["int64", "double", "string"]
    assert found["f"].to_pylist() == ["1", "two", None]
    assert found["d"].to_pylist()[0] == at


def test_the_api_has_each_chart_as_its_page_has_it(as_alice: Client, alice: Any, measured: Project) -> None:
    token = bearer(alice)
    listed = get("/api/v1/projects/web/charts/", token).json()["results"]
    assert "throughput" in {one["name"] for one in listed}
    found = get("/api/v1/projects/web/charts/throughput/?from=-24h&route=GET+/items", token).json()
    rows = list(csv.reader(io.StringIO(body(as_alice.get("/p/web/charts/throughput.csv?from=-24h")).decode())))
    assert found["columns"] == rows[0]
    assert sum(row[1] for row in found["rows"]) == 40
    assert get("/api/v1/projects/web/charts/nothing/", token).status_code == 404
    for one in listed:
        answer = get(f"/api/v1/projects/web/charts/{one['name']}/?from=x&query=%00&issue=9", token)
        assert answer.status_code in (200, 404), one
