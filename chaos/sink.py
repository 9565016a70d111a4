"""A receiver of webhooks that answers 200, 429, 500 or too late, by chance, and writes down what it took."""

import json
import os
import random
import signal
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SLOW_SECONDS = 0.6  # longer than the sender of this test waits


class Sink:
    """Runs in a process of its own, so that the blows to the sender do not meet it."""

    def __init__(self, log: Path, *, seed: int) -> None:
        self._log, self._seed = log, seed
        log.touch()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = int(self._server.server_address[1])
        self._pid = os.fork()
        if not self._pid:
            self._server.serve_forever()
            os._exit(0)
        self._server.server_close()

    def stop(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def taken(self) -> Counter[str]:
        """How often each message was answered with 200, by its dedup id."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines()]
        return Counter(line["dedup"] for line in lines if line["status"] == 200)

    def answers(self) -> Counter[str]:
        """How many requests had which answer."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines()]
        return Counter(str(line["status"] or "none in time") for line in lines)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        chance, log = random.Random(self._seed), self._log

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                status = chance.choices([200, 429, 500, 0], weights=[70, 10, 10, 10])[0]
                with log.open("a") as file:  # one write of a short line: no other thread's comes between
                    file.write(json.dumps({"dedup": body["dedup"], "status": status}) + "\n")
                if not status:
                    time.sleep(SLOW_SECONDS)
                    return
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Silence."""

        return Handler
