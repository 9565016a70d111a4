"""A request as it arrives, and the answer to it."""

from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol
from urllib.parse import unquote_to_bytes

import httptools

from events.values.errors import IngestError
from formaos_obs.front.routes import Route

Headers = list[tuple[str, str]]
# Names seen in heads, with their names in a WSGI environment. Strangers choose names, so the table is bounded.
_NAMES: dict[bytes, str] = {}
_MOST_NAMES = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: the whole body, or a file that the event loop sends as fast as the other end reads."""

    status: int
    headers: Headers
    body: bytes = b""
    file: BinaryIO | None = None


class Client(Protocol):
    """The connection of a request, for whoever answers it. All but `is_gone` belong to the event loop's thread."""

    is_gone: bool

    def give_up(self, request: "Request", error: IngestError) -> None: ...

    def finish(self, request: "Request", answer: Answer) -> None: ...

    def begin(self, request: "Request", answer: Answer) -> bool: ...

    def send(self, part: bytes, sent: Any) -> None: ...

    def end(self, request: "Request", last: bytes, *, is_cut: bool) -> None: ...


@dataclass(slots=True, eq=False)
class Request:
    """One request of a connection. `broken` says why its body did not arrive whole; whoever reads it raises that."""

    client: Client
    environ: dict[str, Any]
    url: bytes = b""
    path: str = ""
    route: Route | None = None
    head_bytes: int = 0
    keeps_alive: bool = False
    parts: list[bytes] = field(default_factory=list)
    received: int = 0  # bytes that are held
    arrived: int = 0  # bytes that came, with those that are passed over
    broken: IngestError | None = None
    is_dispatched: bool = False
    dispatched_at: float = 0.0

    @property
    def body(self) -> bytes:
        """The body as sent. Raises what broke it."""
        if self.broken is not None:
            raise self.broken
        if len(self.parts) != 1:
            self.parts = [b"".join(self.parts)]
        return self.parts[0]

    def put_header(self, name: bytes, value: bytes) -> None:
        key = _NAMES.get(name) or _named(name)
        if not key:
            return
        text, environ = value.decode("latin-1"), self.environ
        if key in environ and key.startswith("HTTP_"):
            text = f"{environ[key]}{';' if key == 'HTTP_COOKIE' else ','} {text}"
        environ[key] = text

    def put_url(self) -> None:
        """Split the target. Raises httptools.HttpParserInvalidURLError."""
        if self.url == b"*":
            path, query = b"*", b""
        else:
            parsed = httptools.parse_url(self.url)
            path, query = parsed.path or b"/", parsed.query or b""
        self.path = (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")
        self.environ["PATH_INFO"] = self.path
        self.environ["QUERY_STRING"] = query.decode("latin-1")


def _named(name: bytes) -> str:
    """The name in the environment, or "" for one that must not get there.

    An underscore would let a sender write a header that a proxy in front overwrites: X_Forwarded_For.
    """
    text = name.decode("latin-1")
    if "_" in text:
        return ""
    text = text.upper().replace("-", "_")
    key = text if text in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{text}"
    if len(_NAMES) < _MOST_NAMES and len(name) < 100:
        _NAMES[name] = key
    return key
