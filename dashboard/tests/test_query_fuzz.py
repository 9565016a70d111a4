"""Every page under every parameter that any page reads, with values nobody meant: never an answer of 5xx."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import dashboard
from alerts.incidents.status import mails
from alerts.models import StatusNotice
from dashboard.charts import cards
from dashboard.charts.registry import CHARTS
from dashboard.frame.state import KEPT, PERIODS
from dashboard.tests.answers import ANSWERS
from dashboard.tests.populated import populate
from dashboard.tests.populated_performance import store
from dashboard.tests.test_every_route import PAGES, POLLS, PUBLIC, ROUTES, Route, bearer, by_name
from dashboard.tests.things import things
from events.endpoints.cli.base import CliView
from events.models import IngestKey, Project
from events.tests.cast import make_alice
from formaos_obs.tests.shared import Kept, kept

EXAMPLES = int(os.environ.get("OBS_FUZZ_EXAMPLES", "3"))
UNREADY = {"readyz", "api-health"}
ASKED = [route for route in ROUTES if route in PAGES or route.name in POLLS]
OTHERS = [route for route in ROUTES if route not in ASKED and not route.is_api and route.name not in UNREADY]
"""Addresses of senders, of sentry-cli and of health; those of the read API are fuzzed by its document, and those that
say whether all is well say 503 until the clock is heard."""

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
    "error", "fatal", "yes", "no", "unsaid", "errors", "failed", "last_seen", "events", "level", "shop@1.4.2",
])  # fmt: skip
VALUES = st.one_of(
    MOMENTS, MOMENTS.map(lambda at: f"{at}~00"), NUMBERS, RELATIVE, TERMS, WORDS, st.text(max_size=40),
    st.sampled_from([*PERIODS, "now"]), st.lists(TERMS, max_size=3).map(" ".join),
)  # fmt: skip


def queries(names: list[str]) -> st.SearchStrategy[dict[str, str]]:
    """Queries of a page that reads `names`; parameters of others are among them, since any page may be handed on."""
    own = st.sampled_from(sorted({*names, *KEPT}))
    return st.one_of(
        st.fixed_dictionaries({"from": MOMENTS, "to": MOMENTS}, optional={"cmp": st.sampled_from(["prev", "release"])}),
        st.dictionaries(own, VALUES, min_size=1, max_size=5),
        st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
    )


@dataclass(frozen=True)
class World:
    """Who asks, what addresses name, and the headers of a token."""

    person: Any
    named: dict[str, Any]
    token: dict[str, str]


@contextmanager
def parameters_read() -> Iterator[set[str]]:
    """The names that are asked of any query string within the block, however the code spells them."""
    read: set[str] = set()
    with pytest.MonkeyPatch.context() as patched:
        for method in ("get", "getlist", "__getitem__", "__contains__"):
            patched.setattr(QueryDict, method, _noting(getattr(QueryDict, method), read))
        yield read


def _noting(asked: Any, read: set[str]) -> Any:
    def ask(of: QueryDict, name: str, *more: Any) -> Any:
        read.add(name)
        return asked(of, name, *more)

    return ask


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A project with something on every page, and what addresses name of it."""

    def fill() -> World:
        now = timezone.now()
        project = Project.objects.create(slug="web", name="Web")
        person = make_alice(project)
        populate(project, person=person, now=now)
        store(project, now=now)
        key = IngestKey.objects.filter(project=project).latest("pk")
        named = things(project, person, now)
        keys = {
            "public_key": key.public_key,
            "named": key.public_key,
            "token": key.public_key,
            "ping": project.monitors.get().token,
        }
        read = {
            "document": "incidents",
            "only": "unresolved",
            "mark": mails.MARKS.sign("0"),
            "project": project.slug,
            "key": "walk",
        }
        notice = StatusNotice.objects.get(pk=named["notice_id"])
        return World(person, {**named, **keys, **read, "public_id": notice.public_id}, bearer(person, now))

    def fill_at_once() -> World:
        with transaction.atomic():
            return fill()

    with kept(django_db_blocker, tmp_path_factory.mktemp("fuzz"), fill_at_once) as made:
        yield made


