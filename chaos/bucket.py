"""A bucket in bad hands: moto's S3 server, and a relay before it that does what stores and networks do.

`python -m chaos.bucket --port 9000 --store 9001 --seed 1` is the relay. It is told of an outage, and asked what it did,
at /-/away?seconds=60 and /-/counts.
"""

import argparse
import http.client
import json
import random
import re
import socket
import struct
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.ingest import processes

NAME = "facts"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "chaos",
    "AWS_SECRET_ACCESS_KEY": "chaos-secret",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
SAID = {"throttled": (503, "SlowDown"), "failed": (500, "InternalError"), "denied": (403, "AccessDenied")}
# What a request meets, in how many of a thousand. A "late" one is carried out after its sender gave up (3 s).
FAULTS = {"throttled": 25, "failed": 10, "reset": 10, "unanswered": 10, "late": 3, "cut": 5}
LATE_SECONDS = 4.0
# A list may be as old as this, and the store's clock as wrong as that.
STALE_SECONDS = 20.0
SKEW = timedelta(hours=2)
ERROR = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"
HOP = {"connection", "keep-alive", "transfer-encoding", "date", "content-length"}
# What the relay says for itself: it takes bodies whole, in whichever pieces they came.
OURS = {"connection", "expect", "transfer-encoding"}
_MODIFIED = re.compile(rb"<LastModified>([^<]+)</LastModified>")


