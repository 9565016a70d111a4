"""What the tests with real SDKs share: a server, a project, the npm packages, a way to run clients and to look."""

import html
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.accounts import tokens
from events.digest import loop
from events.ingest import accounting
from events.models import IngestKey, Issue, Project
from events.tests.npm import installed
from events.tests.sdk.server import Server

HERE = Path(__file__).parent
CLIENTS = HERE / "clients"
RELEASE = "shop@1.4.2"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The pinned npm packages, installed once per lock file."""
    return installed(HERE / "npm", name="npm")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address of the web server over it."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    running = threading.Thread(target=server.serve_forever)
    running.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    running.join()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@dataclass
class Shop:
    """The monitored application's side: its project at the server, and what became of what it sent."""

    server: Server
    project: Project
    key: IngestKey
    client: Client
    token: str
    home: Path

    @property
    def dsn(self) -> str:
        return self.server.dsn(self.key)

    def run(self, *command: str | Path, cwd: Path | None = None, **environment: str) -> str:
        """What a client prints; it must end well. Its environment holds the DSN and nothing of the test's."""
        own = {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "SENTRY_DSN": self.dsn, "SENTRY_RELEASE": RELEASE,
            "SENTRY_ENVIRONMENT": "production",
        }  # fmt: skip
        if driver := os.environ.get("PLAYWRIGHT_NODEJS_PATH"):
            own["PLAYWRIGHT_NODEJS_PATH"] = driver
        done = subprocess.run(
            [str(part) for part in command], env=own | environment, cwd=cwd or self.home, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def python(self, case: str) -> str:
        return self.run(sys.executable, CLIENTS / "python_app.py", case)

    def older_python(self, packages: Path, client: str, *arguments: str, **environment: str) -> str:
        """What a client prints that sees the Python packages of one folder and none of ours."""
        command = [sys.executable, "-S", CLIENTS / client, *arguments]
        return self.run(*command, PYTHONPATH=str(packages), PYTHONDONTWRITEBYTECODE="1", **environment)

    def digest(self, *, path: str = "") -> accounting.Report:
        """Digest what was sent; every envelope was answered 200 and every item is stored or filtered."""
        answers = self.server.answers(path or f"/api/{self.project.pk}/envelope/")
        assert answers
        assert {answer.status for answer in answers} == {200}
        assert loop.run(now=timezone.now()).failed == 0
        report = accounting.report(project_id=self.project.pk)
        assert report.difference == 0
        assert report.received == report.stored + sum(report.filtered.values())
        assert report.in_inbox == report.invalid == 0
        return report

    def page(self, issue: Issue) -> str:
        """The text of the issue's page, source code without its colours."""
        answer = self.client.get(f"/p/{self.project.slug}/issues/{issue.pk}/")
        assert answer.status_code == 200
        return html.unescape(re.sub(r'<span class="[a-z]{1,3}">|</span>', "", answer.content.decode()))

    def issue(self, text: str) -> Issue:
        return Issue.objects.get(project=self.project, title__contains=text)


@pytest.fixture
def shop(
    transactional_db: None, running_server: Server, project: Project, key: IngestKey, alice: Any, as_alice: Client,
    tmp_path: Path,
) -> Shop:  # fmt: skip
    home = tmp_path / "home"
    home.mkdir()
    _, token = tokens.create(alice, name="ci", scopes=["releases"], project=project, now=timezone.now())
    return Shop(running_server, project, key, as_alice, token, home)


@pytest.fixture
def cli(shop: Shop, node_modules: Path) -> Callable[..., str]:
    """Runs sentry-cli as a pipeline does."""

    def cli(*arguments: str | Path, cwd: Path | None = None) -> str:
        return shop.run(
            node_modules / ".bin" / "sentry-cli", *arguments, cwd=cwd, SENTRY_URL=shop.server.url,
            SENTRY_AUTH_TOKEN=shop.token, SENTRY_ORG="formaos", SENTRY_PROJECT=shop.project.slug,
        )  # fmt: skip

    return cli


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with two commits."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git = shutil.which("git")
    assert git

    def run(*arguments: str) -> None:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
        subprocess.run([git, *who, *arguments], cwd=folder, check=True, capture_output=True)

    run("init")
    run("remote", "add", "origin", "https://git.example.com/shop/web.git")
    for number, message in enumerate(["Sell things", "Count them right"]):
        (folder / f"file{number}.py").write_text(message)
        run("add", ".")
        run("commit", "-m", message)
    return folder
