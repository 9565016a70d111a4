"""Web vitals by every way they come: stored as reported, the last of a metric id counts."""

import base64
import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey, Project
from events.protocols import posthog_vitals
from events.protocols.vitals import Page, decode_vitals
from events.tests.intake import digested, facts, post
from events.tests.sentry_bodies import context
from events.values import vitals

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0"
    " Mobile/15E148 Safari/604.1"
)


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def report(name: str = "LCP", value: Any = 1200.5, **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "delta": value,
        "rating": "good",
        "id": f"v6-1795416443617-{name}",
        "entries": [{"element": "#hero"}],
        "navigationType": "navigate",
    } | fields


@pytest.mark.parametrize(
    ("metric", "value", "rating"),
    [
        ("LCP", 2500, "good"), ("LCP", 2500.1, "needs-improvement"), ("LCP", 4000, "needs-improvement"),
        ("LCP", 4000.1, "poor"), ("INP", 200, "good"), ("INP", 500.5, "poor"), ("CLS", 0.1, "good"),
        ("CLS", 0.25, "needs-improvement"), ("CLS", 0.2501, "poor"), ("FCP", 1800, "good"), ("FCP", 3001, "poor"),
        ("TTFB", 800, "good"), ("TTFB", 1800, "needs-improvement"),
    ],
)  # fmt: skip
def test_thresholds_are_inclusive(metric: str, value: float, rating: str) -> None:
    assert vitals.rating(metric, value) == rating


@pytest.mark.parametrize(
    ("sent", "outcome", "reason"),
    [
        (report(value=-1), "filtered", "negative"),
        (report(value=float("nan")), "filtered", "not_a_number"),
        (report(value=None), "filtered", "not_a_number"),
        (report(value="fast"), "filtered", "not_a_number"),
        (report(value=True), "filtered", "not_a_number"),
        (report(value=10_000_000), "filtered", "absurd"),
        (report("CLS", 101), "filtered", "absurd"),
        (report("FID", 5), "filtered", "retired_metric"),
        (report("XYZ", 5), "invalid", "unknown_metric"),
        ("text", "invalid", "not_an_object"),
    ],
)
def test_what_cannot_be_true_is_refused_and_the_rest_kept(sent: Any, outcome: str, reason: str) -> None:
    decoded = decode_vitals(json.dumps([sent, report()]).encode(), context(), page=Page())
    assert [(refused.outcome, refused.reason) for refused in decoded.refused] == [(outcome, reason)]
    assert decoded.items[0].quantity == 1


def test_a_beacon_is_stored_with_its_page_and_browser(project: Project, key: IngestKey) -> None:
    body = json.dumps(
        report(url="https://shop.example/items/1042?token=x", attribution={"target": "#hero", "lcpEntry": {}})
    )
    answer = post(
        key, "vitals/?release=web@2.0&environment=production", body.encode(), content_type="text/plain;charset=UTF-8",
        **{"User-Agent": IPHONE},
    )  # fmt: skip
    assert answer.status_code == 200
    assert digested(project).stored == 1
    (row,) = facts(project, "vitals")
    assert (row["metric"], row["value"], row["rating"], row["metric_id"]) == (
        "LCP",
        1200.5,
        "good",
        "v6-1795416443617-LCP",
    )
    assert (row["route"], row["url"]) == ("/items/{id}", "https://shop.example/items/1042")
    assert (row["device"], row["browser"]) == ("mobile", "Safari")
    assert (row["release"], row["environment"], row["navigation_type"]) == ("web@2.0", "production", "navigate")
    assert row["attribution"] == {"target": "#hero"}


def test_the_referer_names_the_page_when_nothing_else_does(project: Project, key: IngestKey) -> None:
    post(key, "vitals/", json.dumps(report()).encode(), Referer="https://shop.example/cart")
    digested(project)
    assert facts(project, "vitals")[0]["route"] == "/cart"