@pytest.fixture
def segment_root(world: Kept) -> Path:
    return world.segments


@pytest.fixture
def client(db: None, world: Kept) -> Client:
    """A browser in which the project's owner is logged in."""
    client = Client(raise_request_exception=False)
    client.force_login(world.made.person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_parameters_are_found() -> None:
    assert {"query", "since", "page", "metric", "from", "before", "week", "issue"} <= set(NAMES)


def test_parameters_are_found_whichever_way_the_code_names_them(client: Client, world: Kept) -> None:
    (events,) = (route for route in PAGES if route.callback.audited_action == "events.list")
    with parameters_read() as read:
        assert client.get(events.url(world.made.named)).status_code == 200
    assert {"level", "handled", "release", "issue", "page"} <= read


@pytest.mark.parametrize("route", ASKED, ids=by_name)
def test_no_query_breaks_a_page(client: Client, world: Kept, route: Route) -> None:
    charts = sorted(cards.CHARTS) if route.name.startswith("chart") else [world.made.named["name"]]
    addresses = [route.url({**world.made.named, "name": chart}) for chart in charts]
    with parameters_read() as read:
        assert client.get(addresses[0]).status_code < 500
    assert_no_query_breaks(client, addresses, read, methods=["GET"])


@pytest.mark.parametrize("route", OTHERS, ids=by_name)
def test_no_query_breaks_any_other_address(
    client: Client, world: Kept, monkeypatch: pytest.MonkeyPatch, route: Route
) -> None:
    monkeypatch.setattr("events.endpoints.admission.bearer.CALLS_PER_MINUTE", 10_000_000)
    is_cli = issubclass(getattr(route.callback, "cls", object), CliView)
    headers = world.made.token if is_cli else {"X-Obs-Key": world.made.named["public_key"]}
    with parameters_read() as read:
        assert client.get(concrete(route, world.made.named), headers=headers).status_code < 500
        assert client.post(concrete(route, world.made.named), headers=headers).status_code < 500
    assert_no_query_breaks(client, [concrete(route, world.made.named)], read, methods=["GET", "POST"], headers=headers)


def concrete(route: Route, named: dict[str, Any]) -> str:
    """An address of `route`; of a pattern, the first of its choices, without what may be left out."""
    if "^" not in route.path:
        return route.url({**named, "slug": f"{named['slug']}-status"} if route.name in PUBLIC else named)
    path = re.sub(r"\(\?:\(\?P<version>.*?\)/\)\?|\(\?:-soft-navs\)\?|[\^$]|/\?$", "", route.path.replace("/?$", "/"))
    return "/" + re.sub(r"\(\?:([\w-]+)[^)]*\)", r"\1", path).replace("\\", "")


def assert_no_query_breaks(
    client: Client, addresses: list[str], read: set[str], *, methods: list[str], headers: dict[str, str] | None = None
) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(query=queries(sorted(read)), address=st.sampled_from(addresses), method=st.sampled_from(methods))
    @example(query={"from": "0001-01-01", "to": "9999-12-31"}, address=addresses[0], method="GET")
    @example(query={"from": "0001-01-01", "to": "0001-01-02", "cmp": "prev"}, address=addresses[0], method="GET")
    @example(query={"from": "9999-12-30", "to": "9999-12-31", "cmp": "prev"}, address=addresses[0], method="GET")
    @example(query={"since": "2026-13-45T00:00:00Z"}, address=addresses[0], method="GET")
    def ask(query: dict[str, str], address: str, method: str) -> None:
        response = client.generic(method, address, query_params=query, headers=headers)
        ANSWERS[response.status_code] += 1
        assert response.status_code < 500, (method, address, query)

    ask()
