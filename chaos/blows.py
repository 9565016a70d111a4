"""The blows: kill -9 at seeded random moments, and PostgreSQL held down."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

VICTIMS = ("web", "web child", "worker", "worker child", "redis", "postgres")


class Killer(threading.Thread):
    """Kills until told to stop, or `kills` times; the victims, by name, are processes of folders."""

    def __init__(
        self,
        victims: Mapping[str, tuple[Path, str]],
        stop: threading.Event,
        *,
        seed: int,
        kills: int,
        mean_pause: float,
    ) -> None:
        super().__init__(daemon=True)
        self.victims, self.stop_event, self.kills, self.mean_pause = victims, stop, kills, mean_pause
        self.random = random.Random(seed)
        self.killed: Counter[str] = Counter()

    def run(self) -> None:
        while not self.stop_event.is_set() and sum(self.killed.values()) < self.kills:
            self.stop_event.wait(self.random.expovariate(1 / self.mean_pause))
            name = self.random.choice(list(self.victims))
            if kill(*self.victims[name], self.random):
                self.killed[name] += 1


def kill(var: Path, victim: str, dice: random.Random) -> bool:
    """Kill -9 the victim, or one child of it; False when it is not there now."""
    name, _, child = victim.partition(" ")
    pid = pids(var).get(name)
    if pid is None:
        return False
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        if child:
            children = psutil.Process(pid).children(recursive=True)
            if not children:
                return False
            pid = dice.choice(children).pid
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def kill_host(var: Path) -> int:
    """Kill -9 the supervisor of a folder and all that it runs, as a power cut does; how many that were."""
    supervisor = psutil.Process(pids(var)["supervisor"])
    family = [supervisor, *supervisor.children(recursive=True)]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(family, timeout=30)
    (var / "pids.json").unlink()  # whose numbers may soon be somebody else's
    return len(family)


def hold_postgres_down(var: Path, *, seconds: float) -> int:
    """Kill PostgreSQL each time it comes back, for so long; how often that was."""
    deadline, kills = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        kills += kill(var, "postgres", random.Random())
        time.sleep(0.05)
    return kills


def pids(var: Path) -> dict[str, int]:
    try:
        return {name: int(pid) for name, pid in json.loads((var / "pids.json").read_text()).items() if pid}
    except (OSError, ValueError):
        return {}
