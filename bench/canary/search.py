"""Looking for needles in every byte that a server left behind, and in what those bytes hold once they are read."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import zstandard

ZSTD = b"\x28\xb5\x2f\xfd"


def occurrences(paths: Iterable[Path], needles: Iterable[str], *, folder: Path) -> set[tuple[Path, str]]:
    """(file, needle) pairs found. grep with fixed strings: one pass, whatever the bytes are."""
    patterns = folder / "needles"
    patterns.write_text("\n".join(sorted(set(needles))) + "\n")
    command = ["grep", "-a", "-o", "-F", "-H", "--null", "-f", str(patterns), "--", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, env=os.environ | {"LC_ALL": "C"})
    if done.returncode > 1:
        raise RuntimeError(done.stderr.decode())
    hits = {line.partition(b"\0") for line in done.stdout.split(b"\n") if line}
    return {(Path(path.decode()), needle.decode("utf-8", "replace")) for path, _, needle in hits}


def files(folder: Path) -> list[Path]:
    """All regular files below the folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def dump_rows(database: str, target: Path) -> int:
    """Write every row of every table with its compressed values unpacked; return how many there were."""
    rows = 0
    with psycopg.connect(database) as connection, target.open("wb") as out:
        connection.execute("SET bytea_output = 'escape'")
        tables = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            with connection.cursor(name="rows") as cursor:
                for row in cursor.execute(f"SELECT * FROM {table}"):
                    out.write(table.encode() + b" " + b" ".join(map(_plain, row)) + b"\n")
                    rows += 1
    return rows


def dump_segments(folder: Path, target: Path) -> int:
    """Write every fact of every segment as JSON; return how many there were."""
    rows = 0
    database = duckdb.connect()
    with target.open("w") as out:
        for path in sorted(folder.rglob("*.parquet")):
            for line in _lines(database, path):
                out.write(line + "\n")
                rows += 1
    return rows


def _lines(database: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
    found = database.execute("SELECT to_json(t)::VARCHAR FROM read_parquet($1) t", [str(path)]).fetchall()
    return (line for (line,) in found)


def _plain(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=1 << 28) if data[:4] == ZSTD else data
    return str(value).encode("utf-8", "replace")
