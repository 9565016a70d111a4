"""What each worker of the suite has for itself: a database, a Redis number and a folder on servers that all share.

The servers start once, before the first worker, under `SHARED`; pytest-django names each worker's database.
"""

import fcntl
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from formaos_obs import embedded
from formaos_obs.environment import BASE_DIR

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
SHARED = Path(os.environ.get("OBS_VAR_DIR") or BASE_DIR / "var" / "test").resolve()
PORTS = range(15_000, 32_000)
# Names a stopped cluster that is migrated, where the suite was given one as OBS_POSTGRES_SEED.
SEED = "OBS_POSTGRES_SEED_OF_TESTS"
# A database of tests need not survive the machine's end.
HASTY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def settle() -> None:
    """Start what is shared and turn the environment to what is this worker's own; before Django reads its settings."""
    os.environ["OBS_VAR_DIR"] = str(SHARED)
    with hasty():
        embedded.ensure()
    # From here on only those begin with it who ask for it by `SEED`.
    if seed := os.environ.pop("OBS_POSTGRES_SEED", ""):
        os.environ[SEED] = seed
    shared = embedded.urls()
    os.environ.setdefault("DATABASE_URL", shared.database)  # the owner's, who makes and drops databases
    if WORKER:
        number = int(WORKER.removeprefix("gw")) + 1  # 0 is that of a run without workers
        os.environ["REDIS_URL"] = numbered(os.environ.get("REDIS_URL") or shared.redis, number)
        os.environ["OBS_VAR_DIR"] = str(SHARED / WORKER)


@contextmanager
def hasty() -> Iterator[None]:
    """Let PostgreSQL that is started meanwhile wait for no disk."""
    before = dict(embedded.POSTGRES_SETTINGS)
    embedded.POSTGRES_SETTINGS.update(HASTY)
    yield
    embedded.POSTGRES_SETTINGS.clear()
    embedded.POSTGRES_SETTINGS.update(before)


def numbered(redis_url: str, number: int) -> str:
    """The address of the same Redis with another database number."""
    if redis_url.startswith("unix://"):
        return f"{redis_url.partition('?')[0]}?db={number}"
    scheme, _, rest = redis_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{number}"


def are_files(arguments: list[str]) -> bool:
    """Whether only files or single tests are asked for: those are done before a worker is up."""
    return bool(arguments) and all(Path(argument.partition("::")[0]).is_file() for argument in arguments)


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Let one worker at a time do what `name` stands for."""
    SHARED.mkdir(parents=True, exist_ok=True)
    with (SHARED / f"{name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    """A port for somebody who cannot ask for port 0.

    It lies below those that the kernel gives away, else a connection of another worker could take it meanwhile."""
    choice = random.SystemRandom()  # the other generator is seeded alike in every worker
    while True:
        port = choice.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
