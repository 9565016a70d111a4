"""The folders of an installation: who may write them, and where sockets lie when a path will not do."""

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from formaos_obs import embedded, folders
from formaos_obs.environment import BASE_DIR, placed

NASTY = "Ünï co %41&b#c=d, 'e' \"f\" $HOME;@:?"


def said_by_another_user(call: Callable[[], object]) -> str:
    """What `call` refuses with when a user calls it to whom nothing here belongs: nobody, where root runs the tests."""
    if os.geteuid() != 0:
        return _refusal(call)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setresuid(65534, 65534, 65534)
        os.write(writer, _refusal(call).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as file:
        return file.read()


def _refusal(call: Callable[[], object]) -> str:
    try:
        call()
    except SystemExit as refused:
        return str(refused.code)
    return ""


@pytest.fixture
def theirs() -> Iterator[Path]:
    """A folder of root's that anybody may look into."""
    if os.geteuid() != 0:
        yield Path("/usr")
        return
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(SystemExit, match=r"^The folder /proc/obs/var cannot be made \(.+\): .+OBS_VAR_DIR="):
        folders.demand(Path("/proc/obs/var"))


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(SystemExit, match=r"cannot be made \(File exists\)"):
        folders.demand(tmp_path / "var")


def test_a_folder_of_somebody_else_is_named_with_its_owner(theirs: Path) -> None:
    said = said_by_another_user(lambda: folders.demand(theirs))
    assert said == f"{theirs} cannot be written by this user, it belongs to root: {folders.CURE}"


def test_a_part_of_somebody_else_is_named_with_its_owner(theirs: Path) -> None:
    if os.geteuid() == 0:
        theirs.chmod(0o777)
        (theirs / "postgres").mkdir(mode=0o700, exist_ok=True)
        said = said_by_another_user(lambda: folders.demand(theirs))
        assert said == f"{theirs / 'postgres'} cannot be written by this user, it belongs to root: {folders.CURE}"
    else:  # an ordinary user cannot make what belongs to another one; a part that nobody may write stands for it
        assert said_by_another_user(lambda: folders.demand(theirs)).endswith(folders.CURE)


def test_what_tests_leave_beside_the_data_may_belong_to_anybody(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir(mode=0)
    folders.demand(tmp_path)
    assert stat.S_IMODE((tmp_path / "tools").stat().st_mode) == 0, "it is left as it is"


def test_a_cluster_of_another_user_is_not_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBS_VAR_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
    if os.geteuid() == 0:
        os.chown(tmp_path / "postgres" / "PG_VERSION", 12345, 12345)
    else:
        real = Path.stat(tmp_path / "postgres" / "PG_VERSION")
        monkeypatch.setattr(os, "geteuid", lambda: real.st_uid + 1)
    with pytest.raises(SystemExit, match=f"^{tmp_path}/postgres belongs to .+: start as the user who did before"):
        embedded.demand_folder()


@pytest.mark.parametrize("name", [NASTY, "x" * 150, "a,b", "a b", "ä", "100%"])
def test_sockets_lie_where_no_url_and_no_option_needs_quoting(tmp_path: Path, name: str) -> None:
    sockets = folders.for_sockets(tmp_path / name)
    assert folders.PLAIN.fullmatch(str(sockets))
    assert len(str(sockets / folders.LONGEST_SOCKET_NAME)) <= folders.SOCKET_PATH_LIMIT
    assert sockets.stat().st_mode & 0o077 == 0
    assert sockets == folders.for_sockets(tmp_path / name)


def test_a_long_temporary_folder_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("tmp" * 40)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    assert folders.for_sockets(tmp_path / NASTY).parent in {Path("/tmp").resolve(), Path("/var/tmp").resolve()}


def test_both_servers_run_in_a_folder_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBS_VAR_DIR", str(tmp_path / NASTY))
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    try:
        embedded.ensure()
        with psycopg.connect(embedded.urls().database) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert (tmp_path / NASTY / "postgres" / "postmaster.pid").exists()
        with redis.Redis.from_url(embedded.urls().redis) as client:
            assert client.config_get("dir")["dir"] == str(tmp_path / NASTY / "redis")
            client.save()
        assert (tmp_path / NASTY / "redis" / "dump.rdb").exists()
    finally:
        embedded.stop()
    assert [server.pid() for server in embedded.servers()] == [None, None]


def modes(folder: Path) -> dict[str, int]:
    """What each path below `folder` lets others do, and the folder itself, where that is anything."""
    found = {path: stat.S_IMODE(path.lstat().st_mode) & 0o077 for path in (folder, *folder.rglob("*"))}
    return {str(path.relative_to(folder)): mode for path, mode in found.items() if mode and not path.is_symlink()}


def test_a_folder_of_an_earlier_version_is_closed_to_others(tmp_path: Path) -> None:
    var = tmp_path / "var"
    for name in ("redis", "segments/1/errors", "log"):
        (var / name).mkdir(parents=True)
    for name in ("redis/dump.rdb", "segments/1/errors/a.parquet", "log/web.log", "up.json", "secret_key"):
        (var / name).write_text("x")
    for path in (var, *var.rglob("*")):
        path.chmod(0o775 if path.is_dir() else 0o664)
    folders.demand(var)
    assert modes(var) == {}
    assert stat.S_IMODE((var / "log").stat().st_mode) == 0o700
    assert stat.S_IMODE((var / "log" / "web.log").stat().st_mode) == 0o600


def test_a_folder_that_holds_other_things_keeps_its_mode_and_ours_in_it_is_closed(tmp_path: Path) -> None:
    (tmp_path / "somebody's").mkdir(mode=0o755)
    (tmp_path / "somebody's").chmod(0o755)
    (tmp_path / "log").mkdir()
    (tmp_path / "log").chmod(0o755)
    tmp_path.chmod(0o755)
    folders.demand(tmp_path)
    assert modes(tmp_path) == {".": 0o055, "somebody's": 0o055}


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere").chmod(0o755)
    (tmp_path / "var").mkdir()
    (tmp_path / "var").chmod(0o755)
    (tmp_path / "var" / "segments").symlink_to(tmp_path / "elsewhere")
    folders.demand(tmp_path / "var")
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o755


def test_a_shared_private_folder_lies_where_any_user_gets_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as closed:
        monkeypatch.setattr("tempfile.tempdir", closed)
        assert folders.for_sockets(tmp_path / NASTY).parent == Path(closed)
        assert folders.for_sockets(tmp_path / NASTY, is_shared=True).parent != Path(closed)


def test_a_relative_path_counts_from_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert placed("data") == BASE_DIR / "data"
    assert placed(str(tmp_path)) == tmp_path
