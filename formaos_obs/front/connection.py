"""One connection: heads and bodies in, answers out, each within its time and size."""

import asyncio
import logging
from collections import deque
from typing import Any, Protocol, cast

import httptools

from events.values.errors import Busy, IngestError, Malformed, TooLarge, TooSlow
from formaos_obs.front import answers, limits
from formaos_obs.front.requests import Answer, Request
from formaos_obs.front.routes import Routes

logger = logging.getLogger(__name__)

NEVER = float("inf")


class Server(Protocol):
    """What a connection asks of the process that it belongs to."""

    routes: Routes
    patience: limits.Patience
    budget: limits.Budget
    date: str

    def clock(self) -> float: ...

    def environ_of(self, transport: asyncio.Transport) -> dict[str, Any]: ...

    def opened(self, connection: "Connection") -> None: ...

    def closed(self, connection: "Connection") -> None: ...

    def serve(self, request: Request) -> None: ...

    def answered(self, request: Request, status: int) -> None: ...


class Connection(asyncio.Protocol):
    """The protocol of one client. `deadline` is when the present phase ends; the worker looks once a second."""

    __slots__ = (
        "answering", "base", "deadline", "file", "is_closing", "is_gone", "is_paused", "is_silent", "parser", "queued",
        "receiving", "seen", "transport", "waiters", "worker",
    )  # fmt: skip

    def __init__(self, worker: Server) -> None:
        self.worker = worker
        self.parser = httptools.HttpRequestParser(self)
        self.receiving: Request | None = None
        self.answering: Request | None = None
        self.queued: deque[Request] = deque()
        self.file: Answer | None = None
        self.waiters: list[answers.Sent] = []
        self.seen = 0  # bytes since the head began
        self.deadline = NEVER
        self.is_paused = False  # the other end does not read as fast as answers are written
        self.is_closing = False  # the present answer is the last
        self.is_silent = False  # nothing more is read
        self.is_gone = False

    # --- the connection ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.base = self.worker.environ_of(self.transport)
        self.deadline = self.worker.clock() + limits.IDLE_SECONDS
        self.worker.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_gone = True
        self.worker.closed(self)
        for waiter in self.waiters:
            waiter.set_gone()
        self.waiters.clear()
        self._drop_file()
        request = self.receiving
        if request is not None and request.route is not None and not request.is_dispatched:
            # Nobody is there to be answered; the refusal is counted all the same.
            self.give_up(request, Malformed("the connection ended before the body did", reason="truncated"))
        for waiting in self.queued:
            self.worker.budget.give_back(waiting)
        self.queued.clear()

    def data_received(self, data: bytes) -> None:
        if self.is_silent:
            return
        self.seen += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_closing = self.is_silent = True  # no other protocol is spoken; the request itself is answered
            if self.answering is None:
                self.close()
            return
        except httptools.HttpParserError as error:
            if isinstance(error, httptools.HttpParserCallbackError):
                logger.error("A request could not be taken in", exc_info=error)
            self.refuse(400)
            return
        request = self.receiving
        if request is not None and request.route is None and self.seen > limits.HEAD_BYTES:
            self.refuse(431)  # of a header that has not ended the parser has told nothing yet

    def eof_received(self) -> bool:
        """A client may stop sending and still wait for its answer."""
        if self.answering is None or self.receiving is not None:
            return False
        self.is_closing = True
        return True

    # --- what the parser finds ---

    def on_message_begin(self) -> None:
        if self.is_silent:
            return
        self.receiving = Request(self, self.base.copy())
        self.deadline = self.worker.clock() + self.worker.patience.head

    def on_url(self, part: bytes) -> None:
        if self.receiving is not None:
            self.receiving.url += part
            if len(self.receiving.url) > limits.URL_BYTES:
                self.refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        request = self.receiving
        if request is None or request.route is not None:
            return  # a trailer: behind the body nothing is believed
        request.head_bytes += len(name) + len(value)
        request.put_header(name, value)
        if request.head_bytes > limits.HEAD_BYTES or len(request.environ) > limits.HEADERS + len(self.base):
            self.refuse(431)

    def on_headers_complete(self) -> None:
        request = self.receiving
        if request is None:
            return
        environ, parser = request.environ, self.parser
        version = parser.get_http_version()
        environ["SERVER_PROTOCOL"] = f"HTTP/{version}"
        environ["REQUEST_METHOD"] = parser.get_method().decode("ascii")
        request.keeps_alive = parser.should_keep_alive()
        try:
            request.put_url()
        except httptools.HttpParserError:
            self.refuse(400)
            return
        if version == "1.1" and "HTTP_HOST" not in environ:
            self.refuse(400)
            return
        request.route = self.worker.routes.of(request.path)
        self.seen = 0
        self.deadline = self.worker.clock() + self.worker.patience.body
        length = environ.get("CONTENT_LENGTH")
        if length and int(length) > request.route.largest:
            self.give_up(request, TooLarge(f"the body has {length} bytes, the limit is {request.route.largest}"))
        elif version == "1.1" and environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, part: bytes) -> None:
        request = self.receiving
        if request is None or request.is_dispatched or request.route is None:
            return
        request.arrived += len(part)
        if request.route.kept is not None:
            part = part[: max(0, request.route.kept - request.received)]
        if part:
            request.parts.append(part)
            request.received += len(part)
            self.worker.budget.take(request, len(part))
        if request.arrived > request.route.largest:
            self.give_up(request, TooLarge(f"the body has more than {request.route.largest} bytes"))

    def on_message_complete(self) -> None:
        request, self.receiving = self.receiving, None
        self.seen = 0
        if request is None or request.is_dispatched or request.route is None:
            return
        self.dispatch(request)

    # --- decisions ---

    def give_up(self, request: Request, error: IngestError) -> None:
        """Answer without the rest of the body, and close."""
        if request.is_dispatched:
            return
        request.broken = error
        self.worker.budget.give_back(request)
        request.keeps_alive = False
        self.is_closing = True
        self.dispatch(request)

    def dispatch(self, request: Request) -> None:
        request.is_dispatched = True
        self.worker.budget.arrived(request)
        if not request.keeps_alive:
            self.is_closing = True
        self.deadline = NEVER
        if self.answering is None:
            self.answering = request
            self.worker.serve(request)
            return
        self.queued.append(request)
        if len(self.queued) >= limits.PIPELINED:
            self.transport.pause_reading()

    def refuse(self, status: int) -> None:
        """Answer what is no request, behind the answers that are due, and close."""
        if self.is_silent:
            return
        self.is_silent = self.is_closing = True
        self.receiving = None
        if self.answering is None and not self.transport.is_closing():
            self.transport.write(answers.plain(status))
            self.close()

    def expire(self) -> None:
        """The present phase took too long."""
        request = self.receiving
        if self.is_paused or self.is_silent:
            self.transport.abort()
        elif request is None:
            self.transport.close()
        elif request.route is None:
            self.refuse(408)
        else:
            seconds = self.worker.patience.body
            self.give_up(request, TooSlow(f"the body took longer than {seconds:g} s"))

    def give_way(self) -> None:
        """End, so that another connection has room; who was sending is told to try again."""
        request = self.receiving
        if request is not None and request.route is not None:
            self.give_up(request, Busy("Too many connections; try again."))
        else:
            self.transport.close()

    def stop(self) -> None:
        """The server stops: what is under way ends, nothing new begins."""
        if self.answering is None and self.receiving is None:
            self.transport.close()
        self.is_closing = True

    # --- answers ---

    def finish(self, request: Request, answer: Answer) -> None:
        """Send the whole answer, or begin with its file."""
        self.worker.budget.give_back(request)
        self.worker.answered(request, answer.status)
        if self.is_gone:
            if answer.file is not None:
                answer.file.close()
            return
        head = answers.head(request, answer, is_last=self.is_closing, date=self.worker.date)
        has_body = answers.has_body(request, answer.status)
        self.transport.write(head + answer.body if has_body else head)
        if answer.file is not None and has_body:
            self.file = answer
            self._send_file()
            return
        if answer.file is not None:
            answer.file.close()
        self.finished()

    def begin(self, request: Request, answer: Answer) -> bool:
        """Send the head of an answer whose body follows in parts; whether anybody is there to read it."""
        self.worker.answered(request, answer.status)
        if not self.is_gone:
            head = answers.head(request, answer, is_last=self.is_closing, date=self.worker.date, is_whole=False)
            self.transport.write(head)
        return not self.is_gone

    def send(self, part: bytes, sent: answers.Sent) -> None:
        """Write one part; `sent` hears when the next is wanted."""
        if self.is_gone:
            sent.set_gone()
            return
        self.transport.write(part)
        if self.is_paused:
            self.waiters.append(sent)
        else:
            sent.set_done()

    def end(self, request: Request, last: bytes, *, is_cut: bool) -> None:
        """The parts are over. An answer that was cut must not look whole: the connection breaks."""
        self.worker.budget.give_back(request)
        if self.is_gone:
            return
        if is_cut:
            self.transport.abort()
            return
        if last:
            self.transport.write(last)
        self.finished()

    def finished(self) -> None:
        """What comes after an answer: the next request that waits, the next that arrives, or the end."""
        self.answering = None
        if self.queued:
            self.answering = self.queued.popleft()
            self.transport.resume_reading()
            self.worker.serve(self.answering)
        elif self.is_closing:
            self.close()
        elif self.receiving is None and not self.is_paused:
            self.deadline = self.worker.clock() + limits.IDLE_SECONDS

    def close(self) -> None:
        """End after the last answer. Bytes still unread would make the kernel reset it away, so they are read first."""
        if self.receiving is None and not self.is_silent:
            self.transport.close()
            return
        self.is_silent = True
        self.deadline = self.worker.clock() + limits.LINGER_SECONDS
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def pause_writing(self) -> None:
        self.is_paused = True
        self.deadline = self.worker.clock() + limits.STALLED_SECONDS

    def resume_writing(self) -> None:
        self.is_paused = False
        self.deadline = NEVER if self.answering is not None else self.worker.clock() + limits.IDLE_SECONDS
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            waiter.set_done()
        if self.file is not None:
            self._send_file()

    def _send_file(self) -> None:
        assert self.file is not None
        assert self.file.file is not None
        while not self.is_paused:
            part = self.file.file.read(answers.PART_BYTES)
            if not part:
                self._drop_file()
                self.finished()
                return
            self.transport.write(part)

    def _drop_file(self) -> None:
        if self.file is not None and self.file.file is not None:
            self.file.file.close()
        self.file = None
