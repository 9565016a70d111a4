"""A file loses the rows of some people, and all else of it stays as it was, in its order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from events.facts import erasing, files, segments
from events.models import FactChange, Project, Segment
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db


def rows_of(segment: Segment) -> list[dict[str, Any]]:
    with files.root().open(segment.path) as stream:
        found: list[dict[str, Any]] = pq.ParquetFile(stream).read().to_pylist()
        return found


def test_others_stay_as_they_lie(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "ROW_GROUP", 7)
    sent = [
        {"at": NOW - timedelta(seconds=n * 7919 % 97), "event_id": f"{n:032x}", "visitor": [1, None, 2, -3][n % 4],
         "event": f"e{n}", "properties": {"n": str(n)} if n % 3 else {}}
        for n in range(40)
    ]  # fmt: skip
    [before] = segments.write({(project.pk, "events"): sent}, now=NOW)
    wanted = [row for row in rows_of(before) if row["visitor"] not in (1, -3, 99)]
    FactChange.objects.all().delete()
    gone = erasing.erase(project.pk, "events", [1, -3, 99], now=NOW)
    assert gone == {1: 10, -3: 10}
    [after] = Segment.objects.filter(project=project)
    assert rows_of(after) == wanted
    assert (after.rows, after.level) == (20, before.level)
    assert FactChange.objects.filter(project=project, fact="events").exists()
    assert erasing.erase(project.pk, "events", [1, -3, 99], now=NOW) == {}


def test_a_file_of_theirs_alone_goes(project: Project) -> None:
    segments.write({(project.pk, "errors"): [{"at": NOW, "user_key": 5, "event_id": "a" * 32}]}, now=NOW)
    assert erasing.erase(project.pk, "errors", [5], now=NOW) == {5: 1}
    assert not Segment.objects.filter(project=project).exists()
