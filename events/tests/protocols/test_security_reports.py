"""Reports of browsers become security facts and issues, whichever form the browser chose."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pyarrow import parquet

from events.digest import loop
from events.ingest import accounting
from events.models import IngestKey, Issue, Segment
from events.protocols.sentry import security

CSP = {
    "document-uri": "https://shop.example.com/pay?token=x",
    "blocked-uri": "https://evil.example/x.js?y",
    "violated-directive": "script-src 'self'",
    "effective-directive": "script-src",
    "original-policy": "default-src 'none'",
    "disposition": "enforce",
    "status-code": 200,
}
CSP_NEW = {
    "type": "csp-violation", "age": 2000, "url": "https://shop.example.com/pay",
    "body": {
        "documentURL": "https://shop.example.com/pay", "blockedURL": "inline", "effectiveDirective": "style-src-elem",
        "disposition": "report", "statusCode": 200,
    },
}  # fmt: skip
NEL = {
    "type": "network-error", "age": 29, "url": "https://api.example.com/thing",
    "body": {"type": "http.error", "phase": "application", "status_code": 503, "server_ip": "192.0.2.1"},
}  # fmt: skip
DEPRECATION = {
    "type": "deprecation",
    "age": 1,
    "url": "https://shop.example.com/",
    "body": {"id": "WebSQL", "message": "It goes."},
}

CASES: list[tuple[str, Any, dict[str, Any]]] = [
    ("application/csp-report", {"csp-report": CSP}, {
        "kind": "csp", "directive": "script-src", "blocked_host": "evil.example", "disposition": "enforce",
        "document_route": "https://shop.example.com/pay", "status": 200, "reason": "csp-violation",
    }),
    ("application/reports+json", [CSP_NEW], {
        "kind": "csp", "directive": "style-src-elem", "blocked_host": "inline", "disposition": "report", "status": 200,
    }),
    ("application/reports+json", [NEL], {
        "kind": "nel", "directive": "http.error", "blocked_host": None, "status": 503, "reason": "network-error",
        "document_route": "https://api.example.com/thing",
    }),
    ("application/reports+json", [DEPRECATION], {
        "kind": "report", "directive": "WebSQL", "status": None, "reason": "deprecation",
        "document_route": "https://shop.example.com/",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "body", "expected"), CASES)
def test_a_report_is_a_fact_and_an_issue(
    client: Client, key: IngestKey, content_type: str, body: Any, expected: dict[str, Any]
) -> None:
    answer = client.post(
        f"/api/{key.project_id}/security/?sentry_key={key.public_key}", json.dumps(body), content_type=content_type
    )
    assert answer.status_code == 200
    loop.run(now=datetime.now(UTC))
    path = f"{settings.OBS_SEGMENT_ROOT}/{Segment.objects.get(fact='security').path}"
    (row,) = parquet.read_table(path).to_pylist()
    assert {name: row[name] for name in expected} == expected
    assert Issue.objects.get().kind == "security"
    report = accounting.report()
    assert (report.received, report.stored, report.difference) == (1, 1, 0)


def test_what_is_no_host_is_not_spelled_like_one() -> None:
    assert security._host("NO HOST AT ALL") == ""
    assert security._host("https://CDN.Example/x.js") == "cdn.example"
