"""Facts of every kind straight into segments, one a day of each, as the compactor leaves them."""

from __future__ import annotations

from datetime import datetime, timedelta

from bench.growth import drawing
from bench.product import events as product
from events.facts import segments
from events.facts.schema import FACTS
from events.models import Project

_PLACED = """
    WITH drawn AS (
        SELECT range AS n, random() AS a, random() AS b, random() AS c, random() AS d,
               sqrt(-2 * ln(random() + 1e-12)) * cos(6.283185307 * random()) AS normal FROM range($rows)
    ), placed AS (
        SELECT *, $day::TIMESTAMPTZ + to_microseconds((a * $seconds * 1e6)::BIGINT) AS "at", md5($day || n) AS id,
               ['production', 'staging'][1 + floor(1.2 * c)::INT] AS environment,
               'shop@1.' || ($release + (d < 0.2)::INT) AS release, 'web-' || floor(8 * c)::INT AS host,
               'shop' AS service, ['desktop', 'mobile', 'tablet'][1 + floor(2.2 * d)::INT] AS device,
               ['DE', 'FR', 'US', 'IT'][1 + floor(4 * d)::INT] AS country,
               'GET /api/' || floor(50 * b * b)::INT || '/{id}' AS route, floor(100000 * d)::BIGINT AS user_key
        FROM drawn
    )
"""
# Few issues have most of the errors, as everywhere: the share falls with the cube.
_ERRORS = """
    SELECT "at", id AS event_id, md5(id) AS trace_id, md5(floor($issues * b * b * b)::INT::VARCHAR) AS group_hash,
           ['error', 'error', 'error', 'warning', 'fatal'][1 + floor(5 * c)::INT] AS level,
           'Error' || floor(40 * b)::INT AS type, environment, release, 'python' AS platform,
           '/orders/' || floor(50 * b)::INT AS route, 'https://shop.example/orders/' || floor(5000 * c)::INT AS url,
           'sentry.python 2' AS sdk, user_key, 9000 AS size, true AS handled, "at" AS received_at,
           map(['browser', 'browser.name', 'os', 'server_name', 'url', 'customer', 'runtime'],
               ['Chrome ' || floor(20 * a)::INT, 'Chrome', 'Windows 1' || floor(3 * b)::INT, host,
                'https://shop.example/orders/' || floor(5000 * c)::INT, 'c' || floor(2000 * b)::INT,
                'CPython 3.1' || floor(3 * c)::INT]) AS tags
    FROM placed
"""
_REQUESTS = """
    SELECT "at", id AS trace_id, route, 'GET' AS method, 'http' AS kind, release, environment, device, host, service,
           CASE WHEN c < 0.01 THEN 500 WHEN c < 0.05 THEN 404 WHEN c < 0.1 THEN 302 ELSE 200 END AS status,
           country, exp(3.5 + 1.5 * b + 0.7 * normal) AS duration_ms, floor(12 * c)::BIGINT AS db_count,
           exp(2 + 0.7 * normal) AS db_ms, user_key
    FROM placed
"""
# A trace has five, the first of which brings the others.
_SPANS = """
    SELECT $day::TIMESTAMPTZ + to_milliseconds((hash(n // 5) % ($seconds * 1000))::BIGINT + n % 5 * 10) AS "at",
           md5($day || (n // 5)) AS trace_id, left(id, 16) AS span_id,
           CASE WHEN n % 5 > 0 THEN left(md5($day || (n - n % 5)), 16) END AS parent_span_id,
           CASE n % 5 WHEN 0 THEN route WHEN 4 THEN 'render' ELSE 'SELECT * FROM t' || n % 7 END AS name,
           ['http.server', 'db', 'db', 'db', 'template.render'][1 + n % 5] AS op, 'ok' AS status,
           exp(3.5 + 0.7 * normal) / (1 + n % 5) AS duration_ms, exp(2 + 0.7 * normal) AS self_ms, release, environment,
           service, route, user_key, n % 5 = 0 AS is_segment
    FROM placed
"""
_VITALS = """
    SELECT "at", id AS metric_id, ['LCP', 'INP', 'CLS', 'FCP', 'TTFB'][1 + n % 5] AS metric,
           '/shop/' || floor(50 * b * b)::INT AS route, device, 'Chrome' AS browser, release, environment, country,
           CASE n % 5 WHEN 0 THEN exp(7.4 + 0.5 * b + 0.5 * normal) WHEN 1 THEN exp(4.6 + 0.7 * normal)
                WHEN 2 THEN exp(-3.5 + normal) WHEN 3 THEN exp(7 + 0.5 * normal)
                ELSE exp(6 + 0.6 * normal) END AS value,
           'navigate' AS navigation_type, user_key
    FROM placed
"""
_LOGS = """
    SELECT "at", id || printf('%04x', n % 65536) AS log_id, id AS trace_id, 'shop.orders' AS logger,
           ['info', 'info', 'info', 'info', 'debug', 'warning', 'error'][1 + floor(7 * b)::INT] AS level,
           [format('order {} was paid', n), format('basket of c{} is empty', floor(2000 * d)::INT),
            format('stock of article {} is low', n % 977), format('cache miss for key k{}', n),
            format('took {} ms to answer', floor(900 * b)::INT)][1 + floor(5 * c)::INT] AS body,
           release, environment, service, host, user_key,
           map(['order', 'customer'], [n::VARCHAR, 'c' || floor(2000 * b)::INT]) AS attributes
    FROM placed
"""
_QUERIES = """
    SELECT "at", id AS trace_id, printf('%016x', floor(200 * b * b)::INT) AS fingerprint, 'SELECT' AS operation,
           'SELECT * FROM t' || floor(200 * b * b)::INT || ' WHERE id = ?' AS statement, 'postgresql' AS system,
           route, release, environment, service, 1 + floor(3 * c)::BIGINT AS count, 3 AS rows,
           CASE WHEN c < 0.01 THEN 'slow' WHEN c < 0.02 THEN 'n_plus_one' END AS finding,
           exp(2 + 0.9 * normal) AS total_ms, exp(1.5 + 0.9 * normal) AS max_ms
    FROM placed
"""
_SESSIONS = """
    SELECT "at", id AS sid, 0 AS seq, user_key, release, environment, 0 AS errors, true AS is_init,
           CASE WHEN c < 0.01 THEN 'crashed' ELSE 'exited' END AS status
    FROM placed
"""
_METRICS = """
    SELECT "at", 'system.' || ['cpu', 'memory', 'filesystem'][1 + n % 3] || '.utilization' AS name, 'gauge' AS type,
           0.2 + 0.6 * b AS value, host, service, environment,
           map(['state'], [['user', 'used', ''][1 + n % 3]]) AS attributes
    FROM placed
"""
# What draws each kind, and its share of all facts; the rest are product events.
KINDS: dict[str, tuple[str, float]] = {
    "errors": (_ERRORS, 0.2), "requests": (_REQUESTS, 0.2), "spans": (_SPANS, 0.2), "vitals": (_VITALS, 0.12),
    "logs": (_LOGS, 0.12), "queries": (_QUERIES, 0.03), "sessions": (_SESSIONS, 0.02), "metrics": (_METRICS, 0.01),
}  # fmt: skip


def mixed(project: Project, *, count: int, days: int, issues: int, now: datetime) -> None:
    """`count` facts of all kinds, of `days` days and what is over of today; the last product events are tonight's."""
    for fact, (_, share) in KINDS.items():
        draw(project, fact, count=int(count * share), days=days, issues=issues, now=now)
    rest = count - sum(int(count * share) for _, share in KINDS.values())
    product.generate(project, events=rest, days=days, ends=now.replace(hour=0, minute=0, second=0) + timedelta(days=1))


def draw(project: Project, fact: str, *, count: int, days: int, issues: int, now: datetime) -> None:
    """`count` of a kind; errors are of as many groups as there are `issues` (issues.py has the same hashes)."""
    order = ", ".join(f'"{name}"' for name in FACTS[fact].sort)
    sql = f"{_PLACED} {KINDS[fact][0]} ORDER BY {order}"
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for age in range(days + 1):
        day = (midnight - timedelta(days=age)).date()
        seconds = 86_400 if age else max(60, int((now - midnight).total_seconds()))
        rows = count * seconds // (86_400 * days)
        known = {"rows": rows, "seconds": seconds, "release": days - age, "issues": issues}
        segments.announce([drawing.stored(project, fact, sql, known, day=day, now=now)])
