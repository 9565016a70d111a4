"""How much is kept: the latest looks of each probe, and the stretches of a year."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from alerts.models import ProbeLook, ProbeSpan

LOOKS_KEPT, SPANS_KEPT = timedelta(days=30), timedelta(days=395)
MOST_LOOKS = 3000  # of one probe: two days at one a minute; facts and rollups know more
# The oldest look that stays, by the index of each probe's looks.
_BOUND = """
DELETE FROM alerts_probelook AS look USING (
    SELECT probe.id, (SELECT at FROM alerts_probelook WHERE probe_id = probe.id
                      ORDER BY at DESC, id DESC OFFSET %s LIMIT 1) AS at FROM alerts_probe AS probe
) AS oldest WHERE look.probe_id = oldest.id AND look.at <= oldest.at AND look.is_counted
"""


def forget(*, now: datetime) -> int:
    """Deletes what is too old or too much; how many looks."""
    ProbeSpan.objects.filter(end__lt=now - SPANS_KEPT).delete()
    count, _ = ProbeLook.objects.filter(at__lt=now - LOOKS_KEPT).delete()
    with connection.cursor() as cursor:
        cursor.execute(_BOUND, [MOST_LOOKS])
        return count + cursor.rowcount
