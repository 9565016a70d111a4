"""The clients' side of the truth: what was sent, and what the server said to it."""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

TYPES = [f"Chaos{letter}Error" for letter in "ABCDEFGHIJKLMNOPQRST"]


@dataclass
class Ledger:
    """Event ids by what is known of them: acknowledged with 2xx, refused, or sent with no answer read."""

    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    repeated: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, event_id: str, status: int | None, *, is_repeat: bool) -> None:
        with self.lock:
            self.repeated += is_repeat
            self.statuses[status or 0] += 1
            if status is None:
                self.unanswered.add(event_id)
            elif 200 <= status < 300:
                self.acknowledged.add(event_id)
            else:
                self.refused.add(event_id)


class Client(threading.Thread):
    """Sends until told to stop, to any of the hosts. Some answers are cut before they are read, and then the same event
    is sent again."""

    def __init__(
        self, hosts: "Sequence[Dsn]", ledger: Ledger, stop: threading.Event, *, seed: int, pause: float
    ) -> None:
        super().__init__(daemon=True)
        self.hosts, self.ledger, self.stop_event, self.pause = hosts, ledger, stop, pause
        self.random = random.Random(seed)
        self.connections: dict[Dsn, http.client.HTTPConnection] = {}

    def run(self) -> None:
        while not self.stop_event.is_set():
            event_id = uuid.UUID(int=self.random.getrandbits(128), version=4).hex
            body = envelope(event_id, self.random)
            status = self.send(body, cut=self.random.random() < 0.02)
            self.ledger.note(event_id, status, is_repeat=False)
            tries = 0
            while status is None and tries < 3 and not self.stop_event.is_set():
                tries += 1
                time.sleep(0.05 * tries)
                status = self.send(body, cut=False)
                self.ledger.note(event_id, status, is_repeat=True)
            time.sleep(self.pause)

    def send(self, body: bytes, *, cut: bool) -> int | None:
        """The answer's status, or None where there was none (or it was cut on purpose)."""
        dsn = self.random.choice(self.hosts)
        try:
            connection = self.connections.get(dsn)
            if connection is None:
                connection = self.connections[dsn] = http.client.HTTPConnection(dsn.host, dsn.port, timeout=20)
            connection.request("POST", dsn.path, body, {"Content-Type": "application/x-sentry-envelope"})
            if cut:
                self.connections.pop(dsn).close()
                return None
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            if dsn in self.connections:
                self.connections.pop(dsn).close()
            return None
        return answer.status


@dataclass(frozen=True)
class Dsn:
    host: str
    port: int
    project_id: int
    key: str

    @property
    def path(self) -> str:
        return f"/api/{self.project_id}/envelope/?sentry_key={self.key}&sentry_version=7"


def envelope(event_id: str, dice: random.Random) -> bytes:
    """One error of one of twenty types, from one of a hundred users."""
    kind = dice.choice(TYPES)
    event = {
        "event_id": event_id,
        "timestamp": time.time(),
        "platform": "python",
        "release": f"chaos@1.{dice.randrange(3)}",
        "environment": dice.choice(["production", "staging"]),
        "user": {"id": str(dice.randrange(100))},
        "exception": {"values": [{"type": kind, "value": f"run {dice.random()}", "stacktrace": {"frames": [
            {"module": f"chaos.{kind.lower()}", "function": "strike", "in_app": True, "lineno": dice.randrange(500)}
        ]}}]},
        "extra": {"filler": "x" * dice.randrange(200, 3000)},
    }  # fmt: skip
    return b"\n".join([json.dumps({"event_id": event_id}).encode(), b'{"type":"event"}', json.dumps(event).encode()])
