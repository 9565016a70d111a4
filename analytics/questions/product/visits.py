"""Visits, as SQL over product events: what one visitor does without a break of half an hour.

A visit is a `session` that the sender named, else what lies between two breaks; it lasts a day at most, belongs to the
moment of its first event and counts whole. Its source is that of its first page view.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from analytics.periods import Period

# Bound like values: in SQL a dollar begins the name of one.
PAGE_VIEW, AUTOCAPTURE, SYSTEM = "$pageview", "$autocapture", "$"
BREAK, LONGEST = timedelta(minutes=30), timedelta(days=1)
# A look is no bounce that lasted so long, or did something, or saw a second page.
ENGAGED_SECONDS = 10
# What a visit is cut by: its columns here; `page` and `event` are of its events.
OF_VISIT = (
    "source", "channel", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "entry",
    "exit", "country", "device", "browser",
)  # fmt: skip
OF_EVENT = {"page": "path", "event": "event"}
DIMENSIONS = (*OF_VISIT, *OF_EVENT)
NONE = "(none)"
_FIRST = ("source", "channel", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def read_period(period: Period) -> Period:
    """The events that visits of a period may have: they begin before it, and go on after it."""
    return Period(period.start - LONGEST, period.end + LONGEST)


def tables(
    period: Period, where: Mapping[str, str], *, environment: str, with_bots: bool
) -> tuple[str, dict[str, Any]]:
    """The tables `looked` (events with the number of their visit) and `visits`, of visits that begin in the period and
    fulfil `where` (dimension -> value); and what to bind."""
    bound: dict[str, Any] = {
        "start": period.start, "end": period.end, "environment": environment, "with_bots": with_bots,
        "page_view": PAGE_VIEW, "autocapture": AUTOCAPTURE, "system": SYSTEM,
    }  # fmt: skip
    chosen, held = [], ""
    for number, (dimension, value) in enumerate(sorted(where.items())):
        bound[f"value_{number}"] = value
        if dimension in OF_EVENT:
            of_view = "l.event = $page_view AND " if dimension == "page" else ""
            held += f"bool_or({of_view}l.{OF_EVENT[dimension]} = $value_{number}) AS held_{number},\n               "
            chosen.append(f"coalesce(v.held_{number}, false)")
        else:
            chosen.append(f"coalesce(v.{dimension}, '{NONE}') = $value_{number}")
    first = ",\n               ".join(_first(name) for name in _FIRST)
    columns = f"""e."at", e.event_id, e.visitor, e.session, e.event, e.path, e.country, e.device, e.browser,
                   {", ".join(f"e.{name}" for name in _FIRST)}, coalesce(e.engaged_ms, 0) AS engaged_ms,
                   coalesce(e.is_interactive, true) AS is_interactive"""
    return (
        f"""
        WITH {numbered(columns)}, every_visit AS (
            SELECT l.visitor, l.visit, min(l."at") AS began,
               least(epoch(max(l."at")) - epoch(min(l."at")), 86400) AS seconds,
               sum(l.engaged_ms) / 1000 AS engaged,
               count(*) FILTER (WHERE l.event = $page_view) AS views,
               bool_or(l.is_interactive AND (NOT starts_with(l.event, $system) OR l.event = $autocapture)) AS acted,
               arg_min(l.path, l."at") FILTER (WHERE l.event = $page_view) AS entry,
               arg_max(l.path, l."at") FILTER (WHERE l.event = $page_view) AS exit,
               {held}max(l.country) AS country, max(l.device) AS device, max(l.browser) AS browser,
               {first}
            FROM looked l GROUP BY l.visitor, l.visit
        ), visits AS (
            SELECT v.*, v.views = 1 AND NOT v.acted AND greatest(v.seconds, v.engaged) < {ENGAGED_SECONDS} AS bounced
            FROM every_visit v
            WHERE v.began >= $start AND v.began < $end {"".join(f" AND {term}" for term in chosen)}
        )
        """,
        bound,
    )


def numbered(columns: str) -> str:
    """The tables up to `looked`: these columns of events, with the number of their visit among those of their visitor.
    `$with_bots` and `$environment` are bound."""
    return f"""taken AS (
            SELECT {columns} FROM events e
            WHERE e.visitor IS NOT NULL AND ($with_bots OR NOT coalesce(e.is_bot, false))
              AND ($environment = '' OR e.environment = $environment)
        ), paced AS (
            SELECT t.*, lag(t."at") OVER w AS before, lag(t.session) OVER w AS session_before
            FROM taken t WINDOW w AS (PARTITION BY t.visitor ORDER BY t."at", t.event_id)
        ), looked AS (
            SELECT p.*, sum(CASE WHEN p.before IS NULL OR p."at" - p.before >= INTERVAL 30 MINUTE
                                   OR p.session IS DISTINCT FROM p.session_before THEN 1 ELSE 0 END)
                       OVER (PARTITION BY p.visitor ORDER BY p."at", p.event_id ROWS UNBOUNDED PRECEDING) AS visit
            FROM paced p
        )"""


def _first(name: str) -> str:
    """What the first page view says, or the first event of a visit without one."""
    of_view = f'arg_min(l.{name}, l."at") FILTER (WHERE l.event = $page_view)'
    return f'coalesce({of_view}, arg_min(l.{name}, l."at")) AS {name}'
