"""Facts as ClickHouse reads them: the segments that the catalogue lists, as one relation with every column typed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from events.facts import erasing, files
from events.facts.schema import FACTS, Kind

TYPES: Mapping[Kind, str] = {
    "text": "Nullable(String)",
    "int": "Nullable(Int64)",
    "float": "Nullable(Float64)",
    "bool": "Nullable(Bool)",
    "time": "Nullable(DateTime64(6, 'UTC'))",
    # Neither may be NULL in ClickHouse: what is missing reads as empty.
    "tags": "Map(String, Nullable(String))",
    "ints": "Array(Nullable(Int64))",
    "floats": "Array(Nullable(Float64))",
}
_NOTHING: Mapping[Kind, str] = {**dict.fromkeys(TYPES, "NULL"), "tags": "map()", "ints": "[]", "floats": "[]"}


def relation(
    name: str, listed: Sequence[str], *, start: datetime | None, end: datetime | None, with_persons: bool
) -> str:
    """Return the SQL of a fact in its period: of these segments' paths, with persons for visitors where asked."""
    columns = [column.name for column in FACTS[name].columns]
    if not listed:
        typed = (f"CAST({_NOTHING[column.kind]}, {quoted(TYPES[column.kind])})" for column in FACTS[name].columns)
        named = ", ".join(f"{value} AS {ticked(column)}" for value, column in zip(typed, columns, strict=True))
        return f"SELECT {named} WHERE false"
    bounds = [f"at >= {moment(start)}"] if start is not None else []
    bounds += [f"at < {moment(end)}"] if end is not None else []
    named = ", ".join(map(ticked, columns))
    rows = f"SELECT {named} FROM {scan(name, listed)} WHERE {' AND '.join(bounds) or 'true'}"
    whose = erasing.person_column(name) if with_persons else None
    if whose is None:
        return rows
    person = f"coalesce(p.person, f.{ticked(whose)})"
    kept = ", ".join(
        f"{person if column == whose else f'f.{ticked(column)}'} AS {ticked(column)}" for column in columns
    )
    return f"SELECT {kept} FROM ({rows}) AS f LEFT JOIN persons AS p ON p.visitor = f.{ticked(whose)}"


def scan(name: str, listed: Sequence[str]) -> str:
    """Return the SQL that reads these segments of a fact."""
    structure = quoted(", ".join(f"{ticked(column.name)} {TYPES[column.kind]}" for column in FACTS[name].columns))
    root = settings.OBS_SEGMENT_ROOT
    if not root.startswith("s3://"):
        # One by one: of files named in braces, those that are missing would be passed over in silence.
        each = [f"SELECT * FROM file({quoted(files.root().url(path))}, 'Parquet', {structure})" for path in listed]
        return f"({' UNION ALL '.join(each)})"
    bucket, _, prefix = root.removeprefix("s3://").rstrip("/").partition("/")
    base = f"{address(bucket)}/{prefix + '/' if prefix else ''}"
    url = quoted(base + (listed[0] if len(listed) == 1 else "{" + ",".join(listed) + "}"))
    if cluster := settings.OBS_CLICKHOUSE_CLUSTER:
        return f"s3Cluster({quoted(cluster)}, {url}, 'Parquet', {structure})"
    return f"s3({url}, 'Parquet', {structure})"


def address(bucket: str) -> str:
    """Return the address of a bucket as ClickHouse reaches it."""
    if settings.OBS_S3_ENDPOINT:
        return f"{settings.OBS_S3_ENDPOINT.rstrip('/')}/{bucket}"
    region = os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    return f"https://{bucket}.s3.{region}.amazonaws.com"


def moment(at: datetime) -> str:
    """Return a moment as SQL."""
    return f"toDateTime64({quoted(at.strftime('%Y-%m-%d %H:%M:%S.%f'))}, 6, 'UTC')"


def quoted(text: str) -> str:
    """Return `text` as a literal of ClickHouse, in which a backslash escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def ticked(name: str) -> str:
    """Return the name of a column, which may be a reserved word."""
    return f"`{name}`"
