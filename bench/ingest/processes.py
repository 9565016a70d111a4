"""Starting servers for a bench, and what their processes cost."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(
    command: Sequence[str], *, cwd: Path, log: Path, env: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Run `command` in a process group of its own, its output in `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command), cwd=cwd, env=os.environ | (env or {}), stdout=output, stderr=output, start_new_session=True
        )


def stop(*running: subprocess.Popen[bytes]) -> None:
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    for process in running:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(url: str, *, seconds: float = 60) -> None:
    """Return once `url` answers, whatever it answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def memory(pids: Mapping[str, int]) -> dict[str, float]:
    """MB of PSS by part, of its process and all descendants; the supervisor's children are parts of their own."""
    found = dict.fromkeys(pids, 0.0)
    for name, process in family(pids):
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            found[name] += _pss(process.pid) / 1024
    return found


def family(pids: Mapping[str, int]) -> Iterator[tuple[str, psutil.Process]]:
    """Every process of an installation with the part it belongs to, by the pids of its parts."""
    for name, pid in pids.items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            children = [] if name == "supervisor" else process.children(recursive=True)
            yield from ((name, each) for each in (process, *children))


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:")))


class Meter:
    """CPU seconds that processes and all their descendants use from `start` on."""

    def __init__(self, *pids: int) -> None:
        self.pids = pids
        self.before = self._total()

    def seconds(self) -> float:
        return self._total() - self.before

    def _total(self) -> float:
        total = 0.0
        for pid in self.pids:
            try:
                root = psutil.Process(pid)
                family = [root, *root.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
            for process in family:
                try:
                    times = process.cpu_times()
                except psutil.NoSuchProcess:
                    continue
                total += times.user + times.system + times.children_user + times.children_system
        return total
