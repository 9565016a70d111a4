"""Facts that are reported more than once, as SQL that counts each once.

A vital counts at its first report, with its last value (INP may fall while a page lives); a session at its first
update, with the state of its last.
Reports more than REPEATS after the first are left out, so that an hour depends on the facts of three days at most.
"""

from __future__ import annotations

from datetime import timedelta

from events.values.vitals import THRESHOLDS

REPEATS = timedelta(days=1)
KEYS = {"vitals": "metric_id", "sessions": "sid"}

# Statuses of single updates, worst last. An update that says "ok" or "exited" with errors is an errored session.
RANK = "CASE status WHEN 'crashed' THEN 3 WHEN 'abnormal' THEN 2 WHEN 'ok' THEN 0 WHEN 'exited' THEN 0 ELSE 1 END"
ERRED = "status NOT IN ('crashed', 'abnormal') AND (errors > 0 OR status NOT IN ('ok', 'exited'))"

_DAY = "INTERVAL 1 DAY"
RATING = f"""CASE {
    " ".join(
        f"WHEN metric = '{metric}' THEN CASE WHEN value <= {good} THEN 'good' WHEN value <= {poor} "
        f"THEN 'needs-improvement' ELSE 'poor' END"
        for metric, (good, poor) in THRESHOLDS.items()
    )
} ELSE '' END"""


def vitals(keys: str = "true", *, is_bounded: bool = True) -> str:
    """Return the SQL of the vitals whose rows fulfil `keys`, one row a metric id.

    Unbounded, later reports than REPEATS count too: half the work, for questions over many days of facts.
    """
    # 64 bits group faster than text; of ten million ids, two share them once in 370,000 questions.
    key = "v.metric_id" if is_bounded else "hash(v.metric_id)"
    # Reports of one moment are of before they were told apart; then the largest was the last.
    last = 'row(coalesce(v.received_at, v."at"), v.value)'
    reports = f"SELECT * FROM vitals WHERE metric_id IS NOT NULL AND {keys}"
    if is_bounded:
        first = 'min("at") OVER (PARTITION BY metric_id)'
        reports = f'SELECT * FROM ({reports}) QUALIFY "at" < {first} + {_DAY}'
    return f"""
        SELECT min(v."at") AS "at", max(v.metric_id) AS metric_id, max(v.trace_id) AS trace_id, max(v.metric) AS metric,
               max(v.route) AS route, max(v.url) AS url, max(v.device) AS device, max(v.browser) AS browser,
               max(v.country) AS country, max(v.connection) AS connection, max(v.release) AS release,
               max(v.environment) AS environment, max(v.navigation_type) AS navigation_type,
               max(v.user_key) AS user_key,
               arg_max(v.value, {last}) AS value, arg_max(v.attribution, {last}) AS attribution
        FROM ({reports}) v GROUP BY {key}
        UNION ALL BY NAME
        SELECT "at", metric_id, trace_id, metric, route, url, device, browser, country, connection, release,
               environment, navigation_type, user_key, value, attribution
        FROM vitals WHERE metric_id IS NULL AND {keys}
    """


def sessions(keys: str = "true") -> str:
    """Return the SQL of the sessions whose rows fulfil `keys`: `weight` of them began at `at` and had an `outcome`."""
    counted = ", ".join(f"coalesce({name}, 0) AS {name}" for name in ("started", "crashed", "abnormal", "errored"))
    return f"""
        SELECT "at", release, environment,
               CASE WHEN status IN ('crashed', 'abnormal') THEN status WHEN {ERRED} THEN 'errored' ELSE 'healthy' END
               AS outcome, 1 AS weight
        FROM (
            SELECT min(u."at") AS "at", arg_max(u.release, u.latest) AS release, max(u.environment) AS environment,
                   arg_max(u.status, u.latest) AS status, max(coalesce(u.errors, 0)) AS errors
            FROM (
                SELECT * REPLACE (coalesce(status, 'ok') AS status), min("at") OVER (PARTITION BY sid) AS first,
                       coalesce(seq, 0)::HUGEINT * 8 + {RANK} AS latest
                FROM sessions WHERE sid IS NOT NULL AND {keys}
            ) u
            WHERE u."at" < u.first + {_DAY} GROUP BY u.sid
        )
        UNION ALL BY NAME
        SELECT "at", release, environment, outcome, weight FROM (
            SELECT "at", release, environment, unnest(['crashed', 'abnormal', 'errored', 'healthy']) AS outcome,
                   unnest([crashed, abnormal, errored, greatest(0, started - crashed - abnormal - errored)]) AS weight
            FROM (SELECT "at", release, environment, sid, {counted} FROM sessions WHERE sid IS NULL AND {keys})
        ) WHERE weight > 0
    """


SOURCES = {"vitals": vitals, "sessions": sessions}
