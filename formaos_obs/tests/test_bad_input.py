"""What cannot work is refused before anything runs: a line that says what and how to mend it, exit 1, nothing left."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import psutil
import pytest

from formaos_obs.environment import BASE_DIR

FORM = "Use postgresql://user:password@host:5432/name"


def refuse(folder: Path, *command: str, **environment: str) -> str:
    """The one line with which a command refuses; the test fails where it says more, or leaves something running."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), *command], cwd=folder.parent, capture_output=True, text=True,
        env={**kept, "OBS_VAR_DIR": str(folder), "PORT": "8934", **environment}, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    [line] = done.stderr.splitlines()
    assert done.stdout == ""
    assert [process.pid for process in psutil.process_iter(["cmdline"]) if str(folder) in str(process.cmdline)] == []
    return line


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield str(other.getsockname()[1])


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"OBS_BIND": "nonsense"}, "OBS_BIND=nonsense is no address; use 127.0.0.1, ::1, 0.0.0.0"),
        ({"OBS_BIND": "192.0.2.1"}, "OBS_BIND=192.0.2.1 is not an address of this machine; use 127.0.0.1"),
        ({"PORT": "abc"}, "PORT cannot be read as int. See .env.example for its form"),
        ({"PORT": "0"}, "PORT is 0. Give a port between 1 and 65535."),
        ({"PORT": "70000"}, "PORT is 70000. Give a port between 1 and 65535."),
        ({"OBS_VAR_DIR": "/proc/obs"}, "The folder /proc/obs cannot be made (No such file or directory): "),
        ({"DATABASE_URL": "pg://u:hush@db/x"}, f"DATABASE_URL does not name a PostgreSQL. {FORM}"),
        ({"DATABASE_URL": "nonsense"}, f"DATABASE_URL does not name a PostgreSQL. {FORM}"),
        ({"DATABASE_URL": "postgresql://db:99999/x"}, "DATABASE_URL is not an address of a kind that is"),
        ({"DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/x"}, "DATABASE_URL does not answer (connection failed: "),
        ({"REDIS_URL": "nonsense"}, "REDIS_URL does not name a Redis. Use redis://host:6379/0"),
        ({"REDIS_URL": "redis://:hush@127.0.0.1:1/0"}, "REDIS_URL does not answer (Error 111 connecting to 127.0.0.1"),
    ],
)  # fmt: skip
def test_up_refuses(tmp_path: Path, environment: dict[str, str], line: str) -> None:
    said = refuse(tmp_path / "var", "up", **environment)
    assert said.startswith(line)
    assert "hush" not in said


def test_up_refuses_a_port_that_is_taken(tmp_path: Path, taken: str) -> None:
    assert refuse(tmp_path / "var", "up", PORT=taken) == f"Port {taken} is taken; choose another: PORT=8123"


def test_up_refuses_a_redis_that_is_something_else(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    Thread(target=server.serve_forever, daemon=True).start()
    said = refuse(tmp_path / "var", "up", REDIS_URL=f"redis://127.0.0.1:{server.server_port}/0")
    assert said.startswith("REDIS_URL does not answer (")
    server.shutdown()
    server.server_close()


def test_serve_refuses_a_port_that_is_taken(tmp_path: Path, taken: str) -> None:
    assert refuse(tmp_path / "var", "serve", "web", PORT=taken) == f"Port {taken} is taken; choose another: PORT=8123"


def test_serve_refuses_nonsense(tmp_path: Path) -> None:
    assert refuse(tmp_path / "var", "serve", "beat", PORT="0").startswith("PORT is 0. Give a port")


def test_a_command_refuses_a_database_that_does_not_answer(tmp_path: Path) -> None:
    said = refuse(
        tmp_path / "var", "migrate", DATABASE_URL="postgresql://127.0.0.1:1/x", REDIS_URL="redis://127.0.0.1:1"
    )
    assert said.startswith("DATABASE_URL does not answer (connection failed: ")


def test_a_command_refuses_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    said = refuse(tmp_path / "var", "migrate", OBS_VAR_DIR="/proc/obs")
    assert said.startswith("The folder /proc/obs cannot be made (")


def test_all_mistakes_are_told_at_once_a_line_each(tmp_path: Path) -> None:
    kept = {"PATH": os.environ["PATH"], "OBS_VAR_DIR": str(tmp_path / "var"), "PORT": "0", "OBS_WEB_WORKERS": "-1"}
    done = subprocess.run(
        [sys.executable, "manage.py", "up"], cwd=BASE_DIR, env=kept, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines() == [
        "OBS_WEB_WORKERS is -1. Give a number above zero. (formaos_obs.E002)",
        "PORT is 0. Give a port between 1 and 65535. (formaos_obs.E002)",
    ]
