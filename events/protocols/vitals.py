"""Web vitals as Google's `web-vitals` reports them: one object or an array, as sendBeacon posts them.

A kept vital is `{metric, metric_id, value, delta, timestamp, url, route, device, browser, connection, country,
navigation_type, release, environment, trace_id, attribution}`. The same `metric_id` comes again with another value: CLS
grows while a page lives, INP grows and falls. Every report is kept, and questions take the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from events.protocols.contract import Context, Decoded, Incoming, Refused, identity
from events.protocols.fields.links import tidy_url, tidy_words
from events.protocols.fields.texts import hexadecimal, scalar
from events.values import browsers, lenient, routes, vitals
from events.values.errors import Malformed

CATEGORY = "vital"
MOST = 200
ATTRIBUTES = 24
LONGEST = 300
_URLS = ("navigationURL", "url", "href", "page_url", "location")
_ROUTES = ("route", "page", "path")
_CONNECTIONS = ("connection", "speed", "effectiveType", "connection_type")


@dataclass(frozen=True, slots=True)
class Page:
    """What the request says about the page besides the body: query parameters and the Referer header."""

    url: str = ""
    release: str = ""
    environment: str = ""


def decode_vitals(body: bytes, context: Context, *, page: Page) -> Decoded:
    """Return the vitals of one object, an array, or `{"metrics": [...]}`. Raises Malformed for anything else."""
    sent = lenient.loads(body)
    shared: dict[str, Any] = {}
    if isinstance(sent, dict):
        inner = next((sent[name] for name in ("metrics", "vitals", "items") if isinstance(sent.get(name), list)), None)
        shared, sent = (sent, inner) if inner is not None else ({}, [sent])
    if not isinstance(sent, list) or not sent:
        raise Malformed("no web vitals in the body", reason="not_vitals")
    return kept(of_reports(sent, context, page=page, shared=shared), context)


def of_reports(
    sent: Sequence[Any], context: Context, *, page: Page, shared: dict[str, Any] | None = None
) -> list[dict[str, Any] | Refused]:
    """Return for each report the vital or why there is none; fields missing in a report are taken from `shared`."""
    outcomes: list[dict[str, Any] | Refused] = []
    for index, report in enumerate(sent[:MOST]):
        outcome = of_report({**(shared or {}), **report}, context, page) if isinstance(report, dict) else None
        outcomes.append(outcome if outcome is not None else Refused(CATEGORY, "invalid", "not_an_object", 1, index))
    if len(sent) > MOST:
        outcomes.append(Refused(CATEGORY, "invalid", "too_many_items", len(sent) - MOST))
    return outcomes


def of_report(report: dict[str, Any], context: Context, page: Page) -> dict[str, Any] | Refused:
    """Return the vital of one report, whose name is `name`, else why it is not kept."""
    metric = scalar(report.get("name") or report.get("event_name") or report.get("metric"), 20).upper()
    value = number(report.get("value"))
    if metric == "FID":
        return Refused(CATEGORY, "filtered", "retired_metric")
    reason = vitals.problem(metric, value)
    if reason is not None:
        return Refused(CATEGORY, "invalid" if reason == "unknown_metric" else "filtered", reason)
    url = next((found for name in _URLS if (found := scalar(report.get(name), 2000))), page.url)
    route = next((found for name in _ROUTES if (found := scalar(report.get(name), routes.LONGEST))), "")
    # A soft navigation belongs to the page it went to, whatever page the report is sent from.
    went_softly = report.get("navigationType") == "soft-navigation" and report.get("navigationURL")
    client = browsers.families(context.user_agent)
    delta = number(report.get("delta"))
    return {
        "metric": metric,
        "metric_id": scalar(report.get("id"), 100) or None,
        "value": value,
        "delta": delta if delta is not None and vitals.problem(metric, delta) is None else None,
        "timestamp": context.received_at.timestamp(),
        "url": tidy_url(url)[:500] or None,
        "route": (routes.of_url(url) if went_softly else "") or route or routes.of_url(url) or None,
        "device": client.device or None,
        "browser": client.browser or None,
        "connection": next((found for name in _CONNECTIONS if (found := scalar(report.get(name), 20))), None),
        "navigation_type": vitals.navigation(report.get("navigationType") or report.get("navigation_type")),
        "release": scalar(report.get("release"), 200) or page.release,
        "environment": scalar(report.get("environment"), 64) or page.environment,
        "trace_id": hexadecimal(report.get("trace_id") or report.get("traceId"), 32),
        "attribution": attribution(report.get("attribution")),
    }


def number(sent: Any) -> Any:
    """Return a number that some senders write as text."""
    if isinstance(sent, str) and len(sent) <= 30:
        try:
            return float(sent)
        except ValueError:
            return sent
    return sent


def attribution(sent: Any) -> dict[str, str]:
    """Return the plain values of web-vitals' attribution build, bounded; performance entries are left out."""
    if not isinstance(sent, dict):
        return {}
    plain = {
        scalar(name, 60): tidy_words(scalar(round(value, 3) if isinstance(value, float) else value, LONGEST))
        for name, value in list(sent.items())[: 3 * ATTRIBUTES]
        if isinstance(value, str | int | float)
    }
    return dict(list(plain.items())[:ATTRIBUTES])


def kept(outcomes: Iterable[dict[str, Any] | Refused], context: Context) -> Decoded:
    """Return the batch: equal metric ids, values and deltas are one batch sent twice, others are news."""
    outcomes = list(outcomes)
    items = [outcome for outcome in outcomes if not isinstance(outcome, Refused)]
    refused = tuple(outcome for outcome in outcomes if isinstance(outcome, Refused))
    if not items:
        return Decoded((), refused)
    country = context.country()
    parts = [f"{item['metric']} {item['metric_id']} {item['value']!r} {item['delta']!r}".encode() for item in items]
    if any(item["metric_id"] is None for item in items):
        # Nothing tells two visitors' equal values apart but who sent them, and when.
        parts.append(f"{context.peer_ip} {context.user_agent} {context.received_at.isoformat()}".encode())
    for number_, item in enumerate(items):
        item["country"] = country
        item["metric_id"] = item["metric_id"] or identity("vital", *parts, b"%d" % number_).hex
    return Decoded((Incoming("vital", identity("vital", *parts), len(items), {"items": items}),), refused)
