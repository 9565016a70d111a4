"""Two roles in PostgreSQL: the owner, who migrates, and the application's, which can only add to the audit trail.

What the application runs as may read and write every table, and make none. Of the audit trail it may read and insert:
UPDATE, DELETE, TRUNCATE, ALTER and DROP are refused by PostgreSQL itself; of the ledger of consent likewise, but that
it may forget whom a record is about. Tables that later migrations make, and the partitions that the owner's functions
make at run time, are covered by default privileges.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # the embedded servers are started without Django
    from django.db.backends.base.base import BaseDatabaseWrapper

# What it may do where it may not do everything. Of consent, whom a record is about can be forgotten, and no more.
LIMITED = {
    "events_auditentry": "SELECT, INSERT",
    "events_consentrecord": "SELECT, INSERT, UPDATE (visitor, nonce)",
    "django_migrations": "SELECT",
}
FUNCTIONS = (
    "ingest_seen_make(date)", "ingest_seen_drop(date)", "ingest_inbox_empty(smallint)",
    "ingest_seen_span_forget(timestamptz)",
)  # fmt: skip
_LOCK = 0x0B5_40135  # one at a time: two that grant on the same table disturb each other


class Cursor(Protocol):
    """What runs a statement and has its rows: a cursor of Django or of psycopg."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...

    def fetchone(self) -> Any: ...


def grant(cursor: Cursor, role: str, *, password: str = "") -> None:
    """Make `role` where it is missing and give it what the application needs; inside a transaction of the owner's.

    Raises django.db.Error or psycopg.Error where the owner may not make roles: then somebody who may does it before.
    """
    quoted = _quoted(role)
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if not cursor.fetchone():
        secret = f" PASSWORD {_literal(password)}" if password else ""
        cursor.execute(f"CREATE ROLE {quoted} LOGIN{secret}")
    for statement in _grants(quoted):
        cursor.execute(statement)
    for relation, privileges in LIMITED.items():
        cursor.execute("SELECT to_regclass(%s)", [relation])
        if cursor.fetchone()[0]:
            cursor.execute(f"REVOKE ALL ON {relation} FROM {quoted}")
            cursor.execute(f"GRANT {privileges} ON {relation} TO {quoted}")
    for function in FUNCTIONS:
        cursor.execute("SELECT to_regprocedure(%s)", [function])
        if cursor.fetchone()[0]:
            cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {quoted}")


@contextmanager
def as_owner(connection: "BaseDatabaseWrapper", owner: Mapping[str, Any]) -> Iterator[bool]:
    """Inside, `connection` is the owner's; False where the application's role is the owner, and nothing changes."""
    is_other = bool(owner) and owner["USER"] != connection.settings_dict["USER"]
    if not is_other:
        yield False
        return
    kept = {name: connection.settings_dict[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD", "OPTIONS")}
    connection.close()
    connection.settings_dict.update({name: owner[name] for name in kept})
    try:
        yield True
    finally:
        connection.close()
        connection.settings_dict.update(kept)


def _grants(role: str) -> list[str]:
    rows, numbers = "SELECT, INSERT, UPDATE, DELETE", "USAGE, SELECT"
    return [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT {rows} ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT {numbers} ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rows} ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {numbers} ON SEQUENCES TO {role}",
    ]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
