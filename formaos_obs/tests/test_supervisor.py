"""The supervisor restarts what dies, sweeps what the dead leave behind, and stops all."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from formaos_obs.up.supervisor import LOG_LIMIT, Program, Supervisor, delay

# Says its child's pid, then both wait.
PARENT = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0.0), (1, 0.25), (2, 0.5), (3, 1.0), (6, 8.0), (7, 10.0), (1000, 10.0)]
)
def test_it_waits_longer_the_more_often_a_start_fails(failures: int, seconds: float) -> None:
    assert delay(failures) == seconds


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, told: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, tell=told.append)
    yield supervisor
    supervisor.stop(*(child.program.name for child in supervisor.children))


def _python(name: str, code: str) -> Program:
    return Program(name, (sys.executable, "-c", code))


def _wait(is_so: Callable[[], object], supervisor: Supervisor) -> None:
    assert supervisor.wait(lambda: bool(is_so()), seconds=20)


def _log(supervisor: Supervisor, name: str) -> str:
    return (supervisor.folder / "log" / f"{name}.log").read_text()


def test_a_killed_child_comes_back_and_its_children_do_not_stay(supervisor: Supervisor, told: list[str]) -> None:
    child = supervisor.add(_python("parent", PARENT))
    _wait(lambda: _log(supervisor, "parent"), supervisor)
    grandchild = int(_log(supervisor, "parent"))
    assert child.process
    old = child.process.pid
    os.kill(old, signal.SIGKILL)
    _wait(
        lambda: json.loads((supervisor.folder / "pids.json").read_text()).get("parent") not in (None, old), supervisor
    )
    _wait(lambda: not _lives(grandchild), supervisor)
    assert told == [f"parent ended with status -9; log: {child.log}"]


def test_one_that_cannot_start_is_tried_more_and_more_seldom(supervisor: Supervisor) -> None:
    child = supervisor.add(_python("broken", "raise SystemExit(3)"))
    _wait(lambda: child.failures >= 2, supervisor)
    assert child.due - time.monotonic() > 0.2


def test_it_stops_one_that_does_not_listen(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formaos_obs.up.supervisor.STOP_SECONDS", 0.5)
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = supervisor.add(_python("deaf", code))
    _wait(lambda: _log(supervisor, "deaf"), supervisor)
    assert child.process
    pid = child.process.pid
    supervisor.stop("deaf")
    assert not _lives(pid)


def test_a_log_that_grew_too_long_is_set_aside(supervisor: Supervisor) -> None:
    log = supervisor.folder / "log" / "web.log"
    log.write_bytes(b"x" * (LOG_LIMIT + 1))
    supervisor._bound_logs()
    assert log.stat().st_size == 0
    assert log.with_suffix(".log.1").stat().st_size == LOG_LIMIT + 1


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
