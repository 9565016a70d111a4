"""What the browser script counts and times becomes metrics; what is absurd is refused item by item."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics import engine
from analytics.periods import Period
from events.digest import loop
from events.endpoints import browser_settings
from events.ingest import accounting
from events.models import IngestKey, Project
from events.protocols import browser
from events.protocols.contract import Context
from events.values.errors import Malformed

ID = "0123456789abcdef"
HOURS = timedelta(hours=2)


@pytest.fixture(autouse=True)
def fresh() -> None:
    browser_settings.forget()


def decode(*items: Any, **batch: Any) -> Any:
    context = Context(1, timezone.now(), "", "", pseudonym=lambda kind, value: "", visitor=lambda *who: "somebody")
    return browser.decode(json.dumps({"id": ID, **batch, "items": items}).encode(), context)


def post(key: IngestKey, *items: Any, **headers: str) -> Any:
    body = json.dumps({"id": ID, "release": "shop@1.2", "environment": "production", "items": items})
    url = f"/api/{key.project_id}/browser/?sentry_key={key.public_key}"
    return Client().post(url, body, content_type="text/plain;charset=UTF-8", headers=headers)


def metrics(project: Project) -> list[dict[str, Any]]:
    assert loop.run(now=timezone.now()).failed == 0
    now = timezone.now()
    with engine.read(project.pk, {"metrics": Period(now - HOURS, now + HOURS)}) as facts:
        return facts.ask('SELECT * FROM metrics m ORDER BY m."at", m.name', {})


@pytest.mark.parametrize(
    ("item", "name", "value", "attributes"),
    [
        ({"type": "page", "route": "/items/17?token=x"}, "browser.pageview", 1, {"route": "/items/{id}"}),
        (
            {"type": "page", "route": "/", "referrer": "news.example", "url": "https://a/?utm_source=mail&email=a@b.c"},
            "browser.pageview", 1, {"route": "/", "referrer": "news.example", "utm_source": "mail"},
        ),
        (
            {"type": "track", "name": "signup", "props": {"plan": "team", "seats": 3, "deep": {"a": 1}}},
            "browser.track", 1, {"name": "signup", "props.plan": "team", "props.seats": "3"},
        ),
        ({"type": "timing", "name": "Search Box", "ms": 41.5}, "browser.timing.search_box", 41.5, {}),
        ({"type": "rage", "name": "buy", "route": "/x"}, "browser.rage_click", 1, {"name": "buy", "route": "/x"}),
        ({"type": "dropped", "count": 7}, "browser.dropped", 7, {}),
    ],
)  # fmt: skip
def test_each_type_is_one_metric(item: Any, name: str, value: float, attributes: dict[str, str]) -> None:
    (metric,) = decode(item).items[0].payload["items"]  # product events follow
    assert (metric["name"], metric["value"], metric["attributes"]) == (name, value, attributes)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (17, "unknown_type"),
        ({"type": "other"}, "unknown_type"),
        ({"type": {"a": 1}}, "unknown_type"),
        ({"type": "click"}, "no_name"),
        ({"type": "timing", "name": "a"}, "value"),
        ({"type": "timing", "name": "a", "ms": -1}, "value"),
        ({"type": "timing", "name": "a", "ms": float("nan")}, "value"),
        ({"type": "timing", "name": "a", "ms": 1e18}, "value"),
        ({"type": "timing", "name": "a", "ms": True}, "value"),
        ({"type": "page", "ago": -5000}, "moment"),
        ({"type": "page", "ago": 1e12}, "moment"),
        ({"type": "page", "ago": "soon"}, "moment"),
    ],
)
def test_a_bad_item_is_refused_alone(item: Any, reason: str) -> None:
    decoded = decode(item, {"type": "page"})
    assert [(one.outcome, one.reason, one.quantity) for one in decoded.refused] == [("invalid", reason, 1)]
    assert decoded.items[0].quantity == 1


def test_too_many_items_are_counted() -> None:
    decoded = decode(*[{"type": "page"}] * (browser.MOST_ITEMS + 5))
    assert decoded.items[0].quantity == browser.MOST_ITEMS
    assert [(one.reason, one.quantity) for one in decoded.refused] == [("too_many_items", 5)]


@pytest.mark.parametrize("body", [b"", b"[]", b"17", b"{}", b'{"items": {}}', b"\xff\xfe"])
def test_what_is_no_batch_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        browser.decode(body, Context(1, timezone.now(), "", "", pseudonym=lambda kind, value: ""))


def test_a_batch_becomes_facts_once(project: Project, key: IngestKey) -> None:
    items = [{"type": "page", "route": "/a", "ago": 60_000}, {"type": "timing", "name": "search", "ms": 12, "ago": 0}]
    assert [post(key, *items).status_code for _ in range(2)] == [200, 200]
    rows = metrics(project)
    assert [(row["name"], row["value"], row["release"], row["environment"]) for row in rows] == [
        ("browser.pageview", 1.0, "shop@1.2", "production"),
        ("browser.timing.search", 12.0, "shop@1.2", "production"),
    ]
    assert (rows[1]["at"] - rows[0]["at"]).total_seconds() == pytest.approx(60, abs=1)
    report = accounting.report(project_id=project.pk)
    assert (report.received, report.stored, report.duplicate, report.difference) == (
        6,
        3,
        3,
        0,
    )  # a page view is a product event as well


@pytest.mark.parametrize(
    ("headers", "stored", "reason"),
    [
        ({"sec-gpc": "1"}, {}, "visitor_objects"),
        ({"dnt": "1"}, {}, "visitor_objects"),
        ({}, {"on": False}, "switched_off"),
    ],
)
def test_what_the_visitor_or_the_project_does_not_want_is_counted_and_nothing_else(
    project: Project, key: IngestKey, headers: dict[str, str], stored: dict[str, Any], reason: str
) -> None:
    Project.objects.update(browser=stored)
    assert post(key, {"type": "page"}, {"type": "page"}, **headers).status_code == 200
    accounting.refusals.flush(now=timezone.now())
    assert metrics(project) == []
    assert accounting.report(project_id=project.pk).filtered == {reason: 2}
