"""Draws facts of a day in DuckDB and keeps them through the product's own writer, as the compactor leaves them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import duckdb

from events.facts import segments
from events.facts.segments import Place
from events.models import Project, Segment

GROUPS = 10_000
ERRORS = f"""
    WITH drawn AS (SELECT range AS n, random() AS a, random() AS b, random() AS c FROM range($rows))
    SELECT $day::TIMESTAMPTZ + INTERVAL 1 SECOND * floor(a * 86400) AS "at",
           replace(uuid()::VARCHAR, '-', '') AS event_id, replace(uuid()::VARCHAR, '-', '') AS trace_id,
           md5(floor({GROUPS} * b * b * b)::INT::VARCHAR) AS group_hash,
           ['error', 'error', 'error', 'warning', 'fatal'][1 + floor(5 * c)::INT] AS level,
           'Error' || floor(40 * b)::INT AS type, ['production', 'staging'][1 + floor(1.2 * a)::INT] AS environment,
           'shop@1.' || floor(30 * c)::INT AS release, 'javascript' AS platform,
           '/orders/' || floor(50 * b)::INT AS route,
           'https://shop.example/orders/' || floor(5000 * c)::INT AS url, 'sentry.javascript.browser 10' AS sdk,
           floor(100000 * a)::BIGINT AS user_key, 9000 AS size, true AS handled, "at" AS received_at,
           map(['browser', 'browser.name', 'os', 'device.family', 'server_name', 'url', 'customer', 'runtime'],
               ['Chrome ' || floor(20 * a)::INT, 'Chrome', 'Windows 1' || floor(3 * b)::INT,
                'Family ' || floor(30 * c)::INT, 'web-' || floor(8 * a)::INT,
                'https://shop.example/orders/' || floor(5000 * c)::INT,
                'c' || floor(2000 * b)::INT, 'node 22.' || floor(9 * c)::INT]) AS tags
    FROM drawn ORDER BY group_hash, "at"