# What real pages report, in order, and what is to be read of each metric id at the end.
SEQUENCES: list[tuple[str, list[Any], dict[str, tuple[float, str]]]] = [
    ("a value that grows", [report("CLS", 0), report("CLS", 0.011)], {"v6-1795416443617-CLS": (0.011, "/")}),
    ("the same once more", [report(), report()], {"v6-1795416443617-LCP": (1200.5, "/")}),
    ("a value that falls", [report("INP", 96), report("INP", 40)], {"v6-1795416443617-INP": (40, "/")}),
    ("a value that falls, in one body", [[report("INP", 96), report("INP", 40)]], {"v6-1795416443617-INP": (40, "/")}),
    (
        "a value that falls and comes back",
        [report("INP", 96), report("INP", 40, delta=-56), report("INP", 96, delta=56)],
        {"v6-1795416443617-INP": (96, "/")},
    ),
    (
        "back from the cache, under a new id",
        [report("CLS", 0.2), report("CLS", 0.01, id="v6-2", navigationType="back-forward-cache")],
        {"v6-1795416443617-CLS": (0.2, "/"), "v6-2": (0.01, "/")},
    ),
    (
        "a soft navigation, reported from the page after it",
        [
            report(url="https://shop.example/"),
            report(id="v6-3", value=310, navigationType="soft-navigation", navigationURL="https://shop.example/cart"),
        ],
        {"v6-1795416443617-LCP": (1200.5, "/"), "v6-3": (310, "/cart")},
    ),
    ("many at once", [[report("LCP", 900), report("TTFB", 80)]], {
        "v6-1795416443617-LCP": (900, "/"), "v6-1795416443617-TTFB": (80, "/"),
    }),
]  # fmt: skip


@pytest.mark.parametrize(("reports", "expected"), [case[1:] for case in SEQUENCES], ids=[case[0] for case in SEQUENCES])
def test_of_a_sequence_the_last_value_counts(
    project: Project, key: IngestKey, reports: list[Any], expected: dict[str, tuple[float, str]]
) -> None:
    for sent in reports:
        assert post(key, "vitals/?url=https://shop.example/", json.dumps(sent).encode()).status_code == 200
    digested(project)
    resolved: dict[str, tuple[float, str]] = {}
    for row in sorted(facts(project, "vitals"), key=lambda row: row["received_at"]):
        resolved[row["metric_id"]] = (row["value"], row["route"])
    assert resolved == expected


