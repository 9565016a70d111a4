"""A visitor's country is known by the proxy's header or a local database, and the address is never kept."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.facts import files
from events.ingest import payloads
from events.models import InboxItem, IngestKey, Project, Segment
from events.tests.intake import digested, facts
from events.tests.sentry_bodies import EVENT_ID, envelope
from events.values import countries

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
VISITOR, SERVER = "81.2.69.142", "89.160.20.112"
TRACE, SPAN = "a" * 32, "b" * 16


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


@pytest.fixture
def database(tmp_path: Path, settings: LazySettings) -> Path:
    """A real database of three networks and one whose record names no country."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-Country")
    for network, code in (("81.2.69.0/24", "GB"), ("89.160.20.0/24", "SE"), ("2a02:cf40::/29", "NO")):
        writer.insert_network(IPSet([network]), {"country": {"iso_code": code}})
    writer.insert_network(IPSet(["198.51.100.0/24"]), {"continent": {"code": "EU"}})
    path = tmp_path / "countries.mmdb"
    writer.to_db_file(str(path))
    settings.OBS_GEOIP_DATABASE = str(path)
    return path


@pytest.mark.parametrize(
    ("proxies", "forwarded", "sent", "expected"),
    [
        (1, VISITOR, "DE", "DE"),
        (1, VISITOR, "de", "DE"),
        (1, VISITOR, " FR ", "FR"),
        (2, f"{VISITOR}, 10.0.0.1", "DE", "DE"),
        (2, VISITOR, "DE", None),  # not through all the proxies
        (0, VISITOR, "DE", None),  # no proxy is trusted
        (1, None, "DE", None),
        (1, " , ", "DE", None),
        *((1, VISITOR, junk, None) for junk in ("XX", "ZZ", "T1", "", "D", "DEU", "D1", "DE,FR", "ÄÖ", "ﬀ", "--")),
        (1, VISITOR, None, None),
    ],
)
def test_the_header_counts_behind_the_trusted_proxies_only(
    settings: LazySettings, proxies: int, forwarded: str | None, sent: str | None, expected: str | None
) -> None:
    settings.OBS_COUNTRY_HEADER, settings.OBS_TRUSTED_PROXIES = "CF-IPCountry", proxies
    environ = {"REMOTE_ADDR": VISITOR, "HTTP_USER_AGENT": BROWSER, "HTTP_X_FORWARDED_FOR": forwarded,
               "HTTP_CF_IPCOUNTRY": sent}  # fmt: skip
    assert countries.of({name: value for name, value in environ.items() if value is not None}) == expected