"""
SESSIONS = """
    SELECT $day::TIMESTAMPTZ + INTERVAL 1 SECOND * (n % 86400) AS "at", md5((n // 2)::VARCHAR || $day) AS sid,
           n % 2 AS seq, (n // 2) % 20000 AS user_key, 'shop@1.' || (n // 2) % 30 AS release,
           'production' AS environment, 0 AS errors,
           CASE WHEN n % 200 = 1 THEN 'crashed' WHEN n % 2 = 1 THEN 'exited' ELSE 'ok' END AS status,
           n % 2 = 0 AS is_init
    FROM (SELECT range AS n FROM range($rows)) ORDER BY sid, seq, "at"
"""
DRAWN = """
    SELECT range AS n, random() AS a, random() AS b, random() AS c, random() AS d,
           sqrt(-2 * ln(random() + 1e-12)) * cos(6.283185307 * random()) AS normal FROM range($rows)
"""
REQUESTS = f"""
    WITH drawn AS ({DRAWN})
    SELECT $day::TIMESTAMPTZ + to_microseconds((a * $seconds * 1e6)::BIGINT) AS "at",
           replace(uuid()::VARCHAR, '-', '') AS trace_id,
           'GET /api/' || floor(50 * b * b)::INT || '/{{id}}' AS route, 'GET' AS method,
           CASE WHEN c < 0.01 THEN 500 WHEN c < 0.05 THEN 404 WHEN c < 0.1 THEN 302 ELSE 200 END AS status,
           exp(3.5 + 1.5 * b + 0.7 * normal) AS duration_ms, 'shop@1.' || ($release + (d < 0.2)::INT) AS release,
           'production' AS environment, ['desktop', 'mobile', 'tablet'][1 + floor(2.2 * d)::INT] AS device,
           'web-' || floor(8 * c)::INT AS host, 'shop' AS service, floor(12 * c)::BIGINT AS db_count,
           exp(2 + 0.7 * normal) AS db_ms, floor(100000 * d)::BIGINT AS user_key
    FROM drawn ORDER BY route, "at"
"""
VITALS = f"""
    WITH drawn AS ({DRAWN})
    SELECT $day::TIMESTAMPTZ + to_microseconds((a * $seconds * 1e6)::BIGINT) AS "at",
           'v6-' || floor(a * 1e13)::BIGINT || '-' || n AS metric_id,
           ['LCP', 'INP', 'CLS', 'FCP', 'TTFB'][1 + n % 5] AS metric, '/shop/' || floor(50 * b * b)::INT AS route,
           CASE n % 5 WHEN 0 THEN exp(7.4 + 0.5 * b + 0.5 * normal) WHEN 1 THEN exp(4.6 + 0.7 * normal)
                WHEN 2 THEN exp(-3.5 + normal) WHEN 3 THEN exp(7 + 0.5 * normal)
                ELSE exp(6 + 0.6 * normal) END AS value,
           ['desktop', 'mobile', 'tablet'][1 + floor(2.2 * d)::INT] AS device, 'Chrome' AS browser,
           'shop@1.' || ($release + (d < 0.2)::INT) AS release, 'production' AS environment, 'DE' AS country,
           'navigate' AS navigation_type, floor(100000 * c)::BIGINT AS user_key
    FROM drawn ORDER BY metric, route, "at"
"""
# Eight spans a trace, the first of which serves a request; a call in ten goes to another service.
SPANS = """
    WITH drawn AS (
        SELECT range AS n, range // 8 AS trace, range % 8 AS place, random() AS a, random() AS b FROM range($rows)
    )
    SELECT $day::TIMESTAMPTZ + to_microseconds(((hash(trace) % 86390) * 1e6 + place * 5000)::BIGINT) AS "at",
           md5($day || trace) AS trace_id, printf('%016x', n) AS span_id,
           CASE WHEN place > 0 THEN printf('%016x', trace * 8) END AS parent_span_id,
           CASE WHEN place = 0 THEN 'GET /api/' || hash(trace) % 50 || '/{id}' ELSE 'SELECT ' || floor(40 * b)::INT END
               AS name,
           CASE WHEN place = 0 THEN 'http.server' ELSE 'db' END AS op, CASE WHEN place = 0 THEN 'server' END AS kind,
           CASE WHEN a < 0.02 THEN 'internal_error' ELSE 'ok' END AS status, 'shop@1.' || hash(trace) % 8 AS release,
           'production' AS environment, CASE WHEN b < 0.1 THEN 'stock' ELSE 'shop' END AS service,
           'sentry.python 2' AS sdk, 'GET /api/' || hash(trace) % 50 || '/{id}' AS route, place = 0 AS is_segment,
           floor(100000 * a)::BIGINT AS user_key, 8 * a AS self_ms,
           CASE WHEN place = 0 THEN 60 + 300 * a * a ELSE 8 * a END AS duration_ms,
           map(['server.address'], ['web-' || hash(trace) % 8]) AS attributes
    FROM drawn ORDER BY trace_id, "at"
"""
LOGS = """
    WITH drawn AS (SELECT range AS n, random() AS a, random() AS b, random() AS c FROM range($rows))
    SELECT $day::TIMESTAMPTZ + to_microseconds((a * 86400e6)::BIGINT) AS "at", md5($day || n) AS log_id,
           md5(floor(1e6 * c)::VARCHAR) AS trace_id,
           ['info', 'info', 'info', 'debug', 'warning', 'error'][1 + floor(6 * b)::INT] AS level,
           [9, 9, 9, 5, 13, 17][1 + floor(6 * b)::INT] AS severity,
           ['order ' || n || ' was paid in ' || floor(900 * c)::INT || ' ms', 'basket ' || n || ' opened',
            'stock level of ' || floor(4000 * c)::INT || ' is unknown', 'mail ' || n || ' sent to ' || n || '@x.test',
            'carrier refused shipment ' || n, 'cache miss for ' || floor(50000 * c)::INT
           ][1 + floor(6 * c)::INT] AS body,
           'shop.' || ['orders', 'basket', 'stock', 'mail'][1 + floor(4 * b)::INT] AS logger,
           'shop@1.' || floor(8 * c)::INT AS release, 'production' AS environment, 'shop' AS service,
           'web-' || floor(8 * a)::INT AS host, 'sentry.python 2' AS sdk, floor(100000 * a)::BIGINT AS user_key,
           map(['order.id', 'country'], [floor(50000 * b)::INT::VARCHAR, 'DE']) AS attributes
    FROM drawn ORDER BY "at"
"""
SQL = {
    "errors": ERRORS, "sessions": SESSIONS, "requests": REQUESTS, "vitals": VITALS, "spans": SPANS, "logs": LOGS,
}  # fmt: skip


def draw(
    project: Project, fact: str, *, rows: int, day: date, now: datetime, seconds: int = 86_400, release: int = 0
) -> Segment:
    """One sorted segment of `rows` facts of a day, or of its first `seconds`; kept, and not announced."""
    known = {"rows": rows, "seconds": seconds, "release": release}
    return stored(project, fact, SQL[fact], known, day=day, now=now)


def stored(project: Project, fact: str, sql: str, known: Mapping[str, object], *, day: date, now: datetime) -> Segment:
    """The facts of a day that `sql` draws, in the order of their kind, with what it names of `known` and the day bound;
    kept, and not announced."""
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    bound = {name: value for name, value in {**known, "day": day.isoformat()}.items() if f"${name}" in sql}
    found = database.execute(sql, bound).to_arrow_reader(segments.ROW_GROUP)
    segment = segments.write_sorted(Place(project.pk, fact, day), found, level=3, now=now)
    segment.save()
    return segment
