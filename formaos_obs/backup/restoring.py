"""Puts a backup back, into an empty installation or over another where that is said, and proves that it is whole."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import ProgrammingError, connection, transaction

from events.accounts import audit, audit_heads
from events.accounts.audit import Head
from events.facts import files
from events.ingest import accounting, spool
from events.models import AuditEntry, Project, Segment
from events.runtime.progress import Watch, unwatched
from formaos_obs import roles
from formaos_obs.backup import manifest, taking, tools
from formaos_obs.backup.manifest import DATABASE, KEYS, SEGMENTS, SPOOL, BackupError, Manifest

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Proof:
    """What a restored installation was compared with, and what is wrong with it."""

    rows: dict[str, int]
    segments: int
    entries: int
    received: int
    problems: tuple[str, ...]


def check(folder: Path) -> Manifest:
    """The manifest of a backup whose every file is as it was written. Raises BackupError."""
    found = manifest.read(folder)
    problems = list(manifest.broken(folder, found))
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise BackupError(f"The backup is broken: {problems[0]}{more}.")
    return found


def put_back(folder: Path, found: Manifest, *, replaces: bool, now: datetime, watch: Watch = unwatched) -> None:
    """The stores as the backup has them; `prove` runs after it, in a process that read the keys anew.

    Raises BackupError, before anything is touched, where the target holds something and is not to be replaced, is
    in use, or has keys that would not fit.
    """
    key = _fitting_key(folder, found)
    held = list(_held())
    if held and not replaces:
        raise BackupError(f"This installation is not empty: {', '.join(held)}. --replace puts the backup in its place.")
    if others := _others():
        raise BackupError(f"{others} other connections use the database: stop web, workers and clock first.")
    before = {one.path for one in files.root().listing()}
    _empty_schema()
    tools.restore(folder / DATABASE)
    _grant()
    if found.has_segments:
        _copy_segments(folder, found, watch=watch)
        for path in before - {_inside(path) for path in found.files}:
            files.root().remove(path)
    _put_spool(folder, found)
    _set_heads_aside(now)
    if key:
        _write_key(key)


def prove(found: Manifest, *, now: datetime) -> Proof:
    """Counts, segments, audit trail and ledger against the backup; noted in the trail where nothing is wrong."""
    cache.clear()
    rows = {model._meta.label: model._default_manager.count() for model in taking.COUNTED}
    problems = [
        f"{name}: {rows.get(name, 0)} rows, and the backup had {wanted}"
        for name, wanted in found.rows.items()
        if rows.get(name, 0) != wanted
    ]
    if manifest.fingerprints(taking.used_keys()) != dict(found.keys):
        problems.append("the keys in use are not those of the backup")
    sizes = dict(Segment.objects.values_list("path", "bytes"))
    problems += _segment_problems(sizes)
    trail = audit.verify([Head(*found.head)])
    problems += [f"audit trail: {problem}" for problem in trail.problems]
    report = accounting.report()
    if report.difference:
        problems.append(f"the ledger differs by {report.difference} records")
    if not problems:
        detail = {"made_at": found.made_at, "version": found.version}
        audit.record("backup.restore", actor="command", via="command", detail=detail, now=now)
        audit_heads.note(now=now)
    return Proof(rows, len(sizes), trail.entries, report.received, tuple(problems))


def _segment_problems(sizes: dict[str, int]) -> Iterator[str]:
    root = files.root()
    for path, wanted in sizes.items():
        try:
            size = root.size(path)
        except (OSError, ValueError):
            size = -1
        if size != wanted:
            yield f"the segment {path} is {'missing' if size < 0 else f'{size} bytes long, not {wanted}'}"


def _held() -> Iterator[str]:
    """What would be lost here. A first start's admin, demo project and its looks are nothing yet."""
    try:
        projects = Project.objects.exclude(slug="demo").count()
        received = accounting.report().received
        entries = AuditEntry.objects.count()
    except ProgrammingError:  # no table was made yet
        projects, received, entries = 0, 0, 0
    if projects:
        yield f"{projects} project{'s' if projects > 1 else ''}"
    if received:
        yield f"{received:,} records"
    if entries > 100:
        yield f"{entries:,} audit entries"
    if next(iter(files.root().listing()), None) is not None:
        yield "segments"
    if spool.used_bytes():
        yield "a spool"


def _others() -> int:
    """Other connections; one that was just closed is gone a moment later."""
    for _ in range(10):
        if not (found := _connected()):
            break
        time.sleep(0.2)
    return found


def _connected() -> int:
    with roles.as_owner(connection, settings.OBS_DATABASE_OWNER), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def _empty_schema() -> None:
    with roles.as_owner(connection, settings.OBS_DATABASE_OWNER):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        connection.close()


def _grant() -> None:
    application = dict(connection.settings_dict)
    with roles.as_owner(connection, settings.OBS_DATABASE_OWNER) as is_other:
        if is_other:
            with transaction.atomic(), connection.cursor() as cursor:
                roles.grant(cursor, application["USER"], password=application["PASSWORD"])


def _copy_segments(folder: Path, found: Manifest, *, watch: Watch) -> None:
    root = files.root()
    paths = [path for path in found.files if path.startswith(f"{SEGMENTS}/")]
    for path in watch(paths, total=len(paths)):
        with (folder / path).open("rb") as source, root.create(_inside(path)) as target:
            while piece := source.read(_PIECE):
                target.write(piece)


def _inside(path: str) -> str:
    return path.removeprefix(f"{SEGMENTS}/")


def _put_spool(folder: Path, found: Manifest) -> None:
    for old in spool.files():
        old.unlink(missing_ok=True)
    for path in found.files:
        if path.startswith(f"{SPOOL}/") and found.files[path].bytes:
            spool.folder().mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / path, spool.folder() / Path(path).name)


def _set_heads_aside(now: datetime) -> None:
    """Heads that were noted after the backup belong to a trail that is gone now; they are kept beside the new file."""
    path = audit_heads.path()
    if path.exists():
        path.rename(path.with_name(f"audit_heads.before-{now:%Y%m%d-%H%M%S}.log"))


def _fitting_key(folder: Path, found: Manifest) -> str:
    """The SECRET_KEY to write into the var folder; "" where the keys fit as they are. Raises BackupError."""
    if manifest.fingerprints(taking.used_keys()) == dict(found.keys):
        return ""
    if KEYS not in found.files:
        raise BackupError(
            "The backup was taken without keys, and those of this installation are others: put SECRET_KEY (and"
            " OBS_AUDIT_KEY and OBS_ENCRYPTION_KEYS, where they were set) into the environment as they were."
        )
    named = dict(line.split("=", 1) for line in (folder / KEYS).read_text().splitlines() if "=" in line)
    for name in ("SECRET_KEY", "OBS_AUDIT_KEY", "OBS_ENCRYPTION_KEYS"):
        here, there = os.environ.get(name, ""), named.get(name, "")
        if here != there and (here or name != "SECRET_KEY"):
            raise BackupError(f"{name} of this environment is not that of the backup: its {KEYS} has the line to set.")
    return named["SECRET_KEY"]


def _write_key(key: str) -> None:
    path = Path(settings.OBS_VAR_DIR) / "secret_key"
    draft = path.with_suffix(".restored")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key)
    draft.replace(path)
