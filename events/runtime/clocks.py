"""Which of two clocks to believe, where one that is wrong would remove something."""

from datetime import datetime

from django.db import connection


def earlier(now: datetime) -> datetime:
    """The earlier of this host's time and PostgreSQL's: a host that is ahead removes nothing too soon."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT least(%s::timestamptz, clock_timestamp())", [now])
        found: datetime = cursor.fetchone()[0]
        return found