def test_an_identical_report_is_a_duplicate_and_a_larger_one_is_news(project: Project, key: IngestKey) -> None:
    for value in (0.1, 0.1, 0.2):
        post(key, "vitals/", json.dumps(report("CLS", value)).encode())
    counted = digested(project)
    assert (counted.stored, counted.duplicate) == (2, 1)


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{", b"null"])
def test_what_is_no_report_is_400(key: IngestKey, body: bytes) -> None:
    assert post(key, "vitals/", body).status_code == 400


def posthog_body(key: IngestKey, *extra: str) -> dict[str, Any]:
    properties = {
        "token": key.public_key,
        "distinct_id": "somebody",
        "$current_url": "https://shop.example/items/7",
        "$web_vitals_LCP_event": report(**{"$current_url": "https://shop.example/items/7"}),
        "$web_vitals_LCP_value": 1200.5,
        "$web_vitals_CLS_event": report("CLS", 0.02),
    }
    events = [{"event": "$web_vitals", "uuid": "u1", "properties": properties}]
    events += [{"event": name, "properties": {"token": key.public_key, "distinct_id": "somebody"}} for name in extra]
    return {"api_key": key.public_key, "batch": events}


def wrapped(body: bytes) -> dict[str, tuple[bytes, dict[str, Any]]]:
    coded = base64.b64encode(body)
    form = b"data=" + quote(coded).encode()
    return {
        "plain": (body, {"content_type": "application/json"}),
        "unannounced gzip": (gzip.compress(body), {"content_type": "text/plain"}),
        "gzip": (gzip.compress(body), {"content_type": "text/plain", "Content-Encoding": "gzip"}),
        "form": (form, {"content_type": "application/x-www-form-urlencoded"}),
        "base64": (coded, {"content_type": "text/plain"}),
    }


@pytest.mark.parametrize("wrapping", ["plain", "unannounced gzip", "gzip", "form", "base64"])
@pytest.mark.parametrize("path", ["/e/?ip=0", "/i/v0/e/", "/batch"])
def test_posthog_s_web_vitals_are_read_out_of_every_wrapping(
    project: Project, key: IngestKey, wrapping: str, path: str
) -> None:
    body, options = wrapped(json.dumps(posthog_body(key, "$pageview", "signup")).encode())[wrapping]
    kind = options.pop("content_type")
    answer = Client().generic(
        "POST", path, body, content_type=kind, headers={"Origin": "https://shop.example", **options}
    )
    assert (answer.status_code, answer.json()) == (200, {"status": "Ok"})
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    assert answer["Access-Control-Allow-Credentials"] == "true"
    counted = digested(project)
    assert (counted.stored, counted.filtered) == (4, {})
    assert {row["event"] for row in facts(project, "events")} == {"$pageview", "signup"}
    assert {(row["metric"], row["route"]) for row in facts(project, "vitals")} == {
        ("LCP", "/items/{id}"), ("CLS", "/items/{id}"),
    }  # fmt: skip


def test_posthog_s_old_scripts_send_by_get(project: Project, key: IngestKey) -> None:
    data = quote(base64.b64encode(json.dumps(posthog_body(key)).encode()))
    assert Client().get(f"/e/?data={data}").status_code == 200
    assert digested(project).stored == 2


def test_posthog_s_wrong_key_is_401_and_two_keys_are_refused(key: IngestKey) -> None:
    body = posthog_body(key) | {"api_key": "ab" * 16}
    for event in body["batch"]:
        event["properties"].pop("token")
    assert Client().generic("POST", "/e/", json.dumps(body)).status_code == 401
    with pytest.raises(posthog_vitals.Malformed):
        posthog_vitals.read(json.dumps(posthog_body(key) | {"api_key": "ab" * 16}).encode())


def test_posthog_js_is_configured_and_gets_no_flags(key: IngestKey) -> None:
    config = Client().get(f"/array/{key.public_key}/config").json()
    assert config["capturePerformance"]["web_vitals"] is True
    script = Client().get(f"/array/{key.public_key}/config.js")
    assert script["Content-Type"].startswith("text/javascript")
    assert key.public_key.encode() in script.content
    asked = {"token": key.public_key, "distinct_id": "ada"}
    flags = Client().generic("POST", "/flags/?v=2&config=true", json.dumps(asked)).json()
    assert (flags["flags"], flags["hasFeatureFlags"], flags["errorsWhileComputingFlags"]) == ({}, False, False)
    assert Client().get("/array/nonsense/config").status_code == 401
    assert Client().get("/api/surveys/?token=x").json() == {"surveys": []}


def test_vercel_s_script_names_the_key_in_the_body(project: Project, key: IngestKey) -> None:
    body = {
        "dsn": key.public_key, "href": "https://blog.example/posts/1", "route": "/posts/[slug]", "speed": "4g",
        "vitals": [report(), report("CLS", 0.3)],
    }  # fmt: skip
    assert Client().generic("POST", "/_vercel/speed-insights/vitals", json.dumps(body)).status_code == 200
    assert digested(project).stored == 2
    rows = facts(project, "vitals")
    assert {(row["metric"], row["rating"]) for row in rows} == {("LCP", "good"), ("CLS", "poor")}
    assert {(row["route"], row["connection"]) for row in rows} == {("/posts/[slug]", "4g")}


def test_vercel_s_older_api_is_read(project: Project, key: IngestKey) -> None:
    body = {
        "dsn": key.public_key, "id": "v1-1", "page": "/posts/[slug]", "href": "https://blog.example/posts/1",
        "event_name": "LCP", "value": "1830.5", "speed": "4g",
    }  # fmt: skip
    assert Client().generic("POST", "/v1/vitals", json.dumps(body)).status_code == 200
    digested(project)
    (row,) = facts(project, "vitals")
    assert (row["value"], row["route"], row["metric_id"]) == (1830.5, "/posts/[slug]", "v1-1")


@pytest.mark.parametrize("path", ["view", "event", "session"])
def test_vercel_s_page_views_and_events_are_counted(project: Project, key: IngestKey, path: str) -> None:
    body = {
        "o": "https://blog.example/",
        "ts": 1,
        "sdkn": "@vercel/analytics/server",
        "r": "",
        "en": "signup",
        "ed": {},
    }
    url = f"/_vercel/insights/{path}?sentry_key={key.public_key}"
    assert Client().generic("POST", url, json.dumps(body), content_type="application/json").status_code == 200
    assert digested(project).stored == 1


@pytest.mark.parametrize(
    "path", ["/_vercel/insights/script.js", "/_vercel/speed-insights/script.js", "/static/web-vitals.js"]
)
def test_the_scripts_may_be_loaded_by_any_page(path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "*")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "max-age=3600" in answer["Cache-Control"]
