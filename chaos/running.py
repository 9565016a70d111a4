"""What all runs share: hosts, senders, and what is said at the end."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.ingest import processes
from chaos import blows
from chaos.ledger import Client, Dsn, Ledger
from chaos.reconcile import Verdict

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 900.0  # on a machine that has much else to do


@dataclass
class Host:
    """`manage.py up` on a folder; `environment` is what it has besides ours."""

    folder: Path
    environment: dict[str, str]
    up: subprocess.Popen[bytes] | None = None
    port: int = field(default_factory=processes.free_port)

    def start(self) -> None:
        """Run it, as often as whoever keeps services would, and return once it can be sent to."""
        self.folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + START_SECONDS
        while not self._has_started(deadline):
            if time.monotonic() > deadline:
                sys.exit((self.folder / "up.log").read_text())
            time.sleep(1)

    def _has_started(self, deadline: float) -> bool:
        """Whether this start came through; PostgreSQL may have been killed meanwhile, and then `up` refuses."""
        env = {"PORT": str(self.port), "OBS_KEY_RATE_PER_MINUTE": "10000000", "PYTHONUNBUFFERED": "1"}
        path = self.folder / "up.log"
        with path.open("wb") as log:
            self.up = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=ROOT, env=os.environ | self.environment | env,
                stdout=log, stderr=log,
            )  # fmt: skip
        return has_word(path, b"DSN", self.up, deadline=deadline)

    def die(self) -> int:
        """Lose all of its processes at once; how many."""
        killed = blows.kill_host(self.folder)
        assert self.up is not None
        self.up.wait(60)
        return killed

    def stop(self) -> None:
        if self.up is not None:
            stop(self.up)

    @property
    def dsn(self) -> Dsn:
        parts = urlsplit(json.loads((self.folder / "up.json").read_text())["dsn"])
        return Dsn(parts.hostname or "127.0.0.1", self.port, int(parts.path.strip("/")), parts.username or "")


def has_word(log: Path, word: bytes, running: subprocess.Popen[bytes], *, deadline: float) -> bool:
    """Wait until `word` stands in the log; False when its writer ended before, or the time."""
    while word not in log.read_bytes():
        if running.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def stop(running: subprocess.Popen[bytes]) -> None:
    running.send_signal(signal.SIGTERM)
    try:
        running.wait(60)
    except subprocess.TimeoutExpired:
        running.kill()


def owner_url(folder: Path) -> str:
    """The address of the PostgreSQL of a folder, for its owner."""
    return urls(folder)["database"]


def urls(folder: Path) -> dict[str, str]:
    """The addresses of the servers of a folder: `database`, `application`, `redis`."""
    code = "import json; from formaos_obs import embedded; print(json.dumps(vars(embedded.urls())))"
    env = os.environ | {"OBS_VAR_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def send(options: argparse.Namespace, hosts: Sequence[Host], ledger: Ledger, stop: threading.Event) -> list[Client]:
    """Clients that have begun to send to these hosts."""
    dsns = [host.dsn for host in hosts]
    clients = [
        Client(dsns, ledger, stop, seed=options.seed * 1000 + n, pause=options.wait) for n in range(options.clients)
    ]
    for client in clients:
        client.start()
    return clients


def watch(options: argparse.Namespace, killer: blows.Killer, ledger: Ledger, *, began: float) -> None:
    """Wait for the end of the sending, and say each minute how far it is."""
    told = began
    while time.monotonic() - began < options.seconds:
        time.sleep(0.5)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            kills, acknowledged = sum(killer.killed.values()), len(ledger.acknowledged)
            print(f"{told - began:6.0f} s  {kills} kills  {acknowledged} acknowledged", flush=True)


def tell(
    ledger: Ledger, killer: blows.Killer, report: Mapping[str, object], verdict: Verdict, *, held: int, more: str = ""
) -> None:
    each = ", ".join(f"{name} {n}" for name, n in sorted(killer.killed.items()))
    print(f"kills            {sum(killer.killed.values()) + held}  ({each}, held {held}{more})")
    print(f"acknowledged     {len(ledger.acknowledged)}")
    print(f"refused          {len(ledger.refused)}  by status {dict(sorted(ledger.statuses.items()))} (0: no answer)")
    print(f"sent again       {ledger.repeated}, counted as duplicates by the server: {report['duplicate']}")
    print(f"received/stored  {report['received']} / {report['stored']}")
    for name, value in vars(verdict).items():
        print(f"{name:24} {value}")
    print("kept" if verdict.is_kept else "BROKEN", flush=True)
