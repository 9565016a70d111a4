"""Facts behind every performance page, hostile text included."""

import hashlib
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction

from analytics.rollups import filling
from dashboard.pages.charts import CHARTS as DECLARED
from dashboard.tests import hostile
from events.facts import segments
from events.models import Project, Release

Row = dict[str, Any]
TRACE = hashlib.md5(b"trace").hexdigest()
LOG = hashlib.md5(b"log").hexdigest() + "0000"
ROUTES = ("GET /items/{id}", "POST /checkout", "GET /search", hostile.XSS[0])
RELEASES = ("shop@1.4.1", "shop@1.4.2")
# The charts that these facts fill; those of errors and sessions are tried where those are stored.
CHARTS = [name for name, chart in DECLARED.items() if chart.shared != "always"]


def facts(*, now: datetime, count: int = 400) -> dict[str, list[Row]]:
    """A day of requests, queries, vitals, spans, logs, readings and security events that end at `now`."""
    random = Random(7)
    moments = [now - timedelta(hours=23) * random.random() - timedelta(seconds=30) for _ in range(count)]
    shared = [
        {"at": at, "environment": "production", "release": RELEASES[at > now - timedelta(hours=5)]} for at in moments
    ]
    return {
        "requests": requests(shared, random),
        "queries": queries(shared),
        "vitals": vitals(shared, random),
        "logs": logs(shared),
        "metrics": readings(now=now),
        "security": security(shared[:120]),
        "events": visits(shared[:60]),
        "spans": spans(now=now),
    }


def visits(shared: list[Row]) -> list[Row]:
    """One page view of each visitor, and what each did a minute later; the text of one is hostile."""
    return [
        {
            **row,
            "at": row["at"] + later,
            "event_id": f"{name:.8}{place:024x}",
            "visitor": place,
            "event": name,
            "path": "/basket",
            "is_bot": False,
            "device": "mobile",
            "properties": {"plan": hostile.XSS[place % 3], "price": place},
        }
        for place, row in enumerate(shared)
        for name, later in (("$pageview", timedelta()), ("pay" if place else hostile.XSS[0], timedelta(seconds=20)))
    ]


def requests(shared: list[Row], random: Random) -> list[Row]:
    """Requests of four routes, some failed; the first belongs to TRACE."""
    return [
        {
            **one,
            "route": ROUTES[n % 4],
            "method": ROUTES[n % 4].split()[0],
            "status": (200, 200, 200, 404, 500, 302)[n % 6],
            "duration_ms": random.lognormvariate(4 + n % 4 / 2, 0.7),
            "db_ms": 12.0,
            "db_count": 3,
            "kind": "http",
            "trace_id": hashlib.md5(str(n).encode()).hexdigest() if n else TRACE,
            "user_key": n % 9,
            "host": f"web-{n % 3}",
        }
        for n, one in enumerate(shared)
    ]


def queries(shared: list[Row]) -> list[Row]:
    """Six statements, one of them slow and one in a loop."""
    return [
        {
            **one,
            "fingerprint": f"{n % 6:016x}",
            "statement": f"SELECT * FROM items WHERE id = ? -- {hostile.XSS[n % 6]}",
            "operation": "SELECT",
            "system": "postgresql",
            "route": ROUTES[n % 4],
            "count": 1 + 30 * (n % 6 == 3),
            "rows": 3,
            "total_ms": 20.0 + n % 90,
            "max_ms": 9.0 + n % 40,
            "finding": (None, "slow", None, "n_plus_one", None, None)[n % 6],
            "trace_id": hashlib.md5(str(n).encode()).hexdigest() if n else TRACE,
        }
        for n, one in enumerate(shared)
    ]


def vitals(shared: list[Row], random: Random) -> list[Row]:
    """All five metrics of three routes."""
    return [
        {
            **one,
            "metric_id": hashlib.md5(f"v{metric}{n}".encode()).hexdigest(),
            "metric": metric,
            "value": most * random.lognormvariate(-0.4, 0.5),
            "route": ("/", "/pricing", hostile.XSS[1])[n % 3],
            "device": ("mobile", "desktop")[n % 2],
            "browser": "Chrome",
            "country": "DE",
            "navigation_type": "navigate",
            "attribution": {"element": hostile.XSS[2] if n % 5 == 0 else "main>h1", "target": "#buy"},
        }
        for n, one in enumerate(shared)
        for metric, most in (("LCP", 2500.0), ("INP", 200.0), ("CLS", 0.1), ("FCP", 1800.0), ("TTFB", 800.0))
    ]


