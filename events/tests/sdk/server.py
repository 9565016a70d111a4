"""A real web server for tests and benches: a process of its own, on a free port, with an access log to assert on.

Rows, digest and pages stay with the test: server and test share the database, so what the server accepted the test
digests by `digest.run` and reads by Django's test client."""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connections

from formaos_obs.tests.workers import free_port

ROOT = Path(__file__).resolve().parents[3]
_ANSWER = re.compile(r'^obs "(?P<method>[A-Z]+) (?P<path>\S+)" (?P<status>\d{3})$')


@dataclass(frozen=True)
class Answer:
    """One line of the access log."""

    method: str
    path: str
    status: int


@dataclass(frozen=True)
class Server:
    """Where the server listens, and what it has answered."""

    url: str
    log: Path

    def dsn(self, key: Any) -> str:
        """The DSN of an ingest key at this server."""
        return f"{self.url.replace('://', f'://{key.public_key}@')}/{key.project_id}"

    def answers(self, path: str) -> list[Answer]:
        """What was answered so far at addresses that hold `path`, oldest first."""
        matches = (_ANSWER.match(line) for line in self.log.read_text(errors="replace").splitlines())
        found = (Answer(match["method"], match["path"], int(match["status"])) for match in matches if match)
        return [answer for answer in found if path in answer.path]


@contextmanager
def serve(folder: Path, *, workers: int = 1, threads: int = 4, **environment: str) -> Iterator[Server]:
    """Run the web server until the block ends: files in `folder`, DATABASE_URL and REDIS_URL in `environment`."""
    folder.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), folder / "web.log"
    server = Server(f"http://127.0.0.1:{port}", log)
    command = [sys.executable, "-m", "formaos_obs.front", "--access-log"]
    own = {
        "OBS_VAR_DIR": str(folder), "PORT": str(port), "OBS_PUBLIC_URL": server.url, "PYTHONUNBUFFERED": "1",
        "OBS_WEB_WORKERS": str(workers), "OBS_WEB_THREADS": str(threads),
    }  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **own, **environment}, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _await(server, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def database_url(database: dict[str, Any]) -> str:
    """The DATABASE_URL of Django's settings of a database; a folder as host is that of a socket."""
    person = ":".join(quote(str(part), safe="") for part in (database["USER"], database["PASSWORD"]) if part)
    host, port = str(database["HOST"]), database["PORT"]
    if host.startswith("/"):
        return f"postgresql://{person}@/{database['NAME']}?host={host}"
    return f"postgresql://{person}@{host}{f':{port}' if port else ''}/{database['NAME']}"


@pytest.fixture(scope="session")
def running_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The web server on the test database; tests that use it are marked `django_db(transaction=True)`."""
    with serve(
        tmp_path_factory.mktemp("web"),
        DATABASE_URL=database_url(connections["default"].settings_dict),
        REDIS_URL=settings.REDIS_URL,
        SECRET_KEY=settings.SECRET_KEY,
    ) as server:
        yield server


def _await(server: Server, process: subprocess.Popen[bytes], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/healthz", timeout=2):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise RuntimeError(f"The web server did not start:\n{server.log.read_text(errors='replace')[-2000:]}")
