"""Records what the browser packages of performance data send: `python -m bench.recording.performance <node_modules>`.

Pages are those of events/tests/sdk/clients, opened in Chromium as they are; a server here answers as ours does and
writes each body to events/tests/samples/<case>/<n>.bin, with its path, query and headers beside it as .json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from events.tests.chromium import launched
from events.tests.sdk import visits

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "events/tests/sdk/clients"
SAMPLES = ROOT / "events/tests/samples"
SCRIPTS = ROOT / "events/endpoints/scripts"
KEY = "0123456789abcdef" * 2
HEADERS = ("Content-Type", "Content-Encoding", "User-Agent", "Origin", "Referer")
PAGE = b"""<!doctype html><title>Shop</title><link rel="icon" href="data:,"><h1>Items</h1><button>Buy</button>
<script src="/page.js"></script>"""
CONFIG = {"token": KEY, "supportedCompression": ["gzip", "gzip-js"], "capturePerformance": {"web_vitals": True}}
CASES = ("vitals", "posthog", "vercel")


class Recorder(BaseHTTPRequestHandler):
    """The monitored page, our scripts, and an ear for everything posted."""

    protocol_version = "HTTP/1.1"
    case = ""
    page = b""
    lock = threading.Lock()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/page.js":
            self.answer(self.page, "text/javascript")
        elif path.startswith("/static/"):
            self.answer((SCRIPTS / f"posthog-{Path(path).name}").read_bytes(), "text/javascript")
        elif path.startswith("/_vercel/"):
            self.answer((SCRIPTS / f"{path.split('/')[2]}.js").read_bytes(), "text/javascript")
        elif path.endswith("config.js"):
            remote = json.dumps({KEY: {"config": CONFIG, "siteApps": []}})
            self.answer(f"window._POSTHOG_REMOTE_CONFIG={remote}".encode(), "text/javascript")
        else:
            self.answer(PAGE, "text/html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        folder = SAMPLES / f"{self.case}_page"
        folder.mkdir(parents=True, exist_ok=True)
        with self.lock:
            file = folder / f"{len(list(folder.glob('*.bin'))) + 1}.bin"
            file.write_bytes(body)
        headers = {name: self.headers[name] for name in HEADERS if self.headers.get(name)}
        described = {"path": url.path, "query": url.query, "headers": headers}
        file.with_suffix(".json").write_text(json.dumps(described, indent=1) + "\n")
        self.answer(b'{"status":"Ok"}', "application/json")

    def answer(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main(modules: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            built = Path(folder) / f"{case}.js"
            command = [
                modules / ".bin/esbuild",
                CLIENTS / f"{case}_page.js",
                "--bundle",
                "--minify",
                f"--outfile={built}",
            ]
            production = '--define:process.env.NODE_ENV="production"'
            subprocess.run([*command, production], env={**os.environ, "NODE_PATH": str(modules)}, check=True)
            Recorder.case, Recorder.page = case, built.read_bytes()
            with launched() as browser:
                visits.and_leave(browser, f"{url}/items/42/", server=url, project="1", key=KEY)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