def logs(shared: list[Row]) -> list[Row]:
    """Lines of all levels; the first is LOG, the first four belong to TRACE."""
    levels = ("info", "info", "debug", "warning", "error", "info", "fatal")
    return [
        {
            **one,
            "log_id": LOG if n == 0 else f"{hashlib.md5(f'l{n}'.encode()).hexdigest()}{n:04x}",
            "level": levels[n % 7],
            "body": f"paid order {n} {hostile.XSS[n % 12]}",
            "logger": "shop.payments",
            "service": "web",
            "host": "web-1",
            "trace_id": TRACE if n < 4 else None,
            "attributes": {"order": str(n), "note": hostile.XSS[n % 12]},
        }
        for n, one in enumerate(shared)
    ]


def readings(*, now: datetime) -> list[Row]:
    """Three hosts over sixteen hours."""
    return [
        {
            "at": now - timedelta(minutes=10 * n + 1),
            "name": name,
            "type": "gauge",
            "value": value * (1 + (n * 7 % 11) / 10),
            "host": host,
            "environment": "production",
            "attributes": {"state": part} if part else {},
        }
        for n in range(100)
        for host in ("web-1", "web-2", hostile.XSS[3])
        for name, value, part in (
            ("system.cpu.utilization", 0.2, "user"),
            ("system.cpu.utilization", 0.05, "system"),
            ("system.cpu.utilization", 0.7, "idle"),
            ("system.memory.utilization", 0.4, "used"),
            ("system.filesystem.utilization", 0.3, ""),
            ("system.cpu.load_average.1m", 1.2, ""),
            ("process.cpu.utilization", 0.1, ""),
            ("process.memory.usage", 2e8, ""),
        )
    ]


def security(shared: list[Row]) -> list[Row]:
    """Events of four kinds."""
    kinds = ("csp", "login_failed", "key_refused", "rate_limited", "csp")
    return [
        {
            **one,
            "kind": kinds[n % 5],
            "directive": "script-src" if kinds[n % 5] == "csp" else None,
            "blocked_host": hostile.XSS[2] if kinds[n % 5] == "csp" else None,
            "document_route": "/pricing",
            "reason": None if kinds[n % 5] == "csp" else hostile.XSS[0],
            "quantity": 1 + n % 3,
        }
        for n, one in enumerate(shared)
    ]


def spans(*, now: datetime) -> list[Row]:
    """One trace of a request: middleware, queries, a call to another service; one span names itself its parent."""
    began = now - timedelta(hours=1)
    rows = [
        ("a", None, 0, 412, "GET /items/{id}", "http.server", "ok"),
        ("b", "a", 4, 400, "middleware", "middleware.django", "ok"),
        ("c", "b", 10, 90, "SELECT * FROM items WHERE id = ?", "db", "ok"),
        ("d", "b", 110, 180, hostile.XSS[2], "http.client", "internal_error"),
        ("e", "d", 120, 150, "POST /charge", "http.server", "ok"),
        ("f", "b", 300, 60, "render", "template.render", None),
        ("1", "1", 20, 5, "its own parent", "task", "ok"),
        ("2", "gone", 380, 10, "orphan", "cache.get", "ok"),
    ]
    return [
        {
            "at": began + timedelta(milliseconds=start),
            "trace_id": TRACE,
            "span_id": name * 16,
            "parent_span_id": parent and parent * 16,
            "name": title,
            "op": op,
            "status": status,
            "duration_ms": float(length),
            "self_ms": length / 2,
            "service": "shop",
            "route": "GET /items/{id}",
            "environment": "production",
            "release": RELEASES[1],
            "is_segment": parent is None,
            "attributes": {"db.system": "postgresql", "x": hostile.XSS[1]},
        }
        for name, parent, start, length, title, op, status in rows
    ]


def store(project: Project, *, now: datetime) -> None:
    for version in RELEASES:
        Release.objects.get_or_create(project=project, version=version)
    store_rows(project, facts(now=now), now=now)


def store_rows(project: Project, rows: dict[str, list[Row]], *, now: datetime) -> None:
    """The facts stored and counted."""
    with transaction.atomic():
        segments.write({(project.pk, fact): found for fact, found in rows.items()}, now=now)
    filling.roll_up(now=now, seconds=600)
