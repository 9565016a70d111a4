"""Answers as bytes, and the handover of their parts from a thread to the event loop."""

import concurrent.futures
from http import HTTPStatus

from formaos_obs.front import limits
from formaos_obs.front.requests import Answer, Request

PART_BYTES = 64 * 1024
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_BODY = frozenset({204, 205, 304})


class Gone(Exception):
    """The other end closed the connection, or stopped reading."""


class Sent:
    """Tells a thread that its part was written and the next is wanted."""

    def __init__(self) -> None:
        self._future: concurrent.futures.Future[bool] = concurrent.futures.Future()

    def set_done(self) -> None:
        self._future.set_result(True)

    def set_gone(self) -> None:
        self._future.set_result(False)

    def wait(self) -> None:
        """Return when the next part is wanted. Raises Gone."""
        try:
            is_there = self._future.result(limits.STALLED_SECONDS + 10)
        except concurrent.futures.TimeoutError:
            is_there = False
        if not is_there:
            raise Gone


def has_body(request: Request, status: int) -> bool:
    return request.environ["REQUEST_METHOD"] != "HEAD" and status not in _WITHOUT_BODY


def is_chunked(request: Request, answer: Answer) -> bool:
    """Whether parts of unknown total length go out as chunks; an older client is told by the end of the connection."""
    has_length = any(name.lower() == "content-length" for name, _ in answer.headers)
    return not has_length and request.environ["SERVER_PROTOCOL"] == "HTTP/1.1" and has_body(request, answer.status)


def head(request: Request, answer: Answer, *, is_last: bool, date: str, is_whole: bool = True) -> bytes:
    """The status line and headers. A whole answer has a length, one in parts is chunked where the length is unknown."""
    status, protocol = answer.status, request.environ["SERVER_PROTOCOL"]
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, '')}", f"Date: {date}"]
    has_length = False
    for name, value in answer.headers:
        has_length = has_length or name.lower() == "content-length"
        lines.append(f"{name}: {value}")
    if not has_length and is_whole and status not in _WITHOUT_BODY and answer.file is None:
        lines.append(f"Content-Length: {len(answer.body)}")
    elif not has_length and is_chunked(request, answer):
        lines.append("Transfer-Encoding: chunked")
    if is_last:
        lines.append("Connection: close")
    elif protocol == "HTTP/1.0":
        lines.append("Connection: keep-alive")
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or "\0" in text:
        raise ValueError("a header holds a line break")
    return f"{text}\r\n\r\n".encode("latin-1")


def chunk(part: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(part), part)


def plain(status: int) -> bytes:
    """A whole answer to what was no request."""
    phrase = _PHRASES[status]
    text = f"HTTP/1.1 {status} {phrase}\r\nContent-Type: text/plain\r\nContent-Length: {len(phrase) + 1}\r\n"
    return f"{text}Connection: close\r\n\r\n{phrase}\n".encode()
