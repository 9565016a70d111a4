"""Which product events came before, in this batch or another: SDKs that heard no answer send what they hold anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from events.digest.batch import Item
from events.digest.steps.reading import items, mapping
from events.ingest.inbox import week_of

KIND = "product_uuid"  # apart from the requests that bring them, which are of kind product_event

Key = tuple[int, str]

_FRESH = """
WITH sent AS (SELECT DISTINCT p, i FROM unnest(%s::bigint[], %s::uuid[]) AS sent(p, i)),
     new AS (SELECT p, i FROM sent WHERE NOT EXISTS (
         SELECT FROM ingest_seen WHERE project_id = p AND kind = %s AND item_id = i AND day >= %s AND day < %s))
INSERT INTO ingest_seen (day, project_id, kind, item_id) SELECT %s, p, %s, i FROM new ORDER BY p, i
ON CONFLICT DO NOTHING RETURNING project_id, item_id
"""


def remember(batches: Iterable[Item], *, now: datetime) -> set[Key]:
    """(project, event id) of those that came first now; all are remembered, in the caller's transaction."""
    sent = sorted(
        {
            (item.project_id, str(event.get("event_id")))
            for item in batches
            for event in items(mapping(item.payload).get("items"))
        }
    )
    if not sent:
        return set()
    week = week_of(now)
    oldest = week - timedelta(days=settings.OBS_SEEN_DAYS)
    projects, ids = [project for project, _ in sent], [UUID(own) for _, own in sent]
    with connection.cursor() as cursor:
        cursor.execute(_FRESH, [projects, ids, KIND, oldest, week, week, KIND])
        return {(project, own.hex) for project, own in cursor.fetchall()}
