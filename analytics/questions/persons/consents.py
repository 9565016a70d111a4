"""How many agree and how many took it back: now, by version of the text, and by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, Q
from django.db.models.functions import TruncDate

from events.models import Project

DAYS, MOST_VERSIONS = 30, 20
_NOW = """
SELECT state, count(*) FROM (
    SELECT DISTINCT ON (visitor) state FROM events_consentrecord
    WHERE project_id = %s AND visitor IS NOT NULL ORDER BY visitor, number DESC
) AS said GROUP BY state
"""


@dataclass(frozen=True, slots=True)
class Line:
    """Statements of one version or day."""

    name: str
    given: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Consents:
    """`agree` and `took_back` count ids that are known; lines count statements, the newest first."""

    agree: int
    took_back: int
    versions: tuple[Line, ...]
    days: tuple[Line, ...]


def ask(project: Project, *, now: datetime) -> Consents:
    with connection.cursor() as cursor:
        cursor.execute(_NOW, [project.pk])
        said = dict(cursor.fetchall())
    given, withdrawn = (Count("pk", filter=Q(state=state)) for state in ("given", "withdrawn"))
    rows = project.consents.order_by()
    versions = (
        rows.values("version")
        .annotate(given=given, withdrawn=withdrawn, last=Max("number"))
        .order_by("-last")[:MOST_VERSIONS]
    )
    start: date = (now - timedelta(days=DAYS - 1)).date()
    recent = rows.filter(recorded_at__date__gte=start).annotate(day=TruncDate("recorded_at"))
    days = recent.values("day").annotate(given=given, withdrawn=withdrawn).order_by("-day")
    return Consents(
        agree=said.get("given", 0),
        took_back=said.get("withdrawn", 0),
        versions=tuple(Line(one["version"], one["given"], one["withdrawn"]) for one in versions),
        days=tuple(Line(one["day"].isoformat(), one["given"], one["withdrawn"]) for one in days),
    )
