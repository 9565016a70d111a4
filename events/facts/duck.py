"""DuckDB, closed off: it reads the segments, spills into the temporary folder, and reaches nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb_extension_httpfs
from django.conf import settings

from events.facts import files
from events.runtime.lazy import lazy

if TYPE_CHECKING:
    import duckdb
else:
    duckdb = lazy("duckdb")

EXTENSIONS = Path(duckdb_extension_httpfs.__file__).parent / "extensions"


def connect(*, memory_mb: int, threads: int) -> duckdb.DuckDBPyConnection:
    """Return a new database in memory whose configuration can no longer be changed."""
    spill = settings.OBS_VAR_DIR / "duckdb"
    spill.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_mb}MB",
        "threads": threads,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true; SET enable_progress_bar = false")
    base = files.root().url("")
    if base.startswith("s3://"):
        _reach_s3(connection)
    connection.execute(f"SET allowed_directories = [{quoted(base)}, {quoted(f'{spill}/')}]")
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    return connection


def quoted(text: str) -> str:
    """Return `text` as an SQL literal, for the few places that take no parameter."""
    return "'" + text.replace("'", "''") + "'"


def scan(urls: list[str], *, named: bool = False) -> str:
    """Return the SQL that reads these files as one relation, whichever columns each has; `named` adds `filename`."""
    listed, more = ", ".join(map(quoted, urls)), ", filename = true" if named else ""
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false{more})"


def _reach_s3(connection: duckdb.DuckDBPyConnection) -> None:
    connection.load_extension(str(EXTENSIONS / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"))
    scheme, _, host = settings.OBS_S3_ENDPOINT.partition("://")
    options = {
        "KEY_ID": os.environ.get("AWS_ACCESS_KEY_ID", ""),
        "SECRET": os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        "SESSION_TOKEN": os.environ.get("AWS_SESSION_TOKEN", ""),
        "REGION": os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "")),
        "ENDPOINT": host,
        "URL_STYLE": "path" if host else "",
    }
    named = "".join(f", {name} {quoted(value)}" for name, value in options.items() if value)
    # The extension has read the environment by itself into settings, which any question could ask for.
    for name in ("s3_access_key_id", "s3_secret_access_key", "s3_session_token"):
        connection.execute(f"SET GLOBAL {name} = ''")
    connection.execute(f"CREATE SECRET segments (TYPE s3, USE_SSL {str(scheme != 'http').lower()}{named})")
