"""A server that takes timings, or is slow, hung or refusing; the module found as an installed one is."""

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from formaos_obs.tests import workers

FOLDER = Path(__file__).parent.parent
sys.path.insert(0, str(FOLDER))

KEY = "0" * 32


@dataclass
class Receiver:
    mode: str = "up"
    batches: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def dsn(self) -> str:
        return f"http://{KEY}@127.0.0.1:{self.port}/1"

    @property
    def timings(self) -> list[dict[str, Any]]:
        return [timing for batch in self.batches for timing in batch["timings"]]


@pytest.fixture(autouse=True)
def senders_rest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The threads of a test's senders live as long as the process: they need not wake every few milliseconds."""
    from formaos_obs_client import Sender

    made, begin = [], Sender._begin

    def noted(sender: Any) -> None:
        made.append(sender)
        begin(sender)

    monkeypatch.setattr(Sender, "_begin", noted)
    yield
    for sender in made:
        sender._every = 3600.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.batches.append({"path": self.path, **json.loads(body)})
            made.keys.add(self.headers["X-Obs-Key"])
            if made.mode == "hung":
                made.released.wait(30)
                return
            if made.mode == "slow":
                made.released.wait(0.5)
            self.send_response(int(made.mode) if made.mode.isdigit() else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    made.port = server.server_port
    yield made
    made.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def gone() -> str:
    """The DSN of a server where nobody listens."""
    return f"http://{KEY}@127.0.0.1:{workers.free_port()}/1"
