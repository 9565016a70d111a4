"""This server for a bench: an installation of its own under the bench's folder."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from bench.ingest import processes

ROOT = Path(__file__).resolve().parent.parent.parent
_PROJECT = """
from django.utils import timezone
from events.ingest import inbox
from events.models import IngestKey, Project
inbox.ensure_partitions(now=timezone.now())
project, _ = Project.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
key = project.keys.first() or IngestKey.objects.create(project=project)
IngestKey.objects.update(rate_per_minute=100_000_000)
print("KEY", project.pk, key.public_key)
"""
_SERVERS = """
import json
from formaos_obs import embedded
embedded.ensure()
print("URLS", json.dumps([embedded.urls().database, [server.pid() for server in embedded.servers()]]))
"""


class Ours:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "ours", processes.free_port()
        self.folder.mkdir(parents=True)
        self.env = {"OBS_VAR_DIR": str(self.folder), "PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        printed = self.python("-c", _SERVERS)
        self.database, pids = json.loads(_line(printed, "URLS"))
        self.postgres, self.redis = pids
        self.python("manage.py", "migrate", "-v0")
        self.python("manage.py", "collectstatic", "--noinput", "-v0")
        self.project_id, self.key = self.printed(_PROJECT, "KEY").split()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/{self.project_id}/envelope/?sentry_key={self.key}&sentry_version=7"

    @property
    def socket_folder(self) -> str:
        return self.database.split("host=")[1]

    def printed(self, program: str, name: str) -> str:
        """What `program` prints behind `name`, run in this installation's shell."""
        return _line(self.python("manage.py", "shell", "-v0", "-c", program), name)

    def python(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | self.env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return done.stdout

    def start(self, *names: str) -> list[subprocess.Popen[bytes]]:
        """Run the processes `web`, `worker`, `beat` as `manage.py up` does."""
        running = []
        for name in names:
            log = self.folder / f"{name}.log"
            command = [sys.executable, "manage.py", "serve", name]
            running.append(processes.start(command, cwd=ROOT, log=log, env=self.env))
        if "web" in names:
            processes.wait_for(f"http://127.0.0.1:{self.port}/healthz")
        return running

    def ask(self, sql: str) -> int:
        with psycopg.connect(self.database, autocommit=True) as connection:
            row = connection.execute(sql).fetchone()
        return int(row[0] or 0) if row else 0

    def execute(self, sql: str) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(sql)

    def backlog(self) -> int:
        return self.ask("SELECT count(*) FROM ingest_inbox")

    def digested(self) -> int:
        return self.ask("SELECT sum(quantity) FROM ingest_outcome WHERE outcome = 'stored'")

    def drained(self, *, seconds: float = 600) -> None:
        deadline = time.monotonic() + seconds
        while self.backlog() and time.monotonic() < deadline:
            time.sleep(0.05)

    def disk(self) -> int:
        """Bytes of live data: tables and indexes as PostgreSQL counts them, and the segments."""
        tables = self.ask("SELECT pg_database_size('obs')")
        return tables + sum(path.stat().st_size for path in (self.folder / "segments").rglob("*.parquet"))

    @staticmethod
    def stop_servers(folder: Path) -> None:
        """Stop PostgreSQL and Redis of this bench, also those that an earlier run left behind."""
        env = os.environ | {"OBS_VAR_DIR": str(folder / "ours"), "PYTHONPATH": str(ROOT)}
        stop = "from formaos_obs import embedded; embedded.stop()"
        subprocess.run([sys.executable, "-c", stop], cwd=ROOT, env=env, check=True)


def _line(printed: str, name: str) -> str:
    return next(line for line in printed.splitlines() if line.startswith(name)).removeprefix(name).strip()
