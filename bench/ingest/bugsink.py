"""The peer: Bugsink from PyPI in a virtual environment of its own, on SQLite, as its documentation runs it."""

import os
import sqlite3
import subprocess
import sys
import time
import venv
from pathlib import Path

from bench.ingest import processes

VERSION = "2.6.1"
_CONF = """
from bugsink.settings.default import *  # noqa
SECRET_KEY = "bench-bench-bench-bench-bench-bench-bench-bench-bench-bench"
DATABASES["default"]["NAME"] = "{folder}/db.sqlite3"
DATABASES["snappea"]["NAME"] = "{folder}/snappea.sqlite3"
SNAPPEA = {{"TASK_ALWAYS_EAGER": False, "NUM_WORKERS": 4, "PID_FILE": None,
           "WAKEUP_CALLS_DIR": "{folder}/wakeup", "STATS_RETENTION_MINUTES": 60}}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
TIME_ZONE = "UTC"
ALLOWED_HOSTS = ["*"]
BUGSINK = {{"BASE_URL": "http://127.0.0.1:{port}", "SITE_TITLE": "bench", "PHONEHOME": False,
           "INGEST_STORE_BASE_DIR": "{folder}/ingestion",
           "MAX_EVENTS_PER_PROJECT_PER_5_MINUTES": 10**8, "MAX_EVENTS_PER_PROJECT_PER_HOUR": 10**8,
           "MAX_EVENTS_PER_PROJECT_PER_MONTH": 10**8, "MAX_EVENTS_PER_5_MINUTES": 10**8,
           "MAX_EVENTS_PER_HOUR": 10**8, "MAX_EVENTS_PER_MONTH": 10**8}}
"""
_PROJECT = """
from projects.models import Project
from teams.models import Team
p = Project.objects.create(name="bench", team=Team.objects.create(name="bench"), retention_max_event_count=10**6)
print("KEY", p.pk, p.sentry_key.hex)
"""


class Bugsink:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "bugsink", processes.free_port()
        self.bin = install(folder.parent / "bugsink-venv")
        self.folder.mkdir(parents=True)
        (self.folder / "wakeup").mkdir()
        (self.folder / "bugsink_conf.py").write_text(_CONF.format(folder=self.folder, port=self.port))
        self.env = {"DJANGO_SETTINGS_MODULE": "bugsink_conf", "PYTHONPATH": str(self.folder), "PYTHONUNBUFFERED": "1"}
        for arguments in (["migrate"], ["migrate", "--database", "snappea"]):
            self.manage(*arguments)
        printed = self.manage("shell", "-c", _PROJECT)
        self.project_id, self.key = next(line for line in printed.splitlines() if line.startswith("KEY ")).split()[1:]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/{self.project_id}/envelope/?sentry_key={self.key}&sentry_version=7"

    def manage(self, *arguments: str) -> str:
        command = [str(self.bin / "bugsink-manage"), *arguments]
        done = subprocess.run(command, cwd=self.folder, env=os.environ | self.env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        return done.stdout

    def start_web(self) -> subprocess.Popen[bytes]:
        command = [str(self.bin / "gunicorn"), "--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "4",
                   "--access-logfile", "/dev/null", "bugsink.wsgi"]  # fmt: skip
        web = processes.start(command, cwd=self.folder, log=self.folder / "web.log", env=self.env)
        processes.wait_for(f"http://127.0.0.1:{self.port}/health/ready")
        return web

    def start_worker(self) -> subprocess.Popen[bytes]:
        command = [str(self.bin / "bugsink-runsnappea")]
        return processes.start(command, cwd=self.folder, log=self.folder / "worker.log", env=self.env)

    def backlog(self) -> int:
        with sqlite3.connect(self.folder / "snappea.sqlite3", timeout=30) as database:
            return int(database.execute("SELECT count(*) FROM snappea_task").fetchone()[0])

    def digested(self) -> int:
        with sqlite3.connect(self.folder / "db.sqlite3", timeout=30) as database:
            return int(database.execute("SELECT count(*) FROM events_event").fetchone()[0])

    def disk(self) -> int:
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".log")

    def drained(self, *, seconds: float = 1800) -> None:
        deadline = time.monotonic() + seconds
        while self.backlog() and time.monotonic() < deadline:
            time.sleep(0.2)


def install(folder: Path) -> Path:
    """The bin folder of an environment that holds Bugsink and gunicorn."""
    if not (folder / "bin" / "bugsink-manage").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", f"bugsink=={VERSION}", "gunicorn"], check=True)
    return folder / "bin"
