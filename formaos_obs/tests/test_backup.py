"""A backup is taken while things run, put back after everything is gone, and compared."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from events.models.visitor import VisitorSalt
from formaos_obs.backup import manifest, restoring
from formaos_obs.backup.manifest import BackupError
from formaos_obs.environment import BASE_DIR
from formaos_obs.tests import databases

# Two dozen commands run one after another, each a process of its own.
pytestmark = pytest.mark.timeout(900)
APPLICATION = "application_of_backups"
TABLES = ("events_project", "events_issue", "events_occurrence", "events_segment", "auth_user", "ingest_outcome")
# A project with an issue, facts, audit entries, a record that waits in the spool, and the salt of a day.
FILL = """
import uuid
from datetime import date
from django.contrib.auth import get_user_model
from django.utils import timezone
from events.accounts import projects
from events.facts import segments
from events.ingest import spool
from events.ingest.payloads import Packed, pack
from events.models.visitor import VisitorSalt
from events.tests import make
now = timezone.now()
owner = get_user_model().objects.create_user("olga", "", "a-long-passphrase-1")
project = projects.create("shop", "Shop", owner=owner, now=now)
issue = make.issue(project, groups=2, users=(1,))
make.occurrence(issue.groups.all()[0])
rows = [{"at": now, "log_id": uuid.uuid4().hex, "body": f"line {n}", "level": "info"} for n in range(50)]
segments.write({(project.pk, "logs"): rows}, now=now)
item = Packed("error", uuid.uuid4(), 1, pack({"message": "waits"}), None)
spool.writer.append([item], project_id=project.pk, key_id=None, now=now)
VisitorSalt.objects.create(day=date(2026, 11, 28), salt=b"s" * 16)
"""


@dataclass
class House:
    """An installation of its own: a database of the tests' cluster, a folder, its keys."""

    name: str
    folder: Path
    template: str

    def make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with _admin() as admin:
            admin.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}"')
        self.run("migrate", "--verbosity=0")

    def drop(self) -> None:
        with _admin() as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def run(self, *words: str, fails: bool = False, **environment: str) -> str:
        config = connection.settings_dict
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {
            "OBS_VAR_DIR": str(self.folder), "REDIS_URL": settings.REDIS_URL,
            "DATABASE_URL": _url(self.name, APPLICATION, "application-of-tests"),
            "OBS_DATABASE_OWNER_URL": _url(self.name, config["USER"], config["PASSWORD"]),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=BASE_DIR, env={**kept, **own, **environment},
            capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def state(self) -> dict[str, Any]:
        """What it holds: rows as PostgreSQL tells them, files by their sums."""
        told = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')), count(*) FROM {} t"
        found: dict[str, Any] = {}
        with _admin(self.name) as admin:
            for table in TABLES:
                found[table] = admin.execute(told.format(table)).fetchone()
            found["salts"] = admin.execute(f"SELECT count(*) FROM {VisitorSalt._meta.db_table}").fetchone()
        for name in ("segments", "spool"):
            root = self.folder / name
            files = sorted(path for path in root.rglob("*") if path.is_file())
            found[name] = {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
        return found


def _url(name: str, user: str, password: str) -> str:
    """The address of a database of the tests' server: a host that is a folder stands in the query."""
    host, port = connection.settings_dict["HOST"], connection.settings_dict["PORT"]
    who = f"{user}:{password}" if password else user
    return (
        f"postgresql://{who}@/{name}?host={host}"
        if host.startswith("/")
        else f"postgresql://{who}@{host}:{port}/{name}"
    )


def _admin(name: str = "postgres") -> psycopg.Connection[Any]:
    config = connection.settings_dict
    return psycopg.connect(_url(name, config["USER"], config["PASSWORD"]), autocommit=True)


@pytest.fixture(scope="module")
def template(django_db_setup: None, django_db_blocker: Any) -> str:
    with django_db_blocker.unblock():
        return databases.template(connection)


@pytest.fixture(scope="module")
def source(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation in which something happened."""
    house = House(f"obs_backed_up_{os.getpid()}", tmp_path_factory.mktemp("source"), template)
    house.drop()
    house.make()
    house.run("shell", "--no-imports", "-c", FILL)
    yield house
    house.drop()


@pytest.fixture(scope="module")
def backup(source: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backups") / "monday"
    assert "It holds the keys" in source.run("backup", str(folder))
    return folder


@pytest.fixture
def empty(template: str, tmp_path: Path) -> Iterator[House]:
    house = House(f"obs_restored_{os.getpid()}", tmp_path / "var", template)
    house.drop()
    house.make()
    yield house
    house.drop()


@pytest.fixture
def copy(backup: Path, tmp_path: Path) -> Path:
    return shutil.copytree(backup, tmp_path / "copy")


def test_what_was_destroyed_is_back_as_it_was(source: House, backup: Path, empty: House) -> None:
    before = source.state()
    assert before["segments"]
    assert before["spool"]
    assert before["events_issue"][1] > 0
    said = empty.run("restore", str(backup))  # on another machine, with another key of its own
    assert "in a whole chain" in said
    after = empty.state()
    assert after.pop("salts") == (0,), "who has the backup cannot tell anonymous visitors apart"
    before.pop("salts")
    assert after == before
    assert (empty.folder / "secret_key").read_text() == (source.folder / "secret_key").read_text()
    assert "whole:" in empty.run("verify_audit")
    assert json.loads(empty.run("check_accounting", "--json"))["difference"] == 0
    refused = empty.run("restore", str(backup), fails=True)  # it holds something now
    assert "This installation is not empty" in refused
    # Everything goes: rows, files, keys.
    shutil.rmtree(empty.folder / "segments")
    shutil.rmtree(empty.folder / "spool")
    with _admin() as admin:
        admin.execute(f'DROP DATABASE "{empty.name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{empty.name}"')
    empty.run("restore", str(backup))
    empty.run("restore", "--replace", str(backup))
    again = empty.state()
    again.pop("salts")
    assert again == before
    assert list(empty.folder.glob("audit_heads.before-*.log"))


def test_a_backup_is_complete_and_for_one_reader(source: House, backup: Path) -> None:
    found = manifest.read(backup)
    assert list(manifest.broken(backup, found)) == []
    assert {path.partition("/")[0] for path in found.files} == {"database.dump", "keys.env", "segments", "spool"}
    assert backup.stat().st_mode & 0o077 == 0
    assert (backup / "keys.env").stat().st_mode & 0o077 == 0
    key = (source.folder / "secret_key").read_text()
    assert key not in (backup / "manifest.json").read_text()
    assert "exists: name a new folder" in source.run("backup", str(backup), fails=True)


def test_a_damaged_backup_is_told(copy: Path) -> None:
    segment, told = next(copy.rglob("*.parquet")), (copy / "manifest.json").read_text()
    whole = segment.read_bytes()
    for damaged in (whole[:-1] + b"\0", whole[:-1], whole + b"\0"):
        segment.write_bytes(damaged)
        with pytest.raises(BackupError, match="is not what was backed up"):
            restoring.check(copy)
    segment.unlink()
    with pytest.raises(BackupError, match="is missing"):
        restoring.check(copy)
    outside = json.loads(told)
    outside["files"]["../../etc/passwd"] = {"bytes": 1, "sha256": ""}
    for text, words in [
        ("{", "cannot be read"), ('{"format": 99}', "of format 99"), ("[]", "cannot be read"),
        (json.dumps(outside), "broken"),
    ]:  # fmt: skip
        (copy / "manifest.json").write_text(text)
        with pytest.raises(BackupError, match=words):
            restoring.check(copy)
    (copy / "manifest.json").unlink()
    with pytest.raises(BackupError, match="no finished backup"):
        restoring.check(copy)


def test_it_is_refused_before_anything_is_touched(empty: House, copy: Path, backup: Path) -> None:
    before = empty.state()
    assert "is whole" in empty.run("restore", "--check", str(backup))
    (copy / "database.dump").write_bytes(b"")
    said = empty.run("restore", str(copy), fails=True)
    assert "database.dump is not what was backed up" in said
    assert "Traceback" not in said
    with _admin(empty.name):
        assert "stop web, workers and clock first" in empty.run("restore", str(backup), fails=True)
    assert empty.state() == before


def test_keys_that_do_not_fit_are_refused(empty: House, source: House, backup: Path, tmp_path: Path) -> None:
    said = empty.run("restore", str(backup), fails=True, OBS_AUDIT_KEY="another-key-of-thirty-two-letters")
    assert "OBS_AUDIT_KEY of this environment is not that of the backup" in said
    source.run("backup", "--without-keys", "--without-segments", str(tmp_path / "bare"))
    said = empty.run("restore", str(tmp_path / "bare"), fails=True)
    assert "taken without keys" in said
    found = manifest.read(tmp_path / "bare")
    assert {path.partition("/")[0] for path in found.files} == {"database.dump", "spool"}
