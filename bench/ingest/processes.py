"""Starting servers for a bench, and what their processes cost."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
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
