"""How long and how large the parts of an exchange may be, and how many bytes of bodies a process holds."""

import resource
from dataclasses import dataclass

from django.conf import settings

from events.values.errors import Busy
from formaos_obs.front.requests import Request

# A head: the request line and all headers. Cookies and traces fit several times over.
HEAD_BYTES = 64 * 1024
URL_BYTES = 32 * 1024
HEADERS = 100
# Longer than proxies keep an idle connection to their upstream (nginx: 60 s), so that they close it and not this side.
IDLE_SECONDS = 75.0
# A reader that takes nothing for this long is gone.
STALLED_SECONDS = 60.0
# How long a refused sender is still read from, so that the refusal reaches it before the connection ends.
LINGER_SECONDS = 2.0
# A connection costs some kilobytes; past this many, those that are idle end first.
MOST_CONNECTIONS = 10_000
# Descriptors that are not connections: databases, logs, files that are sent.
RESERVED_FILES = 200
# Requests that a client may send ahead of their answers.
PIPELINED = 8


def most_connections() -> int:
    """How many connections a process may have, by the number of files that it may open."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(MOST_CONNECTIONS, allowed - RESERVED_FILES))


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for a head and for a body, each from its first byte to its last."""

    head: float
    body: float


def patience() -> Patience:
    return Patience(settings.OBS_HEAD_SECONDS, settings.OBS_BODY_SECONDS)


class Budget:
    """The bytes of all bodies that a process holds. Past the limit the body that has been arriving longest gives way.

    A quick body is never the oldest for long, so senders that trickle cannot keep others out.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self.evicted = 0
        self._arriving: dict[Request, None] = {}  # oldest first

    def take(self, request: Request, count: int) -> None:
        """Count `count` more bytes of a body that is arriving, and make room for them."""
        self._arriving.setdefault(request)
        self.held += count
        while self.held > self.limit and self._arriving:
            oldest = next(iter(self._arriving))
            self.evicted += 1
            oldest.client.give_up(oldest, Busy("Too many bodies are arriving; try again."))

    def arrived(self, request: Request) -> None:
        """The body is whole, or given up: it no longer gives way."""
        self._arriving.pop(request, None)

    def give_back(self, request: Request) -> None:
        """The body is no longer needed."""
        self._arriving.pop(request, None)
        self.held -= request.received
        request.parts, request.received = [], 0
