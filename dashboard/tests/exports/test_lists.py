"""Every list as a file and in pages of the API: the rows of its page, resumed where they were cut, and only for those
who may."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pyarrow.parquet as pq
import pytest
import re2
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from dashboard.exports import csv_tables, tables
from dashboard.exports.lists import LISTS, behind, cursor
from dashboard.tests import populated_performance as performance
from dashboard.tests.api.test_api import bearer, get
from dashboard.tests.exports.test_tables import body
from dashboard.tests.pages.test_pages import pages
from dashboard.tests.pages.test_performance_pages import addresses
from dashboard.tests.populated import World, populate
from dashboard.tests.things import things
from events.models import AuditEntry, Project

# Pages with a table that is no list: each with its reason.
NO_LIST = {
    "account": "the reader's own sessions and tokens",
    "docs": "what is written", "docs-page": "what is written", "docs-search": "what is written",
    "api-calls": "what is written",
    "export-list": "leads to the files",
    "setup": "what to copy",
    "home": "no project",
    "issue": "one event, which has its JSON", "event": "one event, which has its JSON",
    "log-line": "one line among its neighbours",
    "project-life": "forms",
}  # fmt: skip


# Pages about one thing, beside those that are walked elsewhere.
OF_ONE = (
    "alerts/{alert_id}/",
    "alerts/silences/",
    "alerts/channels/",
    "alerts/channels/{channel_id}/",
    "alerts/channels/log/",
    "monitors/",
    "monitors/{monitor_id}/",
    "uptime/{probe_id}/",
    "slos/{objective_id}/",
    "flags/",
    "flags/{flag_id}/",
    "flags/audiences/",
    "experiments/{experiment_id}/",
    "settings/deploys/",
    "settings/grouping/",
    "persons/requests/",
    "insights/saved/",
    "insights/goals/",
    "insights/actions/",
)


@pytest.fixture
def filled(project: Project, alice: Any) -> World:
    now = timezone.now()
    world = populate(project, person=alice, now=now)
    performance.store(project, now=now)
    return world


def needed(project: Project, alice: Any, world: World) -> dict[str, Any]:
    """What lists of one thing alone are asked with."""
    found = things(project, alice, timezone.now())
    return {
        **{name: str(value) for name, value in found.items()},
        "issue_id": str(world.issue.pk), "version": world.release.version, "trace_id": performance.TRACE,
        "fingerprint": f"{3:016x}", "route": performance.ROUTES[0],
    }  # fmt: skip


def even(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without what is any of many, and floats without their last digits, which the order of adding makes."""
    return [
        {
            name: float(f"{value:.9g}") if isinstance(value, float) else value
            for name, value in row.items()
            if not (name in ("trace_id", "routes") and "fingerprint" in row)
        }
        for row in rows
    ]


def pages_of(name: str, user: Any, *, limit: int, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"limit": limit, **query}
    while True:
        answer = get(f"/api/v1/projects/web/lists/{name}/", bearer(user), **asked)
        assert answer.status_code == 200, (name, answer.content)
        rows += answer.json()["results"]
        if answer.json()["next"] is None:
            return even(rows)
        asked["cursor"] = answer.json()["next"]


