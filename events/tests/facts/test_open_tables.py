"""Other engines read the segments as Apache Iceberg tables, and get the product's numbers."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_avro
import duckdb_extension_iceberg
import pytest
from django.core.management import call_command
from django.utils import timezone
from pyiceberg.table import Table

from analytics import engine
from events import tasks
from events.accounts import project_erasing
from events.facts import compaction, erasing, files, iceberg, open_tables
from events.facts.compaction import GRACE
from events.facts.schema import FACTS, SQL, Fact, columns
from events.models import AuditEntry, OpenTable, Project, Segment
from events.tests import rows
from events.tests.cast import NOW
from events.tests.facts.test_object_store import CREDENTIALS, bucket, store

pytestmark = pytest.mark.django_db
__all__ = ["bucket", "store"]
CHDB = "import sys; from chdb.session import Session; print(Session().query(sys.argv[1], 'CSV'), end='')"
# One value of each kind of column, for a row of any fact.
VALUES: dict[str, Any] = {
    "text": "a", "int": -7, "float": 0.5, "bool": True, "time": NOW, "tags": {"browser.name": "Fire'fox", "n": "1"},
    "ints": [1, 2, 3], "floats": [0.1, 0.2],
}  # fmt: skip


@pytest.fixture(autouse=True)
def empty_catalogue() -> Iterator[None]:
    """The catalogue has a connection of its own, so what is written there stays beyond a test."""
    yield
    open_tables.withdraw()


def publish(**options: Any) -> open_tables.Published:
    return open_tables.publish(now=timezone.now(), **options)


def opened(look: Callable[[Table], Any], fact: str = "errors") -> Any:
    with iceberg.catalogue() as catalogue:
        return look(catalogue.load_table((iceberg.NAMESPACE, fact)))


def counted(fact: str = "errors", **scan: Any) -> int:
    return opened(lambda table: table.scan(**scan).to_arrow().num_rows, fact)


def count(project: Any, fact: str = "errors") -> int:
    with engine.read(project.pk, {fact: (None, None)}) as facts:
        return int(facts.ask(f"SELECT count(*) AS n FROM {fact}")[0]["n"])


def in_duckdb(sql: str) -> list[tuple[Any, ...]]:
    """What DuckDB says with its own extension for Iceberg, on a connection that has nothing of ours."""
    database = duckdb.connect()
    for package in (duckdb_extension_avro, duckdb_extension_iceberg):
        database.load_extension(str(next(Path(package.__file__).parent.rglob("*.duckdb_extension"))))
    database.execute("SET TimeZone = 'UTC'")
    metadata = opened(lambda table: table.metadata_location)
    return database.execute(sql.format(table=f"iceberg_scan('{metadata}')")).fetchall()


def in_clickhouse(sql: str, table: str) -> str:
    """What ClickHouse says, in a process of its own, which may read the folder it starts in."""
    command = [sys.executable, "-c", CHDB, sql.format(table=table)]
    folder = files.root().url("") if "://" not in files.root().url("") else None
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_three_engines_get_the_products_numbers(project: Project, settings: Any) -> None:
    other = Project.objects.create(name="Other", slug="other")
    yesterday = NOW - timedelta(days=1)
    rows.spread(project, 80, files=8)
    rows.spread(project, 20, files=2, day=yesterday.date())
    rows.store(other, rows.error(500, user_key=5, tags={"a": "b"}), rows.error(501, user_key=6))
    assert compaction.compact(now=NOW).merges >= 1
    done = publish()
    assert (done.tables, done.rows, done.files) == (1, 102, Segment.objects.count())
    assert [count(one) for one in (project, other)] == [100, 2]
    assert counted(row_filter=f"project == {project.pk}") == 100
    assert counted(row_filter=f"at >= '{NOW.date()}T00:00:00+00:00'") == 82
    assert counted(row_filter="project == 0") == 0
    sql = "SELECT project, count(*), sum(user_key) FROM {table} GROUP BY project ORDER BY project"
    assert in_duckdb(sql) == [(project.pk, 100, None), (other.pk, 2, 11)]
    local = f"icebergLocal('{files.root().url('errors')}')"
    assert in_clickhouse(sql, local) == f"{project.pk},100,\\N\n{other.pk},2,11"
    where = f"at >= toDateTime('2026-01-01') AND project = {other.pk}"
    asked = "SELECT count(), max(tags['a']) FROM {table} WHERE " + where
    assert in_clickhouse(asked, local) == '2,"b"'


def test_a_bucket_is_read_by_all_three_as_well(project: Project, bucket: None, settings: Any) -> None:
    rows.spread(project, 30, files=3)
    assert publish().rows == 30 == counted()
    place = f"{settings.OBS_S3_ENDPOINT}/{files.root().url('errors').removeprefix('s3://')}/"
    keys = f"'{CREDENTIALS['AWS_ACCESS_KEY_ID']}', '{CREDENTIALS['AWS_SECRET_ACCESS_KEY']}'"
    assert in_clickhouse("SELECT count(), uniqExact(event_id) FROM {table}", f"icebergS3('{place}', {keys})") == "30,30"
    paths = [task.file.file_path for task in opened(lambda table: list(table.scan().plan_files()))]
    assert set(paths) == {files.root().url(segment.path) for segment in Segment.objects.all()}


def test_each_column_of_each_fact_is_read_back(project: Project) -> None:
    whole = {name: {one.name: VALUES[one.kind] for one in fact.columns} for name, fact in FACTS.items()}
    for name, row in whole.items():
        rows.store(project, row, fact=name)
    assert publish().tables == len(FACTS)
    for name, row in whole.items():
        [found] = opened(lambda table: table.scan().to_arrow().to_pylist(), name)
        pairs = {one.name for one in FACTS[name].columns if one.kind == "tags"}
        told = {key: dict(value) if key in pairs else value for key, value in found.items()}
        assert told == {"project": project.pk, **row}, name
    assert set(SQL) == set(VALUES)


def test_what_is_merged_cut_or_erased_leaves_and_nothing_is_copied(project: Project) -> None:
    old = NOW - timedelta(days=500)
    rows.spread(project, 8, files=8)
    rows.store(project, rows.error(9, at=old, user_key=9), now=old)
    rows.store(project, rows.error(10, user_key=77), rows.error(11, user_key=78))
    publish()
    assert compaction.compact(now=NOW).merges == 1
    compaction.retain(now=NOW)
    assert erasing.erase(project.pk, "errors", [77], now=NOW) == {77: 1}
    done = publish()
    assert (done.rows, counted(), count(project)) == (9, 9, 9)
    listed = opened(lambda table: {one["file_path"] for one in table.inspect.files().to_pylist()})
    assert listed == {iceberg.url_of(segment) for segment in Segment.objects.all()}
    assert {path.removeprefix("file://") for path in listed} <= {str(path) for path in _parquet()}


def _parquet() -> Iterator[Path]:
    return Path(files.root().url("")).rglob("*.parquet")


def test_nothing_new_is_no_snapshot_and_old_ones_go_with_their_files(project: Project) -> None:
    for n in range(3):
        rows.store(project, rows.error(n))
        publish()
    assert (publish().added, len(opened(Table.snapshots))) == (0, 3)
    later = timezone.now() + 2 * GRACE
    open_tables.publish(now=later)
    [current] = opened(Table.snapshots)
    names = {path.name for path in (Path(files.root().url("errors")) / "metadata").iterdir()}
    reached = {one.manifest_path for one in opened(lambda table: current.manifests(table.io))} | {current.manifest_list}
    assert {name for name in names if name.endswith(".avro")} == {path.rpartition("/")[2] for path in reached}
    assert counted() == 3


def test_an_erasure_leaves_one_snapshot_and_the_metadata_tells_of_nobody(
    project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as waiting:
        open_tables.forget(now=NOW)
    assert waiting == [], "where nothing is published nothing is loaded"
    rows.store(project, rows.error(1, user_key=77, url="https://example.org/ada"), rows.error(2, user_key=78))
    publish()
    erasing.erase(project.pk, "errors", [77], now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        open_tables.forget(now=NOW)
    [only] = opened(Table.snapshots)
    assert [row["user_key"] for row in opened(lambda table: table.scan().to_arrow().to_pylist())] == [78]
    at = opened(lambda table: table.schema().find_field("at").field_id)
    lists = opened(lambda table: [one.fetch_manifest_entry(table.io, False) for one in only.manifests(table.io)])
    told = [entry.data_file for entries in lists for entry in entries]
    assert [(set(one.lower_bounds), set(one.upper_bounds)) for one in told] == [({at}, {at})] * 2


def test_of_a_project_that_is_erased_no_file_stays_listed(
    project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    rows.store(project, rows.error(1))
    publish()
    with django_capture_on_commit_callbacks(execute=True):
        project_erasing.erase(project, now=NOW)
    assert (counted(), len(opened(Table.snapshots))) == (0, 1)


def test_an_erasure_is_one_though_no_table_can_be_reached(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: Any, django_capture_on_commit_callbacks: Any
) -> None:
    rows.store(project, rows.error(1))
    publish()
    monkeypatch.setattr(iceberg, "location", lambda fact: "s3://")
    with django_capture_on_commit_callbacks(execute=True):
        open_tables.forget(now=NOW)
    assert "could not" in caplog.text


@pytest.mark.parametrize("loss", ["gone", "damaged", "moved"])
def test_a_table_whose_metadata_is_lost_is_begun_again(
    project: Project, settings: Any, tmp_path: Path, loss: str
) -> None:
    rows.store(project, rows.error(1), rows.error(2))
    publish()
    metadata = Path(opened(lambda table: table.metadata_location).removeprefix("file://"))
    match loss:
        case "gone":
            metadata.unlink()
        case "damaged":
            metadata.write_text("{")
        case "moved":
            Path(settings.OBS_SEGMENT_ROOT).rename(tmp_path / "elsewhere")
            settings.OBS_SEGMENT_ROOT = str(tmp_path / "elsewhere")
    assert publish().added == 1
    assert counted() == 2


def test_a_column_of_a_later_version_is_added_and_is_null_before(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = Fact("probes", columns(text="probe"), ("probe", "at"), 90)
    late = Fact("probes", columns(text="mood probe", int="http_status"), ("probe", "at"), 90)
    monkeypatch.setitem(FACTS, "probes", early)
    rows.store(project, {"at": NOW, "probe": "a"}, fact="probes")
    publish()
    monkeypatch.setitem(FACTS, "probes", late)
    rows.store(project, {"at": NOW, "probe": "b", "mood": "fine", "http_status": 200}, fact="probes")
    publish()
    found = opened(lambda table: table.scan().to_arrow().sort_by("probe").to_pylist(), "probes")
    assert [(row["probe"], row["mood"], row["http_status"]) for row in found] == [("a", None, None), ("b", "fine", 200)]


def test_lists_of_files_do_not_pile_up(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_tables, "MOST_LISTS", 3)
    lists = []
    for n in range(12):
        rows.store(project, rows.error(n))
        if n % 2:
            compaction.merge(rows.place(Segment.objects.last()), Segment.objects.all(), now=NOW)
        publish()
        lists.append(opened(lambda table: len(table.current_snapshot().manifests(table.io))))
        assert counted() == n + 1
    assert max(lists) <= 4


def test_the_command_says_where_and_takes_away_again(project: Project, capsys: Any, settings: Any) -> None:
    rows.store(project, rows.error(1))
    settings.OBS_OPEN_TABLES = False
    tasks.publish_tables()
    assert not OpenTable.objects.exists(), "off until an operator says otherwise"
    call_command("publish_tables")
    told = capsys.readouterr().out
    assert opened(lambda table: table.metadata_location) in told
    assert "1 facts" in told
    metadata = Path(files.root().url("errors")) / "metadata"
    assert metadata.is_dir()
    call_command("publish_tables", "--withdraw")
    assert (OpenTable.objects.count(), metadata.exists(), count(project)) == (0, False, 1)
    settings.OBS_OPEN_TABLES = True
    tasks.publish_tables()
    assert counted() == 1
    kept = AuditEntry.objects.filter(action__startswith="open_tables.").order_by("pk")
    assert list(kept.values_list("action", "actor")) == [
        ("open_tables.publish", "command"), ("open_tables.withdraw", "command"), ("open_tables.publish", "system"),
    ]  # fmt: skip
    assert datetime.now(UTC) - kept[2].at < timedelta(minutes=5)
