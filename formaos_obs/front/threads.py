"""The threads that answer: Django runs in them as a WSGI application, on requests that are whole."""

import io
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO, cast

from events.values.errors import IngestError
from formaos_obs.front import answers
from formaos_obs.front.requests import Answer, Headers, Request

logger = logging.getLogger(__name__)

# A page that waited for a thread this long is not wanted any more.
WAITED_SECONDS = 30.0
# An answer of unknown nature up to this size is sent whole.
GATHERED_BYTES = 1024 * 1024
_GATHERED: dict[bool | None, float] = {True: 0, False: float("inf")}
_RETRY = ("Retry-After", "5")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class FileWrapper:
    """PEP 3333's wsgi.file_wrapper: the event loop sends such a file, no thread waits for a slow reader."""

    def __init__(self, file: BinaryIO, block_size: int = answers.PART_BYTES) -> None:
        self.file = file
        self.block_size = block_size
        self.fileno = file.fileno  # by which sentry-sdk knows a file that it must not wrap

    def __iter__(self) -> "FileWrapper":
        return self

    def __next__(self) -> bytes:
        part = self.file.read(self.block_size)
        if not part:
            raise StopIteration
        return part

    def close(self) -> None:
        self.file.close()


class Input(io.RawIOBase):
    """`wsgi.input` of a body that did not arrive whole: reading it raises why."""

    def __init__(self, error: IngestError) -> None:
        self.error = error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise self.error

    def read(self, size: int = -1) -> bytes:
        raise self.error


class Site:
    """Django's WSGI application, asked for one request at a time."""

    def __init__(self, application: Application, *, call_soon: Callable[..., Any], clock: Callable[[], float]) -> None:
        self.application = application
        self.call_soon = call_soon  # has the event loop call something
        self.clock = clock

    def page(self, request: Request) -> None:
        """Answer anything else."""
        if request.broken is not None:
            self._finish(request, _problem(request.broken.status, request.broken.detail))
        elif request.client.is_gone:
            self._finish(request, Answer(499, []))  # nobody is told
        elif self.clock() - request.dispatched_at > WAITED_SECONDS:
            self._finish(request, _problem(503, "The server is busy; try again."))
        else:
            self.answer(request)

    def answer(self, request: Request) -> None:
        """Have the application answer, whatever became of the body."""
        status, headers = 500, cast(Headers, [])

        def start(line: str, given: Headers, exc_info: Any = None) -> Callable[[bytes], None]:
            nonlocal status, headers
            status, headers = int(line[:3]), given
            return _write

        try:
            result = self.application(environ_of(request), start)
        except Exception:
            logger.exception("The application failed")
            self._finish(request, _problem(500, "The server failed."))
            return
        if isinstance(result, FileWrapper) and any(name.lower() == "content-length" for name, _ in headers):
            self._finish(request, Answer(status, headers, file=result.file))
            return
        # Django's own answers say whether they are streams; of one that somebody wrapped it shows by its size.
        most = _GATHERED.get(getattr(result, "streaming", None), GATHERED_BYTES)
        parts = iter(result)
        try:
            gathered, is_whole = _gather(parts, most)
        except Exception:
            logger.exception("The application failed")
            gathered, is_whole, status, headers = [b"The server failed.\n"], True, 500, []
        if is_whole:
            self._finish(request, Answer(status, headers, b"".join(gathered)))
            _close(result)
        else:
            self._stream(request, Answer(status, headers), chain(gathered, parts), result)

    def _finish(self, request: Request, answer: Answer) -> None:
        self.call_soon(request.client.finish, request, answer)

    def _stream(self, request: Request, answer: Answer, parts: Iterable[bytes], result: Any) -> None:
        """Send the parts as they come, never more of them than the other end reads."""
        client, call_soon = request.client, self.call_soon
        is_chunked, is_wanted = answers.is_chunked(request, answer), answers.has_body(request, answer.status)
        is_cut = True
        call_soon(client.begin, request, answer)
        try:
            for part in parts if is_wanted else ():
                if part:
                    sent = answers.Sent()
                    call_soon(client.send, answers.chunk(part) if is_chunked else part, sent)
                    sent.wait()
            is_cut = False
        except answers.Gone:
            pass
        except Exception:
            logger.exception("An answer broke off")
        finally:
            _close(result)
            last = b"0\r\n\r\n" if is_chunked else b""
            call_soon(lambda: client.end(request, last, is_cut=is_cut))


def _gather(parts: Iterator[bytes], most: float) -> tuple[list[bytes], bool]:
    """The parts up to `most` bytes, and whether these were all."""
    gathered: list[bytes] = []
    size = 0
    while size < most:
        part = next(parts, None)
        if part is None:
            return gathered, True
        gathered.append(part)
        size += len(part)
    return gathered, False


def environ_of(request: Request) -> dict[str, Any]:
    """The WSGI environment. A body has a length by now, also one that came in chunks."""
    environ = request.environ
    if request.broken is None:
        body = request.body
        environ["wsgi.input"] = io.BytesIO(body)
        if body or "HTTP_TRANSFER_ENCODING" in environ:
            environ["CONTENT_LENGTH"] = str(len(body))
            environ.pop("HTTP_TRANSFER_ENCODING", None)
    else:
        environ["wsgi.input"] = Input(request.broken)
    return environ


def base_environ(*, name: str, port: int, address: str) -> dict[str, Any]:
    """What the environments of all requests of a connection share."""
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FileWrapper,
    }


def _problem(status: int, detail: str) -> Answer:
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    return Answer(status, [*headers, _RETRY] if status == 503 else headers, f"{detail}\n".encode())


def _close(result: Any) -> None:
    if hasattr(result, "close"):
        try:
            result.close()
        except Exception:
            logger.exception("An answer could not be closed")


def _write(data: bytes) -> None:
    raise RuntimeError("PEP 3333's write() is not offered; return the parts")
