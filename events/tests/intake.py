"""From the bytes that a sender posts to the facts that questions read, as the server does it."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
from django.test import Client
from django.utils import timezone

from events.digest import loop
from events.facts import files
from events.ingest import accounting
from events.models import IngestKey, Segment


def post(key: IngestKey, path: str, body: bytes, *, content_type: str = "text/plain", **headers: str) -> Any:
    """The answer to `body`; the key goes along in the query."""
    mark = "&" if "?" in path else "?"
    url = f"/api/{key.project_id}/{path}{mark}sentry_key={key.public_key}"
    return Client().generic("POST", url, body, content_type=content_type, headers=headers)


def digested(project: Any) -> accounting.Report:
    """The ledger after everything was digested; nothing failed and nothing is unaccounted for."""
    accounting.refusals.flush(now=timezone.now())
    assert loop.run(now=timezone.now()).failed == 0
    report = accounting.report(project_id=project.pk)
    assert report.difference == 0
    assert report.in_inbox == 0
    return report


def facts(project: Any, fact: str) -> list[dict[str, Any]]:
    """The stored rows of a fact, in the order of their moments."""
    rows: list[dict[str, Any]] = []
    for segment in Segment.objects.filter(project=project, fact=fact):
        rows += pq.read_table(files.root().url(segment.path), partitioning=None).to_pylist()
    for row in rows:
        for name in ("attributes", "attribution", "tags"):
            if isinstance(row.get(name), list):
                row[name] = dict(row[name])
    return sorted(rows, key=lambda row: row["at"])
