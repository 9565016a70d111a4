"""Reports that browsers write by themselves: CSP violations in both forms, and the Reporting API."""

from __future__ import annotations

from typing import Any

from events.protocols.contract import Context, Decoded, Incoming, Refused, identity
from events.protocols.fields.clock import Clock
from events.protocols.fields.links import tidy_url
from events.protocols.fields.texts import readable, scalar, trimmed
from events.values import browsers, lenient
from events.values.errors import Malformed, TooLarge

TYPES = frozenset(
    [
        "csp-violation",
        "network-error",
        "deprecation",
        "intervention",
        "crash",
        "coep",
        "coop",
        "permissions-policy-violation",
        "document-policy-violation",
        "integrity-violation",
    ]
)
LEGACY = {"csp-report": "csp-violation", "expect-ct-report": "expect-ct", "expect-staple-report": "expect-staple"}
# The two spellings of one CSP report, and the name both get here.
CSP = {
    "document-uri": "document_url",
    "documentURL": "document_url",
    "blocked-uri": "blocked_url",
    "blockedURL": "blocked_url",
    "effective-directive": "effective_directive",
    "effectiveDirective": "effective_directive",
    "violated-directive": "violated_directive",
    "original-policy": "original_policy",
    "originalPolicy": "original_policy",
    "source-file": "source_file",
    "sourceFile": "source_file",
    "line-number": "line_number",
    "lineNumber": "line_number",
    "column-number": "column_number",
    "columnNumber": "column_number",
    "script-sample": "sample",
    "status-code": "status_code",
    "statusCode": "status_code",
}
LONGEST = 4096
FIELDS = 50
LONGEST_AGE = 86_400_000


def decode_security(
    body: bytes, content_type: str, context: Context, *, release: str = "", environment: str = ""
) -> Decoded:
    """Return one item per report: `{type, timestamp, level, url, user_agent, release, environment, body, report}`.

    `body` has the report's own fields under one spelling, `report` the five that are counted by (`_summary`).
    `release` and `environment` come from the endpoint's query string. The content type is not needed to tell the two
    forms apart, since one is an object and the other an array; browsers and proxies disagree about it.
    """
    if len(body) > context.limits.event:
        raise TooLarge(f"the report has {len(body)} bytes, the limit is {context.limits.event}")
    value = lenient.loads(body)
    reports = value if isinstance(value, list) else [value]
    if not reports or not any(isinstance(report, dict) for report in reports):
        raise Malformed("no report in the body", reason="not_a_report")
    shared = {"release": trimmed(release, 250) or None, "environment": trimmed(environment, 64) or None}
    most = context.limits.reports
    outcomes = [_report(report, number, context, shared) for number, report in enumerate(reports[:most])]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    if len(reports) > most:
        refused.append(Refused("security", "invalid", "too_many_reports", len(reports) - most))
    return Decoded(tuple(outcome for outcome in outcomes if isinstance(outcome, Incoming)), tuple(refused))


def _report(report: Any, number: int, context: Context, shared: dict[str, Any]) -> Incoming | Refused:
    kind, details, age = _parts(report)
    if details is None:
        return Refused("security", "invalid", "not_a_report")
    if kind not in TYPES and kind not in LEGACY.values():
        return Refused("security", "filtered", "report_type")
    normalised = _body(details)
    clock = Clock(context.received_at)
    payload: dict[str, Any] = {
        "type": kind,
        "level": "warning",
        "timestamp": clock.moment(clock.received - age / 1000, []),
        "url": tidy_url(scalar(report.get("url"), LONGEST)) or normalised.get("document_url"),
        "user_agent": browsers.label(context.user_agent),
        **shared,
        "body": normalised,
    }
    payload["report"] = _summary(kind, payload)
    # Two visitors' reports are equal byte for byte, so a report is known by who sent it and when as well.
    sender = f"{context.peer_ip} {context.user_agent} {context.received_at.isoformat()} {number}".encode()
    return Incoming("security", identity("security", lenient.canonical(report), sender), 1, payload)


def _summary(kind: str, payload: dict[str, Any]) -> dict[str, str | None]:
    """Return kind (csp, nel, report), directive, blocked_host, document_url and disposition."""
    details = payload["body"]
    directive = scalar(details.get("effective_directive") or details.get("violated_directive"), LONGEST)
    about = directive.partition(" ")[0] or scalar(details.get("type") or details.get("id"), LONGEST)
    blocked = scalar(details.get("blocked_url"), LONGEST)
    return {
        "kind": {"csp-violation": "csp", "network-error": "nel"}.get(kind, "report"),
        "directive": trimmed(about or kind, 100),
        "blocked_host": _host(blocked) or None,
        "document_url": scalar(details.get("document_url"), LONGEST) or payload["url"] or None,
        "disposition": scalar(details.get("disposition"), 20) or None,
    }


def _host(url: str) -> str:
    """The host of a URL, the scheme of `data:` and its like, a keyword (`inline`) as it is."""
    scheme, separator, rest = url.partition("://")
    host = rest.partition("/")[0] if separator else scheme.partition(":")[0]
    # Lower case would hide from the rules of scrubbing what was no host to begin with.
    return host.lower()[:200] if " " not in host else ""


def _parts(report: Any) -> tuple[str, dict[str, Any] | None, float]:
    if not isinstance(report, dict):
        return "", None, 0
    for name, kind in LEGACY.items():
        if isinstance(report.get(name), dict):
            return kind, report[name], 0
    details, age = report.get("body"), report.get("age")
    known_age = float(age) if isinstance(age, int | float) and 0 <= age <= LONGEST_AGE else 0.0
    return scalar(report.get("type"), 64), details if isinstance(details, dict) else None, known_age


def _body(details: dict[str, Any]) -> dict[str, Any]:
    normalised: dict[str, Any] = {}
    for sent, value in list(details.items())[:FIELDS]:
        name = CSP.get(sent, trimmed(sent, 100))
        if isinstance(value, str):
            normalised[name] = tidy_url(value) if "://" in value and " " not in value else trimmed(value, LONGEST)
        elif isinstance(value, dict | list):
            normalised[name] = readable(value, LONGEST)
        else:
            normalised[name] = value
    return normalised
