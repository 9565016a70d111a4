"""One process that keeps its children alive: restarts what dies, stops all in order, leaves nobody behind.

It lives as long as the installation, beside it, so it imports the standard library alone: 12 MB instead of 150.
"""

import ctypes
import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

STEADY_SECONDS = 2.0  # a child that lived this long is restarted at once
LONGEST_DELAY = 10.0
STOP_SECONDS = 10.0
LOG_LIMIT = 16 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Program:
    """What to run: its command line, where, as whom, how it is stopped, and a command to run before each start."""

    name: str
    argv: tuple[str, ...]
    stop_signal: int = signal.SIGTERM
    prepare: tuple[str, ...] = ()
    user: str | None = None
    folder: str | None = None
    inside: str | None = None  # where it is started as `user`, which may have no other way there


def delay(failures: int) -> float:
    """Seconds to wait before a start after `failures` quick deaths in a row."""
    return 0.0 if failures == 0 else min(LONGEST_DELAY, 0.25 * 2 ** min(failures - 1, 10))


def as_user(user: str | None, *, inside: str | Path | None = None) -> dict[str, Any]:
    """The arguments of subprocess that change to `user`, none without one; the folder is entered before."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": inside or "/"}


def tied(stop_signal: int) -> Callable[[], None]:
    """What a child does before its program: make sure that it ends with this process, whatever kills that."""
    supervisor = os.getpid()

    def tie() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, stop_signal)
            if os.getppid() != supervisor:
                os._exit(1)

    return tie


class Child:
    """A program that is to be running."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.failures = 0
        self.due = 0.0

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, *, at: float) -> None:
        """Run it, after what has to be done before; SystemExit with what that said where it failed."""
        if self.program.prepare:
            done = subprocess.run(self.program.prepare, cwd=self.program.folder, stderr=subprocess.PIPE, text=True)
            if done.returncode:
                raise SystemExit(done.stderr.strip() or f"{self.program.name} could not be prepared")
        where: dict[str, Any] = {"cwd": self.program.folder} | as_user(self.program.user, inside=self.program.inside)
        with self.log.open("ab") as log:
            # A group of its own: Ctrl-C reaches the supervisor alone, which stops its children in order.
            self.process = subprocess.Popen(
                self.program.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0,
                preexec_fn=tied(self.program.stop_signal), **where,
            )  # fmt: skip
        self.started = at

    def note_death(self, *, at: float) -> int:
        """Sweep what the dead child left in its group and set when it is due again; its exit status."""
        assert self.process is not None
        status, group = self.process.returncode, self.process.pid
        self.process = None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        self.failures = 0 if at - self.started >= STEADY_SECONDS else self.failures + 1
        self.due = at + delay(self.failures)
        return int(status)

    def stop(self) -> None:
        if self.is_running():
            assert self.process is not None
            self.process.send_signal(self.program.stop_signal)

    def join(self, *, until: float) -> None:
        """Wait for the end, and make it come at `until`."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process = None


class Supervisor:
    """Keeps children alive until told to stop. `tell` gets one line for each thing worth knowing."""

    def __init__(self, folder: Path, *, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self.tell = tell
        self.children: list[Child] = []
        self.is_stopping = False
        self._signals: int | None = None
        (folder / "log").mkdir(parents=True, exist_ok=True)

    def listen(self) -> None:
        """Stop on SIGINT and SIGTERM from now on, and notice at once when a child ends."""
        self._signals, writer = os.pipe()
        for descriptor in (self._signals, writer):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping |= number != signal.SIGCHLD

    def pause(self, seconds: float) -> None:
        """Wait for so long, or until a signal came: ten looks a second would cost more than all else that it does."""
        if self._signals is None:
            time.sleep(min(seconds, 0.05))
        elif select.select([self._signals], [], [], seconds)[0]:
            os.read(self._signals, 4096)

    def add(self, program: Program) -> Child:
        """Start `program` and keep it running; children are stopped in the reverse order of `add`."""
        child = Child(program, self.folder / "log" / f"{program.name}.log")
        self.children.append(child)
        child.start(at=time.monotonic())
        self._write_pids()
        return child

    def look(self) -> None:
        """Restart each child that died and is due."""
        now = time.monotonic()
        changed = False
        for child in self.children:
            if child.process is not None and not child.is_running():
                status = child.note_death(at=now)
                self.tell(f"{child.program.name} ended with status {status}; log: {child.log}")
            if child.process is None and child.due <= now:
                child.start(at=now)
                changed = True
        if changed:
            self._write_pids()

    def wait(self, is_ready: Callable[[], bool], *, seconds: float) -> bool:
        """Keep children alive until `is_ready`; False when that took too long or a stop was asked for."""
        deadline = time.monotonic() + seconds
        while not self.is_stopping and time.monotonic() < deadline:
            if is_ready():
                return True
            self.look()
            self.pause(0.05)
        return False

    def once(self, argv: tuple[str, ...], *, folder: str | None = None) -> str | None:
        """What a command printed that runs to its end while children are kept alive; None where a stop came first.

        Its errors are ours: they go to our stderr, and SystemExit is raised with its status.
        """
        process = subprocess.Popen(
            argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, process_group=0,
            preexec_fn=tied(signal.SIGTERM),
        )  # fmt: skip
        with process:
            while process.poll() is None:
                if self.is_stopping:
                    process.terminate()
                    process.wait()
                    return None
                self.look()
                self.pause(0.05)
            printed = process.stdout.read() if process.stdout else ""
        if process.returncode and not self.is_stopping:
            raise SystemExit(process.returncode)
        return None if self.is_stopping else printed

    def run(self) -> None:
        """Keep children alive until a stop is asked for."""
        logs_due = 0.0
        while not self.is_stopping:
            self.look()
            if time.monotonic() >= logs_due:
                self._bound_logs()
                logs_due = time.monotonic() + 60
            self.pause(5.0 if all(child.process for child in self.children) else 0.1)

    def stop(self, *names: str) -> None:
        """Stop the children named, all at once, and wait for them."""
        chosen = [child for child in self.children if child.program.name in names]
        for child in chosen:
            child.stop()
        until = time.monotonic() + STOP_SECONDS
        for child in chosen:
            child.join(until=until)
            self.children.remove(child)
        self._write_pids()

    def _write_pids(self) -> None:
        """`pids.json`: name to pid, replaced at once so that a reader never sees half of it."""
        pids = {child.program.name: child.process.pid for child in self.children if child.process}
        draft = self.folder / "pids.json.new"
        draft.write_text(json.dumps({"supervisor": os.getpid(), **pids}))
        draft.replace(self.folder / "pids.json")

    def _bound_logs(self) -> None:
        """Keep one old copy of a log that grew too long; children append, so it may be emptied under them."""
        for log in (self.folder / "log").glob("*.log"):
            if log.stat().st_size > LOG_LIMIT:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)
