"""Visits, as SQL over product events: what one visitor does without a break of half an hour.

A visit is a `session` that the sender named, else what lies between two breaks; it lasts a day at most, belongs to the
moment of its first event and counts whole. Its source is that of its first page view.
"""

from __future__ import annotations

from collections.abc import Collection

from analytics.periods import Period
from events.facts.derived import BREAK, LONGEST

# Bound like values: in SQL a dollar begins the name of one.
PAGE_VIEW, AUTOCAPTURE, SYSTEM = "$pageview", "$autocapture", "$"
NAMES = {"page_view": PAGE_VIEW, "autocapture": AUTOCAPTURE, "system": SYSTEM}
# A look is no bounce that lasted so long, or did something, or saw a second page.
ENGAGED_SECONDS = 10
# What a visit is cut by: its columns here; `page` and `event` are of its events.
OF_VISIT = (
    "source", "channel", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "entry",
    "exit", "country", "device", "browser", "site", "release",
)  # fmt: skip
OF_EVENT = {"page": "path", "event": "event"}
DIMENSIONS = (*OF_VISIT, *OF_EVENT)
NONE = "(none)"
_TAKEN = """e.visitor IS NOT NULL AND ($with_bots OR NOT coalesce(e.is_bot, false))
              AND ($environment = '' OR e.environment = $environment)"""


def read_period(period: Period) -> Period:
    """The events that visits of a period may have: they begin before it, and go on after it."""
    return Period(period.start - LONGEST, period.end + LONGEST)


def walked_period(period: Period) -> Period:
    """Those that tell where such visits begin, and what they hold."""
    return Period(period.start - BREAK, period.end + LONGEST)


def column_of(name: str) -> str:
    """The column of events that a dimension is read from."""
    if name in ("entry", "exit", "page"):
        return "path"
    return "host" if name == "site" else name


def looked(dimensions: Collection[str], *, also: str = "true") -> str:
    """SQL of the events that visits are made of, by visitor and in order: `who`, `us`, `session`, `engaged_ms`, whether
    it `is_view` and `has_acted`, and of each column that the dimensions are read from a number, 0 for nothing. Of what
    happened in one moment, views come first. `also` is a condition on `events e`, of whole visitors."""
    columns = sorted({column_of(name) for name in dimensions})
    coded = "".join(f", CASE WHEN e.{name} IS NULL THEN 0 ELSE hash(e.{name}) END AS {name}" for name in columns)
    return f"""
        SELECT e.visitor AS who, epoch_us(e."at") AS us, coalesce(e.session, 0) AS session,
               coalesce(e.engaged_ms, 0) AS engaged_ms, coalesce(e.event = $page_view, false) AS is_view,
               coalesce(e.is_interactive, true)
                   AND (NOT starts_with(e.event, $system) OR e.event = $autocapture) AS has_acted{coded}
        FROM events e WHERE {_TAKEN} AND {also} ORDER BY 1, 2, 5 DESC, 3
    """


def numbered(columns: str) -> str:
    """The tables up to `looked`: these columns of events, with the number of their visit among those of their visitor.
    `$with_bots` and `$environment` are bound."""
    return f"""taken AS (
            SELECT {columns} FROM events e
            WHERE {_TAKEN}
        ), paced AS (
            SELECT t.*, lag(t."at") OVER w AS before, lag(t.session) OVER w AS session_before
            FROM taken t WINDOW w AS (PARTITION BY t.visitor ORDER BY t."at", t.event_id)
        ), looked AS (
            SELECT p.*, sum(CASE WHEN p.before IS NULL OR p."at" - p.before >= INTERVAL 30 MINUTE
                                   OR p.session IS DISTINCT FROM p.session_before THEN 1 ELSE 0 END)
                       OVER (PARTITION BY p.visitor ORDER BY p."at", p.event_id ROWS UNBOUNDED PRECEDING) AS visit
            FROM paced p
        )"""
