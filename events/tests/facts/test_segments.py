from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import transaction

from events.facts import segments
from events.models import RetiredSegment, Segment
from events.tests import rows
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db


def on_disk(settings: Any) -> set[str]:
    base = Path(settings.OBS_SEGMENT_ROOT)
    return {file.relative_to(base).as_posix() for file in base.rglob("*.parquet")}


def test_a_segment_is_a_file_and_the_row_that_describes_it(project: Any, settings: Any) -> None:
    (segment,) = rows.store(project, rows.error(1), rows.error(2, at=NOW - timedelta(hours=1), tags={"a": "b"}))
    path = Path(settings.OBS_SEGMENT_ROOT) / segment.path
    read = pq.read_table(path, partitioning=None).to_pylist()
    assert segment.pk is not None
    assert (segment.rows, segment.bytes, segment.level) == (2, path.stat().st_size, 0)
    assert (segment.min_at, segment.max_at) == (NOW - timedelta(hours=1), NOW)
    assert segment.path.startswith(f"errors/project={project.pk}/day=2026-11-23/")
    assert [row["event_id"] for row in read] == [rows.hexed("event 1"), rows.hexed("event 2")]
    assert read[1]["tags"] == [("a", "b")]


def test_each_day_and_each_fact_has_its_own_file(project: Any) -> None:
    made = segments.write(
        {
            (project.pk, "errors"): [rows.error(1), rows.error(2, at=NOW - timedelta(days=1)), rows.error(3)],
            (project.pk, "sessions"): [rows.session(1)],
        },
        now=NOW,
    )
    assert sorted((s.fact, s.day, s.rows) for s in made) == [
        ("errors", date(2026, 11, 22), 1),
        ("errors", date(2026, 11, 23), 2),
        ("sessions", date(2026, 11, 23), 1),
    ]


@pytest.mark.parametrize("at", [None, "rubbish", NOW + timedelta(days=3)])
def test_a_fact_without_a_believable_moment_happened_now(project: Any, at: Any) -> None:
    (segment,) = rows.store(project, {"at": at})
    assert segment.min_at == NOW


def test_nothing_to_write_makes_nothing(project: Any) -> None:
    assert segments.write({(project.pk, "errors"): []}, now=NOW) == []


def test_a_rolled_back_transaction_leaves_a_file_and_no_row(project: Any, settings: Any) -> None:
    with transaction.atomic():
        rows.store(project, rows.error())
        transaction.set_rollback(True)
    assert Segment.objects.count() == 0
    assert len(on_disk(settings)) == 1


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (None, None, [20, 21, 23]),
        (datetime(2026, 11, 21, tzinfo=UTC), None, [21, 23]),
        (None, datetime(2026, 11, 21, 12, tzinfo=UTC), [20]),
        (None, datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC), [20, 21]),
        (datetime(2026, 11, 21, 12, 0, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), []),
    ],
)
def test_select_lists_the_segments_that_may_hold_the_period(project: Any, start: Any, end: Any, found: Any) -> None:
    rows.store(project, *(rows.error(d, at=datetime(2026, 11, d, 12, tzinfo=UTC)) for d in (20, 21, 23)))
    assert [s.day.day for s in segments.select(project.pk, "errors", start=start, end=end)] == found
    assert segments.select(project.pk, "logs") == []
    assert segments.select(project.pk + 1, "errors") == []


def test_a_retired_segment_is_off_the_list_and_on_the_disk(project: Any, settings: Any) -> None:
    made = rows.store(project, rows.error())
    assert segments.retire(made, now=NOW)
    assert segments.select(project.pk, "errors") == []
    assert RetiredSegment.objects.get().path in on_disk(settings)


def test_a_swap_with_one_segment_gone_changes_nothing(project: Any) -> None:
    first, second, new = (rows.store(project, rows.error(n))[0] for n in range(3))
    segments.retire([first], now=NOW)
    new.pk = None
    assert not segments.swap([first, second], [new], now=NOW)
    assert Segment.objects.filter(pk=second.pk).exists()
    assert RetiredSegment.objects.count() == 1


def test_moments_are_differences_and_only_what_repeats_has_a_dictionary(project: Any, settings: Any) -> None:
    row = {"at": NOW, "received_at": NOW, "event_id": "e" * 32, "event": "paid", "properties": {"plan": "team"}}
    (segment,) = segments.write({(project.pk, "events"): [row]}, now=NOW)
    group = pq.ParquetFile(Path(settings.OBS_SEGMENT_ROOT) / segment.path).metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    used = {column.path_in_schema: column.encodings for column in columns}
    moments = ("at", "received_at")
    assert all("DELTA_BINARY_PACKED" in used[name] and "RLE_DICTIONARY" not in used[name] for name in moments)
    assert "RLE_DICTIONARY" not in used["event_id"]
    assert all("RLE_DICTIONARY" in used[name] for name in ("event", "visitor", "properties.key_value.value"))
