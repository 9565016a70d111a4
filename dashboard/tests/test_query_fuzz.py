"""Every page under every parameter that any page reads, with values nobody meant: never an answer of 5xx."""

import os
import re
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import dashboard
from dashboard.charts import cards
from dashboard.charts.registry import CHARTS
from dashboard.frame.state import KEPT, PERIODS
from dashboard.tests.populated import populate
from dashboard.tests.populated_performance import store
from dashboard.tests.test_every_route import PAGES, POLLS, ROUTES, Route, things
from events.models import Project

EXAMPLES = int(os.environ.get("OBS_FUZZ_EXAMPLES", "10"))
ASKED = [route for route in ROUTES if route in PAGES or route.name in POLLS]
_READ = re.compile(r"GET(?:\.get\(|\.getlist\(|\[)\s*[\"']([\w.]+)")
FOUND = {name for file in Path(dashboard.__file__).parent.rglob("*.py") for name in _READ.findall(file.read_text())}
NAMES = sorted(FOUND | set(KEPT) | {name for chart in CHARTS.values() for name in chart.parameters})

YEARS = st.one_of(st.integers(1, 9999), st.sampled_from([1, 2, 1582, 1677, 1969, 1970, 2000, 2262, 2263, 9998, 9999]))
DAYS = st.sampled_from(["01-01", "01-02", "02-29", "03-31", "12-30", "12-31", "13-45", "00-00", "W01-1", "W53-7"])
HOURS = st.sampled_from(["", "T00:00", "T23:59:59.999999", " 00:00", "T24:00:00", "T12:00:60", "T99:99"])
ZONES = st.sampled_from(["", "Z", "+00:00", "+14:00", "-12:00", "+23:59", "-23:59", " 01:00", "+99:99"])
MOMENTS = st.builds("{:04d}-{}{}{}".format, YEARS, DAYS, HOURS, ZONES)
ODD_NUMBERS = ["0", "-0", "٣", "1e400", "9" * 40, "²", "0x1f", "1_000"]
NUMBERS = st.one_of(st.integers().map(str), st.floats().map(str), st.sampled_from(ODD_NUMBERS))
RELATIVE = st.builds(
    "{}{}{}".format, st.sampled_from(["-", "", "+"]), st.integers(0, 99_999), st.sampled_from("mhdwys")
)
FIELDS = st.sampled_from([
    "is", "has", "level", "assigned", "firstSeen", "lastSeen", "timesSeen", "users", "release", "user.id", "tag",
    "trace", "service", "body",
])  # fmt: skip
TERMS = st.builds(
    "{}{}:{}".format,
    st.sampled_from(["", "!"]),
    FIELDS,
    st.one_of(MOMENTS, NUMBERS, RELATIVE, st.text(max_size=8)),
)
WORDS = st.sampled_from([
    "", "\x00", "\ufeff", "\u202e", "a" * 5000, "💥", "%00", "%ff", "'", '"', "\\", "%", "_", "(", "*", "[", "~", "..",
    "/p/web/", "//evil", "javascript:0", "on", "prev", "release", "asc", "-time", "LCP", "p99", "{}", "null", "true",
])  # fmt: skip
VALUES = st.one_of(
    MOMENTS, MOMENTS.map(lambda at: f"{at}~00"), NUMBERS, RELATIVE, TERMS, WORDS, st.text(max_size=40),
    st.sampled_from([*PERIODS, "now"]), st.lists(TERMS, max_size=3).map(" ".join),
)  # fmt: skip
QUERIES = st.one_of(
    st.fixed_dictionaries({"from": MOMENTS, "to": MOMENTS}, optional={"cmp": st.sampled_from(["prev", "release"])}),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
)


def test_the_parameters_are_found() -> None:
    assert {"query", "since", "page", "metric", "from", "before", "week", "issue"} <= set(NAMES)


def test_no_query_breaks_a_page(project: Project, alice: Any) -> None:
    now = timezone.now()
    populate(project, person=alice, now=now)
    store(project, now=now)
    named = things(project, alice, now)
    client = Client(raise_request_exception=False)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    for route in ASKED:
        charts = sorted(cards.CHARTS) if route.name.startswith("chart") else [named["name"]]
        assert_no_query_breaks(client, route, named, charts)


def assert_no_query_breaks(client: Client, route: Route, named: dict[str, Any], charts: list[str]) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(query=QUERIES, chart=st.sampled_from(charts))
    @example(query={"from": "0001-01-01", "to": "9999-12-31"}, chart=charts[0])
    @example(query={"from": "0001-01-01", "to": "0001-01-02", "cmp": "prev"}, chart=charts[0])
    @example(query={"from": "9999-12-30", "to": "9999-12-31", "cmp": "prev"}, chart=charts[0])
    @example(query={"since": "2026-13-45T00:00:00Z"}, chart=charts[0])
    def ask(query: dict[str, str], chart: str) -> None:
        response = client.get(route.url({**named, "name": chart}), query)
        assert response.status_code < 500, (route.name, chart, query)

    ask()
