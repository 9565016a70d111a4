"""Apache Iceberg's words for what lies here: the catalogue, and a fact's schema, partitions and files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from events.facts import files
from events.facts.schema import Fact, Kind
from events.models import Segment
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import sqlalchemy
    from pyiceberg import conversions, manifest, partitioning, schema, transforms, typedef, types
    from pyiceberg.catalog import sql
    from pyiceberg.table import Table
else:
    sqlalchemy = lazy("sqlalchemy")
    conversions = lazy("pyiceberg.conversions")
    manifest = lazy("pyiceberg.manifest")
    partitioning = lazy("pyiceberg.partitioning")
    schema = lazy("pyiceberg.schema")
    transforms = lazy("pyiceberg.transforms")
    typedef = lazy("pyiceberg.typedef")
    types = lazy("pyiceberg.types")
    sql = lazy("pyiceberg.catalog.sql")

CATALOGUE = "formaos"
NAMESPACE = "facts"
# What no file says of itself: whose rows it holds. Readers take it from the partition that a file belongs to.
PROJECT = "project"
# So many versions of a table's metadata stay beside the newest, for readers who hold an older name.
VERSIONS = 20
_EPOCH = date(1970, 1, 1)
NAME_MAPPING = "schema.name-mapping.default"
PROPERTIES = {
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": str(VERSIONS),
}


@contextmanager
def catalogue() -> Iterator[sql.SqlCatalog]:
    """The SQL catalogue in the application's own database, over a connection of its own."""
    found = sql.SqlCatalog(
        CATALOGUE, uri=_database(), init_catalog_tables="false", **{"py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO"},
        **_store(),
    )  # fmt: skip
    try:
        found.create_namespace_if_not_exists(NAMESPACE)
        yield found
    finally:
        found.close()


def location(fact: str) -> str:
    """Where the table of a fact lies: over its segments, so that readers find all under one folder."""
    url = files.root().url(fact)
    return url if "://" in url else f"file://{url}"


def schema_of(fact: Fact) -> schema.Schema:
    """The columns of a fact, after the project; the numbers of columns are given by the table."""
    numbers = count(1)
    fields = [types.NestedField(next(numbers), PROJECT, types.LongType(), required=False)]
    for column in fact.columns:
        number = next(numbers)
        fields.append(types.NestedField(number, column.name, _type(column.kind, numbers), required=False))
    return schema.Schema(*fields)


def partitions_of(columns: schema.Schema) -> partitioning.PartitionSpec:
    """By project, and by the UTC day of `at`: as files are cut, so that none lies in two."""
    project, at = columns.find_field(PROJECT).field_id, columns.find_field("at").field_id
    return partitioning.PartitionSpec(
        partitioning.PartitionField(project, 1000, transforms.IdentityTransform(), PROJECT),
        partitioning.PartitionField(at, 1001, transforms.DayTransform(), "day"),
    )


def data_file(table: Table, segment: Segment) -> manifest.DataFile:
    """A segment as a table lists it, out of its row alone: the file is not read.

    Of its columns only the span of `at` is told, so that no value of a person stands in a table's metadata.
    """
    at = table.schema().find_field("at")
    first, last = (conversions.to_bytes(types.TimestamptzType(), moment) for moment in (segment.min_at, segment.max_at))
    day = (segment.day - _EPOCH).days
    return manifest.DataFile.from_args(
        content=manifest.DataFileContent.DATA,
        file_path=url_of(segment),
        file_format=manifest.FileFormat.PARQUET,
        partition=typedef.Record(segment.project_id, day),
        record_count=segment.rows,
        file_size_in_bytes=segment.bytes,
        column_sizes={}, value_counts={}, null_value_counts={}, nan_value_counts={},
        lower_bounds={at.field_id: first}, upper_bounds={at.field_id: last},
        key_metadata=None, split_offsets=None, equality_ids=None, sort_order_id=None,
        spec_id=table.spec().spec_id,
    )  # fmt: skip


def url_of(segment: Segment) -> str:
    """The name of a segment's file as tables spell it."""
    return f"{location(segment.fact)}/{segment.path.partition('/')[2]}"


def _type(kind: Kind, numbers: Iterator[int]) -> Any:
    simple = {
        "text": types.StringType, "int": types.LongType, "float": types.DoubleType, "bool": types.BooleanType,
        "time": types.TimestamptzType,
    }  # fmt: skip
    if kind == "tags":
        return types.MapType(
            key_id=next(numbers), key_type=types.StringType(),
            value_id=next(numbers), value_type=types.StringType(), value_required=False,
        )  # fmt: skip
    if kind in ("ints", "floats"):
        element = types.LongType() if kind == "ints" else types.DoubleType()
        return types.ListType(element_id=next(numbers), element_type=element, element_required=False)
    return simple[kind]()


def _database() -> str:
    """The application's database in SQLAlchemy's words; a socket's folder cannot stand where a host does."""
    known = connection.get_connection_params()
    host, port = str(known.get("host") or ""), known.get("port")
    is_folder = host.startswith("/")
    url = sqlalchemy.URL.create(
        "postgresql+psycopg", username=known.get("user"), password=known.get("password"), database=known["dbname"],
        host=None if is_folder else host or None, port=int(port) if port else None,
        query={"host": host} if is_folder else {},
    )  # fmt: skip
    return str(url.render_as_string(hide_password=False))


def _store() -> dict[str, str]:
    """Where the bucket is; credentials come from the environment, as everywhere."""
    named = {
        "s3.endpoint": settings.OBS_S3_ENDPOINT,
        "s3.region": os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "")),
    }
    return {name: value for name, value in named.items() if value}
