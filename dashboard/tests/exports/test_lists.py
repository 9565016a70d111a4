"""Every list as a file and in pages: the same rows, resumed where they were cut, and only for those who may."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.utils import timezone

from dashboard.exports import csv_tables, tables
from dashboard.exports.lists import LISTS, cursor
from dashboard.tests.api.test_api import bearer, get
from dashboard.tests.exports.test_tables import body
from dashboard.tests.populated import populate
from events.models import AuditEntry, Project


@pytest.fixture
def filled(project: Project, alice: Any) -> Project:
    populate(project, person=alice, now=timezone.now())
    return project


def pages_of(name: str, user: Any, *, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        answer = get(f"/api/v1/projects/web/lists/{name}/", bearer(user), **query).json()
        rows += answer["results"]
        if answer["next"] is None:
            return rows
        query["cursor"] = answer["next"]


def test_every_list_has_the_same_rows_in_each_form_and_in_pages(as_alice: Client, alice: Any, filled: Project) -> None:
    for name, listed in LISTS.items():
        wanted = list(csv.DictReader(io.StringIO(body(as_alice.get(f"/p/web/exports/{name}.csv")).decode())))
        found = json.loads(body(as_alice.get(f"/p/web/exports/{name}.json")))
        table = pq.read_table(io.BytesIO(body(as_alice.get(f"/p/web/exports/{name}.parquet"))))
        assert len(wanted) == len(found) == table.num_rows, name
        assert table.column_names == list(listed.columns), name
        paged = pages_of(name, alice, limit=3)
        ids = [str(row["id"]) for row in found]
        assert ids == [row["id"] for row in wanted] == [str(row["id"]) for row in paged] == sorted(ids, key=int), name
    assert len(json.loads(body(as_alice.get("/p/web/exports/issues.json")))) == filled.issues.count() > 3


def test_a_file_goes_on_behind_the_row_that_came_last(as_alice: Client, filled: Project) -> None:
    whole = json.loads(body(as_alice.get("/p/web/exports/issues.json")))
    rest = json.loads(body(as_alice.get(f"/p/web/exports/issues.json?after={whole[1]['id']}")))
    assert rest == whole[2:]
    assert json.loads(body(as_alice.get("/p/web/exports/issues.json?after=%3Cscript%3E"))) == whole
    assert [cursor(text) for text in ("7", "-1", "²", "9" * 30, "")] == [7, 0, 0, 0, 0]


def until_it_breaks(stream: Iterator[Any]) -> list[Any]:
    """What came of a stream that must break."""
    came = []
    try:
        for piece in stream:
            came.append(piece)
    except ConnectionError:
        return came
    raise AssertionError("It did not break.")


def test_a_file_that_breaks_off_says_so() -> None:
    def rows() -> Iterator[list[int]]:
        yield from ([number] for number in range(700))
        raise ConnectionError

    lines = "".join(until_it_breaks(csv_tables.csv_stream(["id"], rows()))).splitlines()
    assert (lines[0], lines[1], lines[-1]) == ("id", "0", csv_tables.INCOMPLETE)
    assert not b"".join(until_it_breaks(tables.json_stream(["id"], rows()))).rstrip().endswith(b"]")


def test_parquet_is_written_in_groups_and_its_columns_have_one_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROW_GROUP", 10)
    rows = [(number, number / 2 if number > 20 else number, "x" if number > 30 else number) for number in range(35)]
    with tables.parquet(["whole", "half", "mixed"], iter(rows)) as file:
        read = pq.ParquetFile(file)
        assert read.num_row_groups == 4
        assert [str(kind) for kind in read.schema_arrow.types] == ["int64", "double", "string"]
        assert read.read().to_pylist()[-1] == {"whole": 34, "half": 17.0, "mixed": "x"}


def test_a_list_is_for_its_role_and_every_file_leaves_an_entry(
    as_alice: Client, bob: Any, charlie: Any, filled: Project
) -> None:
    filled.memberships.filter(user=bob).update(role="viewer")
    theirs = Client()
    theirs.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    shown = theirs.get("/p/web/exports/").content.decode()
    for name, listed in LISTS.items():
        may = listed.role == "viewer"
        assert (theirs.get(f"/p/web/exports/{name}.csv").status_code == 200) is may, name
        assert (get(f"/api/v1/projects/web/lists/{name}/", bearer(bob)).status_code == 200) is may, name
        assert (f"/p/web/exports/{name}.csv" in shown) is may, name
        assert get(f"/api/v1/projects/web/lists/{name}/", bearer(charlie)).status_code == 404
    assert as_alice.get("/p/web/exports/nothing.csv").status_code == 404
    assert as_alice.get("/p/web/exports/issues.xml").status_code == 404
    assert AuditEntry.objects.filter(action="list.export", object_id="issues").count() >= 1