def test_without_settings_nothing_is_looked_at() -> None:
    class Untouched(dict[str, Any]):
        def get(self, *args: Any) -> Any:
            raise AssertionError

    assert countries.of(Untouched()) is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (VISITOR, "GB"),
        (f"::ffff:{VISITOR}", "GB"),
        ("2a02:cf40::1", "NO"),
        ("2001:db8::1", None),
        ("10.1.2.3", None),
        ("127.0.0.1", None),
        ("198.51.100.7", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_database_names_the_country_of_an_address(database: Path, address: str, expected: str | None) -> None:
    assert countries.located(address) == expected
    assert countries.of({"REMOTE_ADDR": address, "HTTP_USER_AGENT": BROWSER}) == expected


def test_a_server_s_own_address_is_no_visitor_s(database: Path) -> None:
    for agent in ("sentry.python/2.75.0", "python-requests/2.32", ""):
        assert countries.of({"REMOTE_ADDR": SERVER, "HTTP_USER_AGENT": agent}) is None


def test_the_header_comes_before_the_database_that_fills_in(database: Path, settings: LazySettings) -> None:
    settings.OBS_COUNTRY_HEADER, settings.OBS_TRUSTED_PROXIES = "X-Country", 1
    environ = {"HTTP_USER_AGENT": BROWSER, "HTTP_X_FORWARDED_FOR": VISITOR}
    assert countries.of({**environ, "HTTP_X_COUNTRY": "DE"}) == "DE"
    assert countries.of({**environ, "HTTP_X_COUNTRY": "XX"}) == "GB"


def test_a_database_that_broke_costs_countries_and_raises_nothing(database: Path, settings: LazySettings) -> None:
    healthy = database.read_bytes()
    for number, broken in enumerate((b"", b"nonsense", b"\xff" * 64 + healthy[64:], healthy[:-20])):
        path = database.with_name(f"{number}.mmdb")
        path.write_bytes(broken)
        settings.OBS_GEOIP_DATABASE = str(path)
        assert countries.located(VISITOR) in (None, "GB")
    settings.OBS_GEOIP_DATABASE = str(database.with_name("missing.mmdb"))
    assert countries.located(VISITOR) is None


def report(**fields: Any) -> dict[str, Any]:
    return {"name": "LCP", "value": 1200.5, "id": "v5-1-LCP", **fields}


def transaction(op: str, **fields: Any) -> bytes:
    trace = {"trace_id": TRACE, "span_id": SPAN, "op": op}
    raw = {"type": "transaction", "event_id": EVENT_ID, "transaction": "/shop", "contexts": {"trace": trace},
           "measurements": {"lcp": {"value": 900.0, "unit": "millisecond"}}, "spans": [], **fields}  # fmt: skip
    return envelope(({"type": "transaction"}, raw), event_id=EVENT_ID)


def streamed(op: str, **attributes: str) -> bytes:
    typed = {name: {"value": value, "type": "string"} for name, value in {"sentry.op": op, **attributes}.items()}
    typed["browser.web_vital.lcp.value"] = {"value": 900.0, "type": "double"}  # type: ignore[dict-item]
    span = {"trace_id": TRACE, "span_id": SPAN, "name": "/shop", "is_segment": True, "attributes": typed}
    return envelope(({"type": "span", "item_count": 1}, {"version": 2, "items": [span]}))


def of_browsers(key: IngestKey) -> dict[str, tuple[str, bytes]]:
    """What each client of a page posts, and where."""
    named = f"?sentry_key={key.public_key}"
    posthog = {"event": "$web_vitals", "properties": {"token": key.public_key, "$web_vitals_LCP_event": report()}}
    vercel = {"dsn": key.public_key, "href": "https://shop.example/", "vitals": [report()]}
    sentry = f"/api/{key.project_id}/envelope/{named}"
    return {
        "web-vitals": (f"/api/{key.project_id}/vitals/{named}", json.dumps(report()).encode()),
        "speed-insights": ("/_vercel/speed-insights/vitals", json.dumps(vercel).encode()),
        "posthog": ("/i/v0/e/", json.dumps(posthog).encode()),
        "sentry transaction": (sentry, transaction("pageload", user={"ip_address": "{{auto}}"})),
        "sentry spans": (sentry, streamed("pageload")),
    }


CLIENTS = ("web-vitals", "speed-insights", "posthog", "sentry transaction", "sentry spans")


def everything_stored(project: Project) -> bytes:
    """All bytes that are kept of a project, in the inbox and in the segments, decompressed."""
    inbox = [payloads.unpack_bytes(bytes(row.payload)) for row in InboxItem.objects.filter(project_id=project.pk)]
    paths = Segment.objects.filter(project=project).values_list("fact", flat=True).distinct()
    rows = [json.dumps(facts(project, fact), default=str).encode() for fact in paths]
    raw = [Path(files.root().url(path)).read_bytes() for path in Segment.objects.values_list("path", flat=True)]
    return b"".join(inbox + rows + raw)


@pytest.mark.parametrize("way", ["database", "header"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_vital_has_the_country_of_its_visitor_and_no_address(
    project: Project, key: IngestKey, database: Path, settings: LazySettings, client: str, way: str
) -> None:
    headers = {"User-Agent": BROWSER}
    if way == "header":
        settings.OBS_COUNTRY_HEADER, settings.OBS_TRUSTED_PROXIES, settings.OBS_GEOIP_DATABASE = "X-Country", 1, ""
        headers |= {"X-Forwarded-For": VISITOR, "X-Country": "gb"}
    path, body = of_browsers(key)[client]
    answer = Client().generic("POST", path, body, content_type="text/plain", headers=headers, REMOTE_ADDR=VISITOR)
    assert answer.status_code == 200, answer.content
    before = everything_stored(project)
    digested(project)
    (row,) = facts(project, "vitals")
    assert (row["metric"], row["country"]) == ("LCP", "GB")
    assert b"GB" in before
    assert VISITOR.encode() not in before + everything_stored(project)


@pytest.mark.parametrize("client", CLIENTS)
def test_where_no_country_is_known_the_column_is_null(project: Project, key: IngestKey, client: str) -> None:
    path, body = of_browsers(key)[client]
    headers = {"User-Agent": BROWSER, "CF-IPCountry": "DE", "X-Forwarded-For": VISITOR}
    Client().generic("POST", path, body, content_type="text/plain", headers=headers, REMOTE_ADDR=VISITOR)
    digested(project)
    assert [row["country"] for row in facts(project, "vitals")] == [None]


def stored(project: Project, key: IngestKey, body: bytes, fact: str, *, agent: str, path: str = "") -> Any:
    """The country of the only fact that came of `body`, sent from SERVER's address."""
    where = path or f"/api/{key.project_id}/envelope/?sentry_key={key.public_key}"
    kind = "application/x-protobuf" if path else "application/x-sentry-envelope"
    headers = {"User-Agent": agent, "X-Obs-Key": key.public_key}
    answer = Client().generic("POST", where, body, content_type=kind, headers=headers, REMOTE_ADDR=SERVER)
    assert answer.status_code == 200, answer.content
    digested(project)
    assert not any(address.encode() in everything_stored(project) for address in (VISITOR, SERVER))
    (row,) = facts(project, fact)
    return row["country"]


def test_what_sentry_says_itself_wins(project: Project, key: IngestKey, database: Path) -> None:
    body = transaction("pageload", user={"geo": {"country_code": "jp", "city": "Kobe"}})
    assert stored(project, key, body, "vitals", agent=BROWSER) == "JP"


def test_a_request_has_the_country_of_the_visitor_its_server_names(
    project: Project, key: IngestKey, database: Path
) -> None:
    body = transaction("http.server", user={"ip_address": VISITOR}, measurements={})
    assert stored(project, key, body, "requests", agent="sentry.python/2.75.0") == "GB"


def test_a_request_without_a_visitor_has_not_the_server_s_country(
    project: Project, key: IngestKey, database: Path
) -> None:
    assert stored(project, key, transaction("http.server"), "requests", agent="sentry.python/2.75.0") is None


def test_a_streamed_request_has_the_country_of_its_visitor(project: Project, key: IngestKey, database: Path) -> None:
    body = streamed("http.server", **{"client.address": VISITOR})
    assert stored(project, key, body, "requests", agent="sentry.javascript.node/10.0") == "GB"


def test_a_request_of_opentelemetry_has_the_country_of_its_visitor(
    project: Project, key: IngestKey, database: Path
) -> None:
    sent = {"client.address": VISITOR, "http.request.method": "GET", "http.route": "/shop"}
    pairs = [KeyValue(key=name, value=AnyValue(string_value=value)) for name, value in sent.items()]
    span = Span(trace_id=b"t" * 16, span_id=b"s" * 8, name="GET", kind=Span.SPAN_KIND_SERVER, attributes=pairs)
    body = ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])])
    path = "/otlp/v1/traces"
    assert stored(project, key, body.SerializeToString(), "requests", agent="OTel", path=path) == "GB"


