"""The embedded servers survive kills, long paths and neighbours."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from formaos_obs import embedded, folders


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
