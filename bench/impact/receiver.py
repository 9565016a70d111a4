"""A stand-in for the monitoring server: `python -m bench.impact.receiver <port> <up|slow|hung> [config.json]`.

Every answer comes at once, after half a second, or never; so what is measured is the client, not our server.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOW_SECONDS = 0.5
FEATURES = ("errors", "vitals", "pages", "timings", "clicks")
CONFIG = {"on": True, "consent": False, "features": dict.fromkeys(FEATURES, 100)}


def serve(port: int, mode: str) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        received = 0

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            if mode == "hung":
                time.sleep(3600)
            if mode == "slow":
                time.sleep(SLOW_SECONDS)
            body = json.dumps(CONFIG if self.command == "GET" else {}).encode()
            self.send_response(200)
            for name, value in {
                "Content-Type": "application/json", "Content-Length": str(len(body)), "Cache-Control": "max-age=20",
                "Access-Control-Allow-Origin": "*",
            }.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is no news."""

    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
    threading.Event().wait()
