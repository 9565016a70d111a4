"""Tables emptied between tests in milliseconds: Django's flush truncates all of them, which takes half a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction
from django.test import TransactionTestCase
from psycopg.errors import DeadlockDetected

# What migrating makes and no test changes.
KEPT = ["auth_permission", "django_content_type", "django_migrations"]
# A table that was never written since it was made has no page; of a write that was taken back one stays.
_WRITTEN = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND pg_relation_size(oid) > 0
  AND relname <> ALL(%s)
"""


_TRIES = 5


def empty(alias: str = "default") -> None:
    """Delete all rows but `KEPT`. Waits, as TRUNCATE does, for what others are still reading and writing.

    A request that a closed browser left behind may hold one table and ask for the next: that is a deadlock, which the
    database ends here or there. Where it is here, the request goes on and ends, and the tables are asked for anew.
    """
    for left in reversed(range(_TRIES)):
        try:
            _empty(alias)
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, DeadlockDetected):
                raise
        else:
            return


def _empty(alias: str) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(_WRITTEN, [KEPT])
        tables = [table for (table,) in cursor.fetchall()]
        if not tables:
            return
        # Neither foreign keys nor the triggers of what may only grow have a say here.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"LOCK TABLE {', '.join(tables)}")
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in tables))


@contextmanager
def instead_of_flushing() -> Iterator[None]:
    """Have transactional tests end with `empty`."""

    def tear_down(test: Any) -> None:
        for alias in test._databases_names(include_mirrors=False):
            empty(alias)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", tear_down)
        yield