@dataclass
class Moods:
    """What the relay does to the next request, and what it did so far."""

    seed: int
    away_until: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    lists: dict[str, tuple[float, "Answer"]] = field(default_factory=dict)
    bodies: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def fault(self) -> str:
        """The name of a fault, or "" for none."""
        with self.lock:
            self.counts["requests"] += 1
            if time.monotonic() < self.away_until:
                self.counts["away"] += 1
                return "away"
            number = self.dice.randrange(1000)
            for name, share in FAULTS.items():
                number -= share
                if number < 0:
                    self.counts[name] += 1
                    return name
            return ""

    def old_list(self, path: str) -> "Answer | None":
        """An earlier answer to the same list, at times."""
        with self.lock:
            at, answer = self.lists.get(path, (0.0, None))
            if answer is None or time.monotonic() - at > STALE_SECONDS or self.dice.random() < 0.5:
                return None
            self.counts["stale lists"] += 1
            return answer

    def keep_list(self, path: str, answer: "Answer") -> None:
        with self.lock:
            self.lists[path] = time.monotonic(), answer

    def skew(self) -> timedelta:
        """How far the store's clock is off in one answer."""
        with self.lock:
            return SKEW * self.dice.choice((-1, 0, 0, 1))

    def note_write(self, path: str, body: bytes) -> None:
        """Count objects that were written a second time as something else: nobody may."""
        key = urlsplit(path).path
        if not key.endswith(".parquet"):
            return
        with self.lock:
            if self.bodies.setdefault(path, hash(body)) != hash(body):
                self.counts["overwritten"] += 1


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Relay(BaseHTTPRequestHandler):
    """One connection to the store; a server makes a class of its own of it, with `moods` and the port of `store`."""

    protocol_version = "HTTP/1.1"
    moods: Moods
    store: int

    def do_GET(self) -> None:
        if self.path.startswith("/-/"):
            self._be_told()
            return
        body = self._body()
        fault = self.moods.fault()
        if fault in ("away", "reset"):
            self._reset()
        elif fault in SAID:
            self._say(*SAID[fault])
        else:
            self._pass_on(body, fault)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

    def _pass_on(self, body: bytes, fault: str) -> None:
        if fault == "late":
            time.sleep(LATE_SECONDS)
        is_list = self.command == "GET" and "list-type=" in self.path
        answer = (self.moods.old_list(self.path) if is_list else None) or self._ask(body)
        if is_list:
            self.moods.keep_list(self.path, answer)
        if self.command == "PUT" and answer.status == 200:
            self.moods.note_write(self.path, body)
        if fault == "unanswered":
            self._reset()
        else:
            self._answer(skewed(answer, self.moods.skew()), is_cut=fault == "cut")

    def _ask(self, body: bytes) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.store, timeout=30)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OURS}
            connection.request(self.command, self.path, body, headers)
            found = connection.getresponse()
            kept = tuple((name, value) for name, value in found.getheaders() if name.lower() not in HOP)
            length = found.getheader("Content-Length")
            if self.command == "HEAD" and length is not None:
                kept += (("Content-Length", length),)
            return Answer(found.status, kept, found.read())
        finally:
            connection.close()

    def _answer(self, answer: Answer, *, is_cut: bool) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.command != "HEAD" and answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if is_cut:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self._reset()
        elif self.command != "HEAD":
            self.wfile.write(answer.body)

    def _say(self, status: int, code: str) -> None:
        body = b"" if self.command == "HEAD" else ERROR.format(code=code).encode()
        self._answer(Answer(status, (("Content-Type", "application/xml"),), body), is_cut=False)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _reset(self) -> None:
        """End the connection as a router does that forgot it."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wfile = open("/dev/null", "wb")  # noqa: SIM115, PTH123 - nothing more is said
        self.connection.close()

    def _be_told(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/-/away":
            self.moods.away_until = time.monotonic() + float(parse_qs(parts.query)["seconds"][0])
        self._answer(Answer(200, (), json.dumps(self.moods.counts).encode()), is_cut=False)

    def log_message(self, format: str, *args: object) -> None:
        return


def skewed(answer: Answer, by: timedelta) -> Answer:
    """The answer of a store whose clock is off by so much."""
    if not by:
        return answer
    headers = tuple(
        (name, format_datetime(parsedate_to_datetime(value) + by, usegmt=True) if name == "Last-Modified" else value)
        for name, value in answer.headers
    )

    def moved(found: re.Match[bytes]) -> bytes:
        at = datetime.fromisoformat(found.group(1).decode().replace("Z", "+00:00")) + by
        return f"<LastModified>{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}</LastModified>".encode()

    return Answer(answer.status, headers, _MODIFIED.sub(moved, answer.body))


class Bucket:
    """Store and relay, each a process of its own."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.store, self.port = processes.free_port(), processes.free_port()
        moto = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.store)]
        relay = [sys.executable, "-m", "chaos.bucket", "--port", str(self.port), "--store", str(self.store)]
        root = Path(__file__).resolve().parent.parent
        self.running = [
            processes.start(moto, cwd=root, log=Path("/dev/null")),
            processes.start([*relay, "--seed", str(seed)], cwd=root, log=folder / "bucket.log"),
        ]
        processes.wait_for(f"http://127.0.0.1:{self.store}/")
        processes.wait_for(f"http://127.0.0.1:{self.port}/-/counts")
        making = urllib.request.Request(f"http://127.0.0.1:{self.store}/{NAME}", method="PUT")
        urllib.request.urlopen(making, timeout=30).close()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "OBS_SEGMENT_ROOT": f"s3://{NAME}/chaos", "OBS_S3_ENDPOINT": f"http://127.0.0.1:{self.port}", **CREDENTIALS,
        }  # fmt: skip

    def leave(self, seconds: float) -> None:
        """Be away for so long."""
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/away?seconds={seconds:g}", timeout=30).close()

    def counts(self) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/counts", timeout=30) as answer:
            return dict(json.load(answer))

    def take(self, path: str, target: Path) -> bool:
        """Copy an object from behind the relay; False where there is none. Raises what the store says five times."""
        # moto asks nobody who they are, but gives what was sent in parts to nobody who says nothing.
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.store}/{NAME}/chaos/{path}", headers={"Authorization": "AWS chaos:read"}
        )
        for tries in range(5):
            try:
                with urllib.request.urlopen(asked, timeout=60) as answer:
                    target.write_bytes(answer.read())
                    return True
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    return False
                if tries == 4:
                    raise
                time.sleep(1)
        return False

    def stop(self) -> None:
        processes.stop(*self.running)


class Server(ThreadingHTTPServer):
    """The relay at `port`, any that is free for 0."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, moods: Moods, *, port: int, store: int) -> None:
        super().__init__(("127.0.0.1", port), type("Relay", (Relay,), {"moods": moods, "store": store}))

    def handle_error(self, request: object, client_address: object) -> None:
        """A killed process leaves its connections half said."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--store", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    Server(Moods(options.seed), port=options.port, store=options.store).serve_forever()


if __name__ == "__main__":
    main()
