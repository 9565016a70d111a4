"""From an error in an application to the message at the door of Slack: `manage.py up`, sentry-sdk, a stand-in.

    python bench/alert_latency.py [--errors 30] [--cold 8] [--pause 3.2] [--limit 3]

The first errors after the start are printed and not counted, and waited for. Each error is new, so each is told; a
channel takes twenty messages a minute one by one, so the pause is not shorter.
Prints how long it took in seconds, p50, p95 and the worst; exits 1 when p95 is above the limit or one never came.
"""

import argparse
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import sentry_sdk  # noqa: E402

from bench.ingest import processes  # noqa: E402

CHANNEL = """
from django.utils import timezone
from alerts.delivery import channel_setup
from events.models import Project
url = "http://127.0.0.1:{port}/services/T0/B0/secret"
project = Project.objects.get(pk={project})
channel_setup.create(project, kind="slack", name="stand-in", config={{"url": url}}, actor="bench", now=timezone.now())
"""


def main() -> None:
    options = _options()
    var = Path(options.var).resolve()
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    arrived: dict[str, float] = {}
    server = _stand_in(arrived)
    env = os.environ | {
        "OBS_VAR_DIR": str(var), "PORT": str(processes.free_port()), "PYTHONUNBUFFERED": "1",
        "OBS_OUTBOUND_ALLOW": f"127.0.0.1:{server.server_address[1]}",
    }  # fmt: skip
    up = _start(var, env)
    try:
        dsn = json.loads((var / "up.json").read_text())["dsn"]
        code = CHANNEL.format(project=dsn.rpartition("/")[2], port=server.server_address[1])
        shell = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        subprocess.run(shell, cwd=ROOT, env=env, check=True, capture_output=True)
        took = measure(dsn, arrived, cold=options.cold, errors=options.errors, pause=options.pause)
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(60)
    sys.exit(0 if report(took, options) else 1)


def measure(dsn: str, arrived: dict[str, float], *, cold: int, errors: int, pause: float) -> list[float]:
    """Seconds of each error until its message came; infinite where it did not within thirty.

    What counts is sent when the cold ones have come: else it would wait with them for processes that load.
    """
    sentry_sdk.init(dsn, default_integrations=False, release="bench@1")
    sent: dict[str, float] = {}
    for n in range(cold + errors):
        if n == cold:
            _await(arrived, cold)
        name = f"Latency{n:04}"
        sent[name] = time.monotonic()
        try:
            raise type(name, (Exception,), {})("It broke.")
        except Exception as error:
            sentry_sdk.capture_exception(error)
        time.sleep(max(0.0, sent[name] + pause - time.monotonic()))
    _await(arrived, cold + errors)
    return [arrived.get(name, float("inf")) - at for name, at in sent.items()]


def _await(arrived: dict[str, float], count: int) -> None:
    """Until so many messages came, or for thirty seconds."""
    deadline = time.monotonic() + 30
    while len(arrived) < count and time.monotonic() < deadline:
        time.sleep(0.1)


def report(took: list[float], options: argparse.Namespace) -> bool:
    cold, took = took[: options.cold], took[options.cold :]
    print(f"cold, not counted: {' '.join(f'{one:.2f}' for one in cold)} s, while processes load what they first need")
    ordered = sorted(took)
    p50, p95 = (ordered[math.ceil(len(ordered) * share) - 1] for share in (0.5, 0.95))
    print(f"{len(took)} errors, one each {options.pause:g} s, from capture_exception to the request at the stand-in")
    print(f"p50 {p50:.2f} s, p95 {p95:.2f} s, worst {ordered[-1]:.2f} s; the limit of p95 is {options.limit:g} s")
    return p95 <= options.limit and ordered[-1] < float("inf")


def _stand_in(arrived: dict[str, float]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = body["text"].partition("Latency")[2][:4]
            arrived.setdefault(f"Latency{name}", time.monotonic())
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _start(var: Path, env: dict[str, str]) -> "subprocess.Popen[bytes]":
    with (var / "up.log").open("wb") as log:
        up = subprocess.Popen([sys.executable, "manage.py", "up"], cwd=ROOT, env=env, stdout=log, stderr=log)
    deadline = time.monotonic() + 300
    while not ((var / "up.json").exists() and _is_ready(f"http://127.0.0.1:{env['PORT']}/readyz")):
        if up.poll() is not None or time.monotonic() > deadline:
            up.send_signal(signal.SIGTERM)
            up.wait(60)
            sys.exit((var / "up.log").read_text())
        time.sleep(0.2)
    return up


def _is_ready(url: str) -> bool:
    """Whether web, clock and workers run."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", type=int, default=30)
    parser.add_argument("--cold", type=int, default=8, help="Errors before, right after the start.")
    parser.add_argument("--pause", type=float, default=3.2, help="Seconds between errors.")
    parser.add_argument("--limit", type=float, default=3.0, help="Seconds that p95 may take.")
    parser.add_argument("--var", default=str(ROOT / "var" / "bench" / "alert_latency"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
