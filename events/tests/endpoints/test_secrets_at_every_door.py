"""A password and an address of somebody, sent through each door of ingest: no row and no segment holds either."""

import json
import time
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from events.accounts import keys
from events.endpoints.admission.buckets import buckets
from events.ingest import payloads
from events.models import Attachment, Feedback, InboxItem, IngestKey, Occurrence, Segment
from events.tests import intake

PASSWORD, MAIL = "Zq81-hunter-Tv55", "grace.hopper@navy.example.org"
TEXT = f"login failed password={PASSWORD} for {MAIL}"
LINK = f"https://shop.example.org/reset?password={PASSWORD}&to={MAIL}"
NOW = time.time()
NANO = str(int(NOW * 1e9))
TRACE, SPAN = "ab" * 16, "cd" * 8


def envelope(kind: str, payload: Any, **header: Any) -> bytes:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    head = json.dumps({"event_id": uuid.uuid4().hex}).encode()
    return head + b"\n" + json.dumps({"type": kind, "length": len(body), **header}).encode() + b"\n" + body


def attribute(key: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": TEXT}}


EVENT = {
    "timestamp": NOW,
    "message": TEXT,
    "culprit": TEXT,
    "transaction": TEXT,
    "tags": {"note": TEXT},
    "extra": {"note": TEXT},
    "exception": {"values": [{"type": "Error", "value": TEXT, "stacktrace": {"frames": [{"vars": {"a": TEXT}}]}}]},
    "breadcrumbs": {"values": [{"message": TEXT, "data": {"url": LINK}}]},
    "request": {"url": LINK, "data": TEXT},
    "user": {"email": MAIL, "username": MAIL},
}
SPANS = [
    {
        "trace_id": TRACE,
        "span_id": SPAN,
        "op": "db",
        "description": f"SELECT '{PASSWORD}' FROM t WHERE a = '{MAIL}'",
        "start_timestamp": NOW - 1,
        "timestamp": NOW,
        "data": {"note": TEXT},
    }
]
TRANSACTION = {
    "type": "transaction",
    "transaction": LINK,
    "start_timestamp": NOW - 2,
    "timestamp": NOW,
    "spans": SPANS,
    "contexts": {"trace": {"trace_id": TRACE, "span_id": "ef" * 8, "op": "http.server"}},
    "tags": {"note": TEXT},
}
LOGS = {
    "items": [
        {
            "timestamp": NOW,
            "trace_id": TRACE,
            "level": "info",
            "body": TEXT,
            "attributes": {"note": {"value": TEXT, "type": "string"}},
        }
    ]
}
OTLP_SPAN = {
    "traceId": TRACE,
    "spanId": SPAN,
    "name": TEXT,
    "kind": 2,
    "startTimeUnixNano": NANO,
    "endTimeUnixNano": NANO,
    "attributes": [
        attribute("note"),
        attribute("url.full"),
        {"key": "http.request.method", "value": {"stringValue": "GET"}},
    ],
}
OTLP_LOG = {"timeUnixNano": NANO, "body": {"stringValue": TEXT}, "attributes": [attribute("note")]}
OTLP_POINT = {"timeUnixNano": NANO, "asDouble": 1, "attributes": [attribute("note")]}
OTLP = {
    "traces": {
        "resourceSpans": [{"resource": {"attributes": [attribute("note")]}, "scopeSpans": [{"spans": [OTLP_SPAN]}]}]
    },
    "logs": {"resourceLogs": [{"scopeLogs": [{"logRecords": [OTLP_LOG]}]}]},
    "metrics": {
        "resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "gauge": {"dataPoints": [OTLP_POINT]}}]}]}]
    },
}
VITAL = {"name": "LCP", "value": 1200.5, "id": "v6-1-2", "url": LINK, "entries": [{"element": TEXT}]}
POSTHOG = {
    "event": "$web_vitals",
    "properties": {
        "$current_url": LINK,
        "$web_vitals_LCP_event": {**VITAL, "$current_url": LINK, "attribution": {"element": TEXT}},
        "note": TEXT,
    },
}
SEGMENT = {
    "type": "page",
    "userId": MAIL,
    "name": TEXT,
    "properties": {"url": LINK, "search": f"?password={PASSWORD}", "title": TEXT, "note": TEXT},
    "context": {"page": {"url": LINK, "referrer": LINK, "title": TEXT}, "traits": {"email": MAIL}, "userAgent": TEXT},
}
CSP = {
    "csp-report": {"document-uri": LINK, "blocked-uri": LINK, "violated-directive": "img-src", "script-sample": TEXT}
}

DOORS: dict[str, tuple[str, bytes | Any]] = {
    "event": ("envelope/", envelope("event", EVENT)),
    "store": ("store/", EVENT),
    "transaction": ("envelope/", envelope("transaction", TRANSACTION)),
    "logs": ("envelope/", envelope("log", LOGS, item_count=1, content_type="application/vnd.sentry.items.log+json")),
    "feedback": (
        "envelope/",
        envelope("feedback", {"contexts": {"feedback": {"message": TEXT, "contact_email": MAIL}}}),
    ),
    "attachment": (
        "envelope/",
        envelope("attachment", TEXT.encode(), filename=f"{MAIL}.txt", content_type="text/plain"),
    ),
    "otlp traces": ("otlp/v1/traces", OTLP["traces"]),
    "otlp logs": ("otlp/v1/logs", OTLP["logs"]),
    "otlp metrics": ("otlp/v1/metrics", OTLP["metrics"]),
    "vitals": ("vitals/", [VITAL]),
    "security": ("security/", CSP),
    "timings": ("/api/v1/timings/", {"timings": [{"route": LINK, "duration_ms": 3}]}),
    "metrics": (
        "/api/v1/metrics/",
        {"metrics": [{"name": "m", "type": "gauge", "value": 1, "attributes": {"a": TEXT}}]},
    ),
    "posthog": ("/e/", POSTHOG),
    "plausible": ("/api/event", {"n": TEXT, "u": LINK, "d": MAIL, "r": LINK, "p": json.dumps({"note": TEXT})}),
    "umami": (
        "/api/send",
        {"type": "event", "payload": {"url": LINK, "title": TEXT, "name": TEXT, "data": {"note": TEXT}, "id": MAIL}},
    ),
    "umami, somebody": ("/api/send", {"type": "identify", "payload": {"id": MAIL, "data": {"email": MAIL, "a": TEXT}}}),
    "segment": (
        "/v1/batch",
        {
            "batch": [
                SEGMENT,
                {**SEGMENT, "type": "identify", "traits": {"email": MAIL, "note": TEXT}},
                {**SEGMENT, "type": "alias", "previousId": f"{MAIL}.old"},
                {**SEGMENT, "type": "group", "groupId": "g", "traits": {"note": TEXT}},
            ]
        },
    ),
    "plain events": (
        "/api/v1/events/",
        {"event": TEXT, "distinct_id": MAIL, "url": LINK, "title": TEXT, "properties": {"note": TEXT, "link": LINK}},
    ),
    "posthog exception": (
        "/e/",
        {
            "event": "$exception",
            "distinct_id": MAIL,
            "properties": {
                "$exception_list": [
                    {
                        "type": "Error",
                        "value": TEXT,
                        "stacktrace": {
                            "frames": [
                                {
                                    "function": "f",
                                    "code_variables": {"password": PASSWORD},
                                    "context_line": f"x = '{TEXT}'",
                                },
                            ]
                        },
                    }
                ],
                "$lib": "web",
                "$current_url": LINK,
                "note": TEXT,
            },
        },
    ),
    "vercel": (
        "/_vercel/speed-insights/vitals",
        {"name": "LCP", "value": 12, "id": "v6-2", "href": LINK, "type": "LCP"},
    ),
}


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    keys.forget()
    buckets.__init__()  # type: ignore[misc]


def send(key: IngestKey, path: str, body: Any) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/json" if not isinstance(body, bytes) else "application/x-sentry-envelope"
    if not path.startswith("/"):
        return intake.post(key, path, content, content_type=kind)
    given = f"{path}?api_key={key.public_key}" if path == "/e/" else path
    return Client().generic("POST", given, content, content_type=kind, headers={"X-Obs-Key": key.public_key})


def everything(project: Any) -> str:
    """All that is stored, unpacked: rows, payloads, files, segments."""
    found = [str(list(model._default_manager.values())) for model in apps.get_app_config("events").get_models()]
    for model in (InboxItem, Occurrence, Feedback):
        rows = (row for row in model._default_manager.all() if getattr(row, "payload", None))
        found += [
            str(payloads.unpack(bytes(row.payload))) for row in rows if isinstance(row.payload, bytes | memoryview)
        ]
    found += [bytes(file.content).decode(errors="replace") for file in Attachment.objects.all()]
    for fact in Segment.objects.values_list("fact", flat=True).distinct():
        found.append(str(intake.facts(project, fact)))
    return "\n".join(found)


@pytest.mark.parametrize("door", DOORS)
def test_nothing_of_it_is_stored(key: IngestKey, door: str) -> None:
    path, body = DOORS[door]
    assert send(key, path, body).status_code in (200, 202)
    waiting = everything(key.project)
    report = intake.digested(key.project)
    assert report.stored > 0
    assert report.invalid == 0
    for stored in (waiting, everything(key.project)):
        for secret in (PASSWORD, MAIL, "grace.hopper"):
            assert secret not in stored