def test_every_list_has_the_same_rows_in_each_form_and_in_pages(as_alice: Client, alice: Any, filled: World) -> None:
    named, empty = needed(filled.project, alice, filled), set()
    now = timezone.now()
    period = {"from": f"{now - timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}", "to": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    for name, listed in LISTS.items():
        asked = {one: named[one] for one in listed.needs}
        asked |= period if "from" in listed.takes else {}
        at, query = f"/p/web/exports/{name}", f"?{urlencode(asked)}"
        found = json.loads(body(as_alice.get(f"{at}.json{query}")))
        if listed.is_numbered:
            rows = list(csv.DictReader(io.StringIO(body(as_alice.get(f"{at}.csv{query}")).decode())))
            assert [row["id"] for row in rows] == [str(row["id"]) for row in found], name
        else:
            table = pq.read_table(io.BytesIO(body(as_alice.get(f"{at}.parquet{query}"))))
            assert (table.num_rows, table.column_names) == (len(found), list(listed.columns)), name
        limit = min(100, max(3, len(found) - 1))
        assert pages_of(name, alice, limit=limit, **asked) == even(found), name
        empty |= set() if found else {name}
        if listed.needs:
            assert as_alice.get(f"{at}.csv").status_code == 400, name
            assert get(f"/api/v1/projects/web/lists/{name}/", bearer(alice)).status_code == 400, name
    # Every other list is tried with rows.
    assert empty <= {
        "ended-alerts", "release-resolved-issues", "release-regressed-issues", "probe-looks", "probe-spans",
        "monitor-states", "monitor-runs", "objective-alerts", "alert-history", "experiment-results", "flag-answers",
        "grouping-rules", "deploy-hooks", "vitals-worse", "incident-alerts", "group-timeline",
        "person-timeline", "endpoint-errors",
        "trace-errors", "saved-insights",
    }  # fmt: skip


Shown = Callable[[Any], list[Any]]
EQUAL: list[tuple[str, str, str, Shown]] = [
    ("issues/?from=-7d", "issues", "id", lambda page: [row.issue.pk for row in page["found"].rows]),
    ("issues/?query=level:warning&sort=events&from=-7d&env=production", "issues", "id",
     lambda page: [row.issue.pk for row in page["found"].rows]),
    ("issues/?query=level:warning&from=-7d", "issues", "events",
     lambda page: [row.counts.events for row in page["found"].rows]),
    ("issues/?query=&sort=trend&from=-7d", "issues", "id", lambda page: [row.issue.pk for row in page["found"].rows]),
    ("events/?level=warning&from=-7d", "error-events", "event_id",
     lambda page: [one.event.event_id for one in page["rows"]]),
    ("traces/?service=checkout", "traces", "trace_id", lambda page: [row[0].trace_id for row in page["rows"]]),
    ("performance/?sort=p95&filter=GET&host=web-1", "endpoints", "route",
     lambda page: [row.endpoint.route for row in page["rows"]]),
    ("performance/?by=host&host=web-1", "requests-by", "name", lambda page: [one.name for one in page["cut"]]),
    ("queries/?sort=count", "queries", "fingerprint", lambda page: [row[0].fingerprint for row in page["rows"]]),
    ("queries/", "query-loops", "times", lambda page: [row[0].times for row in page["loops"]]),
    ("vitals/?metric=INP&device=mobile&p=p90", "vitals-routes", "value",
     lambda page: [row[0].value for band in page["bands"] for row in band.routes]),
    ("vitals/?by=device&route=/", "vitals-by", "name", lambda page: [row[0].name for row in page["cut"]]),
    ("logs/patterns/?query=level:error", "log-patterns", "text",
     lambda page: [one.pattern.text for one in page["rows"]]),
    ("resources/?host=web-1", "hosts", "host", lambda page: [host for host, _ in page["rows"]]),
    ("security/?kind=csp", "security", "subject", lambda page: [line.subject for _, line in page["findings"]]),
    ("incidents/?state=open&query=script", "incidents", "id", lambda page: [one.pk for one in page["listed"]]),
    ("flags/?q=nothing", "flags", "id", lambda page: [line.flag.pk for line in page["lines"]]),
    ("persons/?property=plan%3Dteam", "persons", "id", lambda page: [one.pk for one in page["listed"]]),
]  # fmt: skip


def file_links(html: str) -> dict[str, str]:
    """List -> the address of its JSON, of those that a page offers."""
    found = {}
    for address in re2.findall(r'href="(/p/[^"]+/exports/[^"]+)"', html):
        address = unescape(address)
        named, _, form = urlsplit(address).path.rpartition("/")[2].rpartition(".")
        if form == "json":
            found[named] = address
    return found


def test_a_file_has_the_rows_of_the_page_that_it_is_taken_from(as_alice: Client, alice: Any, filled: World) -> None:
    tried = 0
    for address, name, column, shown in EQUAL:
        answer = as_alice.get(f"/p/web/{address}")
        links = file_links(answer.content.decode())
        assert name in links, address
        rows = json.loads(body(as_alice.get(links[name])))
        on_page = shown(answer.context)
        assert [row[column] for row in rows][: len(on_page)] == on_page, address
        assert len(rows) == len(on_page) or len(on_page) >= 25, address
        # The API takes the very words of the address.
        asked = dict(parse_qsl(urlsplit(links[name]).query))
        assert pages_of(name, alice, limit=100, **asked) == even(rows), address
        tried += len(on_page)
    assert tried > 40


def test_every_page_with_a_list_offers_its_file(as_alice: Client, alice: Any, filled: World) -> None:
    project = filled.project
    made = {**things(project, alice, timezone.now()), "issue_id": filled.issue.pk}
    shown = [*pages(filled), *addresses(project), *(f"/p/web/{path.format(**made)}" for path in OF_ONE)]
    by_name = {resolve(urlsplit(address).path).url_name or "": address for address in reversed(shown)}
    tried = set()
    for name, address in by_name.items():
        answer = as_alice.get(address)
        if answer.status_code != 200 or name in NO_LIST:
            continue
        tried.add(name)
        html = answer.content.decode()
        links = file_links(html)
        main = html.partition("<main")[2]
        has_file = links or re2.search(r'href="[^"]*(?:\.csv|\.parquet|format=json)', main)
        assert has_file or "<table" not in main, f"{address} shows a list without a file"
        assert set(links) == {one for one, listed in LISTS.items() if name in listed.pages}, name
    assert {page for listed in LISTS.values() for page in listed.pages} <= tried


def test_what_cannot_be_read_is_refused_in_words(as_alice: Client, alice: Any, project: Project) -> None:
    wrong = urlencode({"query": "is:nonsense"})
    answer = as_alice.get(f"/p/web/exports/issues.csv?{wrong}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert b"nonsense" in answer.content
    told = get("/api/v1/projects/web/lists/issues/", bearer(alice), query="is:nonsense")
    assert told.status_code == 400
    assert "nonsense" in told.json()["detail"]
    told = get("/api/v1/projects/web/lists/issues/", bearer(alice), hosts="web-1")
    assert told.status_code == 400
    assert "query" in told.json()["detail"]
    listed = get("/api/v1/projects/web/lists/", bearer(alice)).json()["results"]
    assert {one["name"] for one in listed} == set(LISTS)


def test_a_file_goes_on_behind_the_row_that_came_last(as_alice: Client, alice: Any, project: Project) -> None:
    populate(project, person=alice, now=timezone.now())
    for query in ("", "sort=events&from=-7d&query="):
        whole = json.loads(body(as_alice.get(f"/p/web/exports/issues.json?{query}")))
        rest = json.loads(body(as_alice.get(f"/p/web/exports/issues.json?{query}&after={whole[1]['id']}")))
        assert rest == whole[2:]
        assert json.loads(body(as_alice.get(f"/p/web/exports/issues.json?{query}&after=%3Cscript%3E"))) == whole
    events = json.loads(body(as_alice.get("/p/web/exports/error-events.json?from=-7d")))
    rest = json.loads(body(as_alice.get("/p/web/exports/error-events.json?from=-7d&after=2")))
    assert rest == events[2:] != []
    numbered = json.loads(body(as_alice.get("/p/web/exports/releases.json")))
    assert [row["id"] for row in numbered] == sorted((row["id"] for row in numbered), reverse=True)
    rest = json.loads(body(as_alice.get(f"/p/web/exports/releases.json?after={numbered[0]['id']}")))
    assert rest == numbered[1:] != []
    assert [cursor(text) for text in ("7", "-1", "²", "9" * 30, "")] == [7, 0, 0, 0, 0]
    assert list(behind([(3, "c"), (1, "a"), (2, "b")], 3)) == [(1, "a"), (2, "b")]


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


def test_a_list_is_of_its_project_and_for_its_role_and_every_file_leaves_an_entry(
    as_alice: Client, alice: Any, bob: Any, charlie: Any, filled: World
) -> None:
    filled.project.memberships.filter(user=bob).update(role="viewer")
    named = needed(filled.project, alice, filled)
    theirs = Client()
    theirs.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    shown = theirs.get("/p/web/exports/").content.decode()
    roles = {listed.role for listed in LISTS.values()}
    assert roles == {"viewer", "editor", "owner"}
    for name, listed in LISTS.items():
        may = listed.role == "viewer"
        asked = {one: named[one] for one in listed.needs}
        if not may or listed.is_numbered:  # the others are tried above
            answer = theirs.get(f"/p/web/exports/{name}.csv?{urlencode(asked)}")
            assert (answer.status_code == 200) is may, name
            body(answer)  # nothing of it is left to read from the database when it ends
            answer = get(f"/api/v1/projects/web/lists/{name}/", bearer(bob), **asked)
            assert (answer.status_code == 200) is may, name
            assert get(f"/api/v1/projects/web/lists/{name}/", bearer(charlie), **asked).status_code == 404
        assert (f"/p/web/exports/{name}.csv" in shown) is (may and not listed.needs), name
    assert as_alice.get("/p/web/exports/nothing.csv").status_code == 404
    assert as_alice.get("/p/web/exports/issues.xml").status_code == 404
    body(as_alice.get("/p/web/exports/issues.csv"))
    assert AuditEntry.objects.filter(action="list.export", object_id="issues").count() >= 1
    # What a list is of is looked for in its own project alone.
    other = Project.objects.create(slug="other", name="Other")
    other.memberships.create(user=alice, role="owner")
    for name, listed in LISTS.items():
        if listed.needs:
            asked = {one: named[one] for one in listed.needs}
            assert json.loads(body(as_alice.get(f"/p/other/exports/{name}.json?{urlencode(asked)}"))) == [], name
