"""Who may move groups between issues, and when: nobody while errors of the project are being counted.

Counting shares a lock with other counting; merging, unmerging and deleting take it alone. Without it a group could
change its issue between being found and being counted, and row locks taken in two orders would end in deadlocks.
"""

from collections.abc import Iterable

from django.db import connection

_LOCK = "SELECT pg_advisory_xact_lock%s(hashtextextended('issues', %%s))"


def wait_for_counting(project_id: int) -> None:
    """From here to the commit the project's groups are moved by this transaction alone."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK % "", [project_id])


def hold_still(project_ids: Iterable[int]) -> None:
    """From here to the commit no group of these projects changes its issue."""
    with connection.cursor() as cursor:
        for project_id in sorted(set(project_ids)):
            cursor.execute(_LOCK % "_shared", [project_id])
