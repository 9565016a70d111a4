"""A site with the script in it, a browser to visit it, a stand-in for our server that can be slow, refuse, hang."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from events.endpoints.browser_settings import OWN_FEATURES
from events.tests.npm import installed
from formaos_obs.tests import workers

HERE = Path(__file__).parent
SOURCE = HERE.parent
BUILT = SOURCE.parent.parent / "events/static/clients"
SCRIPT = BUILT / f"obs-{json.loads((SOURCE / 'package.json').read_text())['version']}.js"
KEY = "0" * 32


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves in the middle of an answer is no news."""


class SiteHandler(SimpleHTTPRequestHandler):
    """Files; an address without a dot is a page of the application, whatever its path."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def translate_path(self, path: str) -> str:
        return super().translate_path(path if "." in path.rpartition("/")[2].partition("?")[0] else "/index.html")


@dataclass
class Receiver:
    """Answers as our server does, or not: `mode` is up, slow, hung or an HTTP status. Keeps what it was sent."""

    mode: str = "up"
    config: dict[str, Any] = field(default_factory=lambda: {"on": True, "consent": False, "features": {**OWN_FEATURES}})
    max_age: int = 20
    asked: int = 0
    bodies: list[tuple[str, str]] = field(default_factory=list)
    consents: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def dsn(self) -> str:
        return f"http://{KEY}@127.0.0.1:{self.port}/1"

    def items(self) -> list[dict[str, Any]]:
        """The items of all browser batches so far."""
        return [item for door, body in self.bodies if door == "browser" for item in json.loads(body)["items"]]

    def errors(self) -> list[dict[str, Any]]:
        return [json.loads(body.split("\n")[2]) for door, body in self.bodies if door == "envelope"]

    def vitals(self) -> list[dict[str, Any]]:
        return [vital for door, body in self.bodies if door == "vitals" for vital in json.loads(body)]


def handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def answer(self, document: Any, **headers: str) -> None:
            if receiver.mode == "hung":
                receiver.released.wait(60)
                return
            if receiver.mode == "slow":
                receiver.released.wait(2)
            status = int(receiver.mode) if receiver.mode.isdigit() else 200
            body = json.dumps(document).encode()
            self.send_response(status)
            for name, value in {
                "Access-Control-Allow-Origin": "*",
                "Content-Length": str(len(body)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            receiver.asked += 1
            self.answer(receiver.config, **{"Cache-Control": f"public, max-age={receiver.max_age}"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            assert "Cookie" not in self.headers
            with receiver.arrived:
                if self.path == f"/consent/?sentry_key={KEY}":
                    receiver.consents.append(json.loads(body))
                else:
                    receiver.bodies.append((self.path.split("/")[3], body))
                receiver.arrived.notify_all()
            self.answer({})

    return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with serving(QuietServer(("127.0.0.1", 0), handler(made))) as server:
        made.port = server.server_port
        yield made
        made.released.set()


class serving:
    """The server answers in a thread of its own while the block runs."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server = server
        self.thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.05))

    def __enter__(self) -> ThreadingHTTPServer:
        self.thread.start()
        return self.server

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@dataclass
class Visit:
    """A page, what it asked of others, and what it complained about."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> "Visit":
        self.page.goto(f"{self.url}{path}", wait_until="load")
        self.page.wait_for_function("!!window.obs?.track")
        return self

    def run(self, code: str) -> Any:
        return self.page.evaluate(code)

    def leave(self) -> None:
        """As a visitor who goes elsewhere: the page is hidden, then gone."""
        self.page.goto("about:blank")

    def until(self, condition: Callable[[], bool], *, seconds: float = 10) -> None:
        """Let the page live until `condition`."""
        assert self.comes(condition, seconds=seconds), f"not within {seconds:g} s; requests: {self.requests}"

    def comes(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Whether `condition` holds in time; Playwright's events only come while the page lives and waits."""
        for _ in range(int(seconds * 20)):
            if condition():
                return True
            self.page.wait_for_timeout(50)
        return False

    def asked(self, word: str) -> int:
        return sum(word in request for request in self.requests)


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """`visit(dsn, **data)`: a visit to a site whose page carries the script with these data attributes."""
    folder = tmp_path / "site"
    shutil.copytree(HERE / "site", folder)
    shutil.copy(SCRIPT, folder / "obs.js")
    contexts = []
    with serving(QuietServer(("127.0.0.1", 0), partial(SiteHandler, directory=str(folder)))) as server:

        def visit(dsn: str, *, script: str = "/obs.js", early: str = "", **data: str) -> Visit:
            attributes = "".join(f' data-{name}="{value}"' for name, value in {"dsn": dsn, **data}.items())
            page_text = (HERE / "site/index.html").read_text()
            tag = f'<script async src="{script}"{attributes}></script>'
            (folder / "index.html").write_text(page_text.replace("<!-- obs -->", f"<script>{early}</script>{tag}"))
            context = browser.new_context()
            contexts.append(context)
            made = Visit(context.new_page(), f"http://127.0.0.1:{server.server_port}")
            made.page.on("request", lambda request: made.requests.append(f"{request.method} {request.url}"))
            made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
            made.page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
            return made

        yield visit
        for context in contexts:
            context.close()


@pytest.fixture
def free_port() -> int:
    return workers.free_port()


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The pinned npm packages, installed once per lock file."""
    return installed(SOURCE, name="npm_browser")
