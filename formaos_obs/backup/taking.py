"""Takes a backup while everything runs: one snapshot of PostgreSQL, the segments that it lists, the spool, the keys."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from events.accounts import audit
from events.facts import files
from events.ingest import spool
from events.models import AuditEntry, Issue, Occurrence, Project, Segment
from events.runtime.progress import Watch, unwatched
from formaos_obs import roles
from formaos_obs.backup import manifest, tools
from formaos_obs.backup.manifest import DATABASE, KEYS, SEGMENTS, SPOOL, BackupError, File, Manifest

COUNTED = (Project, Issue, Occurrence, Segment, AuditEntry)
_PIECE = 1 << 20
# What is derived from SECRET_KEY where the environment does not say it.
_OWN_KEYS = ("OBS_AUDIT_KEY", "OBS_ENCRYPTION_KEYS")


def take(
    target: Path, *, now: datetime, with_segments: bool = True, with_keys: bool = True, watch: Watch = unwatched
) -> Manifest:
    """A new folder `target`, which appears when it is whole. Raises BackupError.

    The spool is copied first: what is drained afterwards is in the snapshot too, and known there by its ids. Segments
    are copied before the snapshot and what came after it behind it, so that compaction seldom takes one away between.
    """
    draft = target.with_name(f"{target.name}.part")
    if target.exists():
        raise BackupError(f"{target} exists: name a new folder.")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True, mode=0o700)
        found = _take(draft, now=now, with_segments=with_segments, with_keys=with_keys, watch=watch)
        manifest.write(draft, found)
        _sync(draft)
        draft.rename(target)
        _sync_one(target.parent)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise BackupError(f"The backup could not be written: {error.strerror} ({error.filename}).") from None
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return found


def _take(draft: Path, *, now: datetime, with_segments: bool, with_keys: bool, watch: Watch) -> Manifest:
    audit.record("backup.create", actor="command", via="command", obj=("backup", draft.stem), now=now)
    copied = {f"{SPOOL}/{path.name}": _copy_spool(path, draft) for path in spool.files()}
    segments: dict[str, File] = {}
    if with_segments:
        segments = _copy_segments(draft, _listed(), segments, watch=watch, may_be_gone=True)
    with roles.as_owner(connection, settings.OBS_DATABASE_OWNER), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Before the snapshot, which the first look takes: of these, nothing that is in it goes away meanwhile.
            cursor.execute("LOCK TABLE ingest_inbox, ingest_seen IN ACCESS SHARE MODE")
            cursor.execute("SELECT pg_export_snapshot()")
            [snapshot] = cursor.fetchone()
        listed, head = _listed(), audit.head()
        rows = {model._meta.label: model._default_manager.count() for model in COUNTED}
        migrations = _migrations()
        tools.dump(draft / DATABASE, snapshot=snapshot)
        if with_segments:
            segments = _copy_segments(draft, listed, segments, watch=watch)
    for path in set(segments) - {f"{SEGMENTS}/{one}" for one in listed}:
        (draft / path).unlink()
        del segments[path]
    copied |= {**segments, DATABASE: manifest.of(draft / DATABASE)}
    if with_keys:
        copied[KEYS] = _write_keys(draft / KEYS)
    return Manifest(
        made_at=now.isoformat(), version=settings.OBS_VERSION, migrations=migrations, files=copied,
        head=(head.entry_id, head.mac), rows=rows, keys=manifest.fingerprints(used_keys()), has_segments=with_segments,
    )  # fmt: skip


def used_keys() -> dict[str, str]:
    """What chains the audit trail and reads secrets at rest in this process."""
    return {"audit": settings.OBS_AUDIT_KEY, "encryption": settings.OBS_ENCRYPTION_KEYS[-1]}


def _listed() -> list[str]:
    return list(Segment.objects.order_by("pk").values_list("path", flat=True))


def _migrations() -> dict[str, str]:
    """The last migration of each app that this database has seen."""
    found: dict[str, str] = {}
    for app, name in MigrationRecorder.Migration.objects.order_by("id").values_list("app", "name"):
        found[app] = name
    return found


def _copy_spool(path: Path, draft: Path) -> File:
    target = draft / SPOOL / path.name
    target.parent.mkdir(exist_ok=True)
    try:
        target.write_bytes(path.read_bytes())
    except FileNotFoundError:  # drained since it was listed: the snapshot has it
        target.write_bytes(b"")
    return manifest.of(target)


def _copy_segments(
    draft: Path, paths: Iterable[str], known: dict[str, File], *, watch: Watch, may_be_gone: bool = False
) -> dict[str, File]:
    """The segments, those that are `known` already left as they are. Raises BackupError for one that is gone."""
    found, root = dict(known), files.root()
    missing = [path for path in paths if f"{SEGMENTS}/{path}" not in known]
    for path in watch(missing, total=len(missing)):
        target = draft / SEGMENTS / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with root.open(path) as source, target.open("wb") as copy:
                while piece := source.read(_PIECE):
                    copy.write(piece)
        except FileNotFoundError:
            target.unlink(missing_ok=True)
            if not may_be_gone:
                raise BackupError(f"The segment {path} is listed and not there.") from None
            continue
        found[f"{SEGMENTS}/{path}"] = manifest.of(target)
    return found


def _write_keys(path: Path) -> File:
    """What the environment of a restored server needs, as lines of an env file."""
    named = {"SECRET_KEY": settings.SECRET_KEY} | {name: os.environ[name] for name in _OWN_KEYS if os.environ.get(name)}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in named.items())
    return manifest.of(path)


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync_one(path)
    _sync_one(folder)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