def test_a_timing_may_name_its_country(project: Project, key: IngestKey) -> None:
    timings = [{"route": "a", "duration_ms": 1, "country": "de"}, {"route": "b", "duration_ms": 1, "country": "Berlin"}]
    headers = {"X-Obs-Key": key.public_key}
    Client().generic("POST", "/api/v1/timings/", json.dumps(timings), content_type="application/json", headers=headers)
    digested(project)
    assert {row["route"]: row["country"] for row in facts(project, "requests")} == {"a": "DE", "b": None}


def test_a_country_that_the_project_does_not_allow_is_null(project: Project, key: IngestKey, database: Path) -> None:
    project.uses_allow_list, project.allow_list = True, ["metric", "metric_id", "value", "route", "duration_ms"]
    project.save()
    timing = json.dumps([{"route": "a", "duration_ms": 1, "country": "de"}]).encode()
    for path, body in (of_browsers(key)["web-vitals"], ("/api/v1/timings/", timing)):
        headers = {"User-Agent": BROWSER, "X-Obs-Key": key.public_key}
        answer = Client().generic(
            "POST", path, body, content_type="application/json", headers=headers, REMOTE_ADDR=VISITOR
        )
        assert answer.status_code == 200, answer.content
    digested(project)
    assert [row["country"] for fact in ("vitals", "requests") for row in facts(project, fact)] == [None, None]
