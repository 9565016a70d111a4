"""Records what real SDKs send: each client runs against a local server that writes every request body to a file.

    python bench/recording/record.py --shop /srv/shop --chromium /usr/bin/chromium

Writes `<out>/<sdk>/<case>-<n>.bin` (the body as sent, chunks joined, still compressed) and `.json` beside it (path,
query, headers). The clients are copied into the folder `--shop`, which holds `venv/` and `node_modules/` with the
SDKs, and run there with an almost empty environment: some SDKs send paths and environment variables along.
docs/sentry-protocol.md says which packages the two need.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

HERE = Path(__file__).parent
KEY = "0123456789abcdef" * 2
KEPT_HEADERS = ("Content-Type", "Content-Encoding", "Transfer-Encoding", "User-Agent", "X-Sentry-Auth", "Origin")
PYTHON_CASES = [
    "plain",
    "message",
    "logging",
    "tags_user",
    "breadcrumbs",
    "chained",
    "group",
    "sessions",
    "logs",
    "metrics",
    "check_in",
    "transaction",
    "attachment",
    "span_stream",
    "django",
    "celery",
    "fastapi",
    "deep_locals",
    "deep_chain",
    "deep_logging",
]
NODE_CASES = [
    "plain",
    "chained",
    "tags_user",
    "spans",
    "static_transaction",
    "logs",
    "metrics",
    "check_in",
    "feedback",
    "sessions",
    "deep",
    "big",
]
BROWSER_CASES = ["plain", "tags_user", "feedback", "spans", "click", "deep"]
REACT_CASES = ["boundary", "component_chain", "deep"]
CLI_CASES = {
    "send_event": [
        "send-event",
        "-m",
        "hello from the command line",
        "-t",
        "shop:eu",
        "-e",
        "basket:3",
        "-r",
        "shop@1.0.0",
    ],
    "monitor": ["monitors", "run", "--schedule", "*/5 * * * *", "nightly-report", "--", "true"],
}


@dataclass
class Recorder:
    """The server's memory: which sdk and case the next requests belong to, and what came."""

    out: Path
    static: Path
    sdk: str = ""
    case: str = ""
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def save(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with self.lock:
            self.count += 1
            name = self.out / self.sdk / f"{self.case}-{self.count}"
            name.parent.mkdir(parents=True, exist_ok=True)
            name.with_suffix(".bin").write_bytes(body)
            url = urlsplit(handler.path)
            headers = {key: handler.headers[key] for key in KEPT_HEADERS if handler.headers.get(key)}
            described = {"path": url.path, "query": url.query, "headers": headers}
            name.with_suffix(".json").write_text(json.dumps(described, indent=1) + "\n")

    @contextmanager
    def recording(self, sdk: str, case: str) -> Iterator[None]:
        self.sdk, self.case, self.count = sdk, case, 0
        yield
        print(f"{sdk}/{case}: {self.count} requests")


def chunked(stream: BinaryIO) -> bytes:
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


def handler_for(recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, body: bytes, content_type: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Headers", "content-type, x-sentry-auth, content-encoding, baggage")
            self.end_headers()
            self.wfile.write(body)

        def do_OPTIONS(self) -> None:
            self.answer(b"", "text/plain")

        def do_GET(self) -> None:
            path = recorder.static / urlsplit(self.path).path.lstrip("/")
            if path.suffix == ".js" and path.is_file():
                return self.answer(path.read_bytes(), "text/javascript")
            script = urlsplit(self.path).path.strip("/") or "browser"
            page = f'<!doctype html><title>Shop</title><div id="root"></div><script src="/{script}.js"></script>'
            self.answer(page.encode(), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = chunked(self.rfile)
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            recorder.save(self, body)
            self.answer(b"{}", "application/json")

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def bundle(modules: Path, static: Path) -> None:
    """Build browser.js and react.js from the sources here with esbuild."""
    for name in ("browser.js", "react.jsx"):
        command = [modules / ".bin/esbuild", HERE / name, "--bundle", "--minify", "--keep-names", f"--outdir={static}"]
        environment = {**os.environ, "NODE_PATH": str(modules)}
        subprocess.run([*command, '--define:process.env.NODE_ENV="production"'], env=environment, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shop", type=Path, required=True)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--out", type=Path, default=Path("events/tests/samples"))
    parser.add_argument("--only", default="", help="sdk or sdk/case")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        static = Path(folder)
        recorder = Recorder(options.out, static)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(recorder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        dsn = origin.replace("http://", f"http://{KEY}@") + "/1"
        shop = options.shop.resolve()
        modules = shop / "node_modules"
        for client in HERE.glob("*_client.*"):
            shutil.copy(client, shop)
        environment = {
            "SENTRY_DSN": dsn,
            "SENTRY_ENVIRONMENT": "production",
            "PATH": "/usr/bin:/bin",
            "HOME": str(shop),
        }
        visiting = environment | {"MODULES": str(modules), "ORIGIN": origin, "CHROMIUM": options.chromium}
        bundle(modules, static)
        commands: list[tuple[str, str, list[str]]] = [
            *(("python", case, ["venv/bin/python", "python_client.py", case]) for case in PYTHON_CASES),
            *(("node", case, ["node", "node_client.cjs", case]) for case in NODE_CASES),
            *(("browser", case, ["node", str(HERE / "visit.cjs"), "browser", case]) for case in BROWSER_CASES),
            *(("react", case, ["node", str(HERE / "visit.cjs"), "react", case]) for case in REACT_CASES),
            *(("cli", case, ["node_modules/.bin/sentry-cli", *arguments]) for case, arguments in CLI_CASES.items()),
        ]
        for sdk, case, command in commands:
            if options.only and options.only not in (sdk, f"{sdk}/{case}"):
                continue
            with recorder.recording(sdk, case):
                used = visiting if sdk in ("browser", "react") else environment
                subprocess.run(command, cwd=shop, env=used, timeout=120, check=False, stdout=subprocess.DEVNULL)
        server.shutdown()


if __name__ == "__main__":
    main()
