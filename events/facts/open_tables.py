"""Apache Iceberg tables over the segments, for engines that are not ours: metadata beside the files, no file copied.

A table is brought up to what the rows of segments say: what compaction replaced, retention cut and erasure wrote anew
leaves it in the same commit that lists what came. Snapshots go once the files that only they list may be gone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from operator import add
from typing import TYPE_CHECKING, Any

from django.db import transaction

from events.facts import claims, iceberg
from events.facts.compaction import GRACE
from events.facts.schema import FACTS, Fact
from events.models import OpenTable, Segment
from events.runtime.lazy import lazy
from events.runtime.progress import Watch, unwatched

if TYPE_CHECKING:
    from pyarrow import fs
    from pyiceberg import exceptions
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.io import pyarrow as arrow_io
    from pyiceberg.manifest import DataFile
    from pyiceberg.table import Table
else:
    exceptions = lazy("pyiceberg.exceptions")
    arrow_io = lazy("pyiceberg.io.pyarrow")
    fs = lazy("pyarrow.fs")

log = logging.getLogger(__name__)

# Each run that finds something new adds a list of files; so many, and they are written anew as one.
MOST_LISTS = 100


@dataclass(frozen=True, slots=True)
class Published:
    """What one run did: tables there are and those begun, files that came into them and left, what they list now."""

    tables: int = 0
    created: int = 0
    added: int = 0
    removed: int = 0
    files: int = 0
    rows: int = 0
    failures: int = 0

    def __add__(self, other: Published) -> Published:
        return Published(*map(add, astuple(self), astuple(other)))


def publish(*, now: datetime, forgets: bool = False, watch: Watch = unwatched) -> Published:
    """Bring the table of every fact up to date. With `forgets` no snapshot but the newest stays, whatever its age."""
    whole = Published()
    with iceberg.catalogue() as catalogue:
        for fact in watch(FACTS.values()):
            try:
                # One publisher a table; who comes second waits, since an erasure may not be skipped.
                with claims.alone(f"open table {fact.name}", waits=True):
                    done = _publish(catalogue, fact, now=now, forgets=forgets)
            except (OSError, ValueError, exceptions.CommitFailedException, exceptions.ValidationException):
                log.exception("could not publish the table of %s", fact.name)
                done = Published(failures=1)
            whole = whole + done
    return whole


def forget(*, now: datetime) -> None:
    """Once the transaction is through, leave no way to what was erased; where nothing is published, nothing."""
    if OpenTable.objects.exists():
        transaction.on_commit(lambda: _forget(now))


def withdraw() -> int:
    """Take the tables off the catalogue and their metadata away; segments stay. How many tables."""
    with iceberg.catalogue() as catalogue:
        found = catalogue.list_tables(iceberg.NAMESPACE)
        for identifier in found:
            name = identifier[-1]
            with claims.alone(f"open table {name}", waits=True):
                catalogue.drop_table(identifier)
                filesystem, folder = _metadata(catalogue, name)
                if filesystem.get_file_info(folder).type == fs.FileType.Directory:
                    filesystem.delete_dir(folder)
    return len(found)


def _forget(now: datetime) -> None:
    """What was erased is erased, even if no table can be reached now: the next run on the clock tries again."""
    try:
        publish(now=now, forgets=True)
    except Exception:
        log.exception("open tables could not be published after an erasure")


def _publish(catalogue: SqlCatalog, fact: Fact, *, now: datetime, forgets: bool) -> Published:
    wanted = {iceberg.url_of(segment): segment for segment in Segment.objects.filter(fact=fact.name)}
    table, known = _opened(catalogue, fact)
    is_new = table is None
    if table is None:
        if not wanted:
            return Published()
        table = _created(catalogue, fact)
    _evolve(table, fact)
    fresh = [iceberg.data_file(table, segment) for url, segment in wanted.items() if url not in known]
    stale = [file for url, file in known.items() if url not in wanted]
    again = [file for url, file in known.items() if url in wanted] if _is_scattered(table) else []
    if fresh or stale or again:
        _commit(table, fresh=fresh, stale=stale, again=again)
    _expire(table, before=None if forgets else now - GRACE)
    _sweep(catalogue, table, before=now - GRACE)
    rows = sum(segment.rows for segment in wanted.values())
    return Published(1, int(is_new), len(fresh), len(stale), len(wanted), rows)


def _commit(table: Table, *, fresh: Iterable[DataFile], stale: list[DataFile], again: list[DataFile]) -> None:
    """List the fresh and not the stale, at once; those named again leave and come, so that one list holds them all."""
    with table.transaction() as change:
        if stale or again:
            with change.update_snapshot().overwrite() as snapshot:
                for file in (*stale, *again):
                    snapshot.delete_data_file(file)
                for file in (*fresh, *again):
                    snapshot.append_data_file(file)
        if again or not stale:  # which takes on no list of nothing but what left, while the above takes on each
            with change.update_snapshot().fast_append() as more:
                for file in () if again else fresh:
                    more.append_data_file(file)


def _opened(catalogue: SqlCatalog, fact: Fact) -> tuple[Table | None, dict[str, DataFile]]:
    """The table and its files by name. One whose metadata is gone, or lies elsewhere, is begun again: after a backup
    was restored, or segments moved into a bucket."""
    identifier = (iceberg.NAMESPACE, fact.name)
    try:
        table = catalogue.load_table(identifier)
        if table.location() == iceberg.location(fact.name):
            return table, _files(table)
    except exceptions.NoSuchTableError:
        return None, {}
    except (OSError, ValueError, exceptions.ValidationError):
        log.warning("the metadata of the table of %s cannot be read and is written anew", fact.name)
    catalogue.drop_table(identifier)
    return None, {}


def _files(table: Table) -> dict[str, DataFile]:
    snapshot = table.current_snapshot()
    if snapshot is None:
        return {}
    entries = (entry for one in snapshot.manifests(table.io) for entry in one.fetch_manifest_entry(table.io))
    return {entry.data_file.file_path: entry.data_file for entry in entries}


def _created(catalogue: SqlCatalog, fact: Fact) -> Table:
    columns = iceberg.schema_of(fact)
    return catalogue.create_table(
        (iceberg.NAMESPACE, fact.name), columns, location=iceberg.location(fact.name),
        partition_spec=iceberg.partitions_of(columns), properties=iceberg.PROPERTIES,
    )  # fmt: skip


def _evolve(table: Table, fact: Fact) -> None:
    """Columns that came with a newer version, and by what names files without numbers hold the columns."""
    wanted = iceberg.schema_of(fact)
    if {column.name for column in wanted.fields} - {column.name for column in table.schema().fields}:
        with table.update_schema() as update:
            update.union_by_name(wanted)
    names = table.schema().name_mapping.model_dump_json()
    if table.properties.get(iceberg.NAME_MAPPING) != names:
        with table.transaction() as change:
            change.set_properties({iceberg.NAME_MAPPING: names})


def _is_scattered(table: Table) -> bool:
    snapshot = table.current_snapshot()
    return snapshot is not None and len(snapshot.manifests(table.io)) > MOST_LISTS


def _expire(table: Table, *, before: datetime | None) -> None:
    """Offer no snapshot from before a moment, or none at all, but the newest."""
    current = table.current_snapshot()
    past = [
        one.snapshot_id
        for one in table.snapshots()
        if (before is None or one.timestamp_ms < before.timestamp() * 1000)
        and (current is None or one.snapshot_id != current.snapshot_id)
    ]
    if past:
        table.maintenance.expire_snapshots().by_ids(past).commit()


def _sweep(catalogue: SqlCatalog, table: Table, *, before: datetime) -> None:
    """Remove the metadata that neither the table nor one of its last versions names, once nobody reads it."""
    named = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    for snapshot in table.snapshots():
        named |= {snapshot.manifest_list, *(one.manifest_path for one in snapshot.manifests(table.io))}
    kept = {path.rpartition("/")[2] for path in named}
    filesystem, folder = _metadata(catalogue, table.name()[-1])
    for found in filesystem.get_file_info(fs.FileSelector(folder, allow_not_found=True)):
        if found.is_file and found.base_name not in kept and found.mtime.astimezone(UTC) < before:
            filesystem.delete_file(found.path)


def _metadata(catalogue: SqlCatalog, fact: str) -> tuple[fs.FileSystem, str]:
    """Where the metadata of a table lies, for what Iceberg has no word for: looking into a folder."""
    place = f"{iceberg.location(fact)}/metadata"
    scheme, host, path = arrow_io.PyArrowFileIO.parse_location(place)
    store: Any = catalogue._load_file_io(location=place)
    return store.fs_by_scheme(scheme, host), path
