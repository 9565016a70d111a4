"""The server's side of the truth: what is stored, and whether every count equals the rows it counts."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg

from chaos.ledger import Ledger

ROOT = Path(__file__).resolve().parent.parent
# Where a segment lies, by its path; None where it is missing.
Locate = Callable[[str], Path | None]


@dataclass(frozen=True)
class Verdict:
    """All zero, or the promise is broken."""

    lost: int
    duplicates: int
    unknown: int
    accounting_difference: int
    count_differences: int
    missing_files: int

    @property
    def is_kept(self) -> bool:
        return not any(vars(self).values())


def settle(hosts: Sequence[Mapping[str, str]], *, seconds: float) -> dict[str, object]:
    """Wait until the inbox and the spools of all hosts are empty; the last ledger report.

    A host is told by what its environment has besides ours.
    """
    deadline = time.monotonic() + seconds
    while True:
        reports = [accounting(host) for host in hosts]
        if all(report and not report["in_inbox"] and not report["in_spool"] for report in reports):
            return reports[-1]
        if time.monotonic() > deadline:
            sys.exit(f"The backlog did not empty in {seconds:g} s: {reports}")
        time.sleep(0.5)


def accounting(host: Mapping[str, str]) -> dict[str, object]:
    """`manage.py check_accounting --json` on a host, or nothing while PostgreSQL is away."""
    command = [sys.executable, "manage.py", "check_accounting", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | host, capture_output=True, text=True)
    line = done.stdout.strip().splitlines()
    return json.loads(line[-1]) if line else {}


def in_folder(segments: Path) -> Locate:
    return lambda path: segments / path if (segments / path).exists() else None


def judge(ledger: Ledger, database: str, locate: Locate, report: Mapping[str, object]) -> Verdict:
    with psycopg.connect(database) as connection:
        listed = [path for (path,) in connection.execute("SELECT path FROM events_segment WHERE fact = 'errors'")]
        present = [str(found) for found in map(locate, listed) if found]
        sql = "SELECT event_id, group_hash FROM read_parquet($1)"
        stored = duckdb.sql(sql, params=[present]).fetchall() if present else []
        ids = [event_id for event_id, _ in stored]
        sent = ledger.acknowledged | ledger.refused | ledger.unanswered
        return Verdict(
            lost=len(ledger.acknowledged - set(ids)),
            duplicates=len(ids) - len(set(ids)),
            unknown=len(set(ids) - sent),
            accounting_difference=abs(int(str(report["difference"]))) + abs(_stored_errors(connection) - len(ids)),
            count_differences=sum(_differences(connection, stored)),
            missing_files=len(listed) - len(present),
        )


def _stored_errors(connection: psycopg.Connection) -> int:
    """What the ledger says is stored of errors; the server's own readings are stored beside them."""
    sql = "SELECT coalesce(sum(quantity), 0) FROM ingest_outcome WHERE outcome = 'stored' AND category = 'error'"
    return int(connection.execute(sql).fetchone()[0])  # type: ignore[index]


def _differences(connection: psycopg.Connection, stored: list[tuple[str, str]]) -> list[int]:
    """How far each counter is from the rows it counts."""
    per_group: dict[str, int] = {}
    for _, group in stored:
        per_group[group] = per_group.get(group, 0) + 1
    groups = {
        hash_.hex: count
        for hash_, count in connection.execute("SELECT hash, event_count FROM events_issuegroup").fetchall()
    }
    one = [
        "SELECT coalesce(sum(abs(i.event_count - g.total)), 0) FROM events_issue i"
        " JOIN (SELECT issue_id, sum(event_count) AS total FROM events_issuegroup GROUP BY 1) g ON g.issue_id = i.id",
        "SELECT coalesce(sum(abs(g.event_count - h.total)), 0) FROM events_issuegroup g"
        " JOIN (SELECT group_id, sum(count) AS total FROM events_grouphour GROUP BY 1) h ON h.group_id = g.id",
        "SELECT coalesce(sum(abs(g.user_count - u.total)), 0) FROM events_issuegroup g"
        " JOIN (SELECT group_id, count(*) AS total FROM events_groupuser GROUP BY 1) u ON u.group_id = g.id",
        "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) - 1 AS n FROM events_transition"
        " WHERE kind = 'new_issue' GROUP BY issue_id) t",
        "SELECT count(*) FROM events_deadletter",
    ]
    sums = [int(connection.execute(sql).fetchone()[0]) for sql in one]  # type: ignore[index]
    return [sum(abs(groups.get(name, 0) - count) for name, count in per_group.items()), *sums]
