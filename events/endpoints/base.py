"""What all ingest endpoints share: key, rate, origin, body, answer, CORS."""

import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from events.accounts.keys import Key
from events.endpoints.admission import authentication, body, origins
from events.endpoints.admission.authentication import Refused
from events.endpoints.admission.throttling import Throttled, more, seconds_to_wait
from events.endpoints.exchange import Answer, Arrival
from events.ingest import accounting, intake, pressure, refusals
from events.protocols import sentry
from events.protocols.contract import Decoded
from events.values import addresses, countries, lenient
from events.values.errors import IngestError, Malformed

logger = logging.getLogger(__name__)

# What a page's request may carry: the keys' headers, the body's, what SDKs add, and what tracing adds to every request
# of a page, by each of the propagators that OpenTelemetry has.
ALLOWED_HEADERS = (
    "accept, authentication, authorization, b3, baggage, cache-control, content-encoding, content-type,"
    " elastic-apm-traceparent, newrelic, sentry-trace, traceparent, tracestate, transfer-encoding, uber-trace-id,"
    " x-amzn-trace-id, x-b3-flags, x-b3-parentspanid, x-b3-sampled, x-b3-spanid, x-b3-traceid,"
    " x-datadog-origin, x-datadog-parent-id, x-datadog-sampling-priority, x-datadog-trace-id, x-obs-key,"
    " x-posthog-distinct-id, x-posthog-session-id, x-posthog-window-id, x-request-id, x-requested-with, x-sentry-auth"
)
EXPOSED_HEADERS = "X-Sentry-Rate-Limits, X-Sentry-Error, Retry-After"
# How long an SDK is told to hold back what the project does not take, as Sentry tells it: a day.
DISABLED_SECONDS = 86_400
RETRY_SECONDS = 5


def respond(views: Sequence["IngestView"]) -> list[Answer]:
    """Answer requests that arrived together: what they hold becomes durable together, or each by itself."""
    for view in views:
        view.begin()
    waiting = [view for view in views if view.taken is not None]
    problems = intake.keep([view.taken for view in waiting if view.taken is not None])
    for view, problem in zip(waiting, problems, strict=True):
        view.end(problem)
    return [view.answer for view in views]


class IngestView:
    """One request to an ingest endpoint; `decode` says what its body is.

    `begin` does all that comes before an item is durable, `end` what comes after.
    """

    methods: ClassVar[tuple[str, ...]] = ("POST", "OPTIONS")
    # Which project a key must be of where the address names none; any for None.
    project_without_address: ClassVar[int | None] = 0
    receives_by_get: ClassVar[bool] = False
    # Found by begin: an answer that is final, or else what must be kept before `answer` may leave.
    taken: intake.Taken | None = None
    # Seconds for which the rate lets nothing more through.
    wait: float = 0.0

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.environ = arrival.environ
        self.content_type: str = arrival.environ.get("CONTENT_TYPE", "")
        self.key: Key | None = None
        self.answer = Answer()

    @classmethod
    def as_view(cls, **changes: Any) -> Callable[..., HttpResponse]:
        """A view of Django's, of a subclass with `changes`."""
        made = type(cls.__name__, (cls,), {"__module__": cls.__module__, **changes}) if changes else cls
        view_class = cast(type[IngestView], made)

        def view(request: HttpRequest, **named: Any) -> HttpResponse:
            sent = partial(body.received, request.META, cap=view_class.largest())
            answer = respond([view_class(Arrival(request.META, named, timezone.now(), sent))])[0]
            return HttpResponse(answer.content, answer.content_type, answer.status, headers=answer.headers)

        view.view_class = view_class  # type: ignore[attr-defined]
        view.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie is read here
        return view

    @classmethod
    def largest(cls) -> int:
        """Bytes of a body as sent."""
        return settings.OBS_MAX_BODY_BYTES

    # --- what an endpoint is ---

    def decode(self, data: bytes, context: Any) -> Decoded:
        """What a body holds. Raises IngestError where that cannot be told."""
        raise Malformed("nothing is taken at this address")

    def find_key(self) -> str | None:
        """The key outside the body, where one stands there."""
        return authentication.key_of_sentry(self.environ)

    def get(self) -> Answer:
        """The answer to GET, where it is among the methods and brings no items."""
        return self.problem(404, "There is nothing here to read.")

    def dsn(self, data: bytes) -> sentry.Dsn | None:
        """The DSN that the body names, if its protocol has a place for one."""
        return None

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        return Answer(lenient.canonical({"id": decoded.response_id} if decoded.response_id else {}))

    def problem(self, status: int, detail: str) -> Answer:
        """How a refusal looks in this protocol."""
        return Answer(lenient.canonical({"detail": detail}), status)

    def cross_origin(self) -> dict[str, str]:
        """What lets pages of other sites read the answer."""
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED_HEADERS}

    # --- the way of a request ---

    def begin(self) -> None:
        """Everything up to the items that are to be kept; or the answer, where there is nothing to keep."""
        try:
            method = self.environ["REQUEST_METHOD"].replace("HEAD", "GET")
            if method == "OPTIONS":
                self.answer = self.preflight()
            elif method in self.methods:
                self.open_doors()
                if method == "POST" or (self.receives_by_get and self.is_get):
                    self.taken = self.receive()
                    if self.taken is not None:
                        return
                else:
                    self.answer = self.get()
            else:
                self.answer = self.problem(405, f'Method "{method}" not allowed.')
                self.answer.headers["Allow"] = ", ".join(self.methods)
        except Exception as error:
            self.answer = self.refused(error)
        self.finish()

    def end(self, problem: Exception | None) -> None:
        """The answer, now that the items are durable, or cannot be for the reason given."""
        assert self.taken is not None
        key = self.taken.key
        try:
            if problem is not None:
                raise problem
            self.answer = self.accepted(self.taken.decoded, key)
            limits = rate_limits(key, pressure.gauge.level, self.wait)
            if limits:
                self.answer.headers["X-Sentry-Rate-Limits"] = limits
        except Exception as error:
            self.answer = self.refused(error)
        self.finish()

    def finish(self) -> None:
        self.answer.headers.update(self.cross_origin())

    def open_doors(self) -> None:
        """The key that stands outside the body, its origin and its rate. Raises Refused or Throttled."""
        public_key = self.find_key()
        if public_key is not None:
            self.admit(self.arrival.named.get("project_id", self.project_without_address), public_key)

    def admit(self, project_id: int | None, public_key: str) -> Key:
        """The key, if it may send from where it is and as fast as it does."""
        key = self.key = authentication.usable(project_id, public_key, now=self.arrival.now)
        if not origins.is_allowed(self.environ.get("HTTP_ORIGIN", ""), key.allowed_origins):
            accounting.refusals.refuse(key.project_id, "request", "filtered", "origin")
            raise Refused("This key does not take events from this origin.", reason="origin")
        wait = seconds_to_wait(key)
        if wait:
            raise Throttled(wait)
        return key

    def receive(self) -> intake.Taken | None:
        """Read, decode and scrub the body; None where it was a question, and is answered."""
        data = self.body()
        key = self.agreed_key(data, self.arrival.named.get("project_id", 0))
        agent, country = self.environ.get("HTTP_USER_AGENT", "")[:400], partial(countries.of, self.environ)
        sender = intake.Sender(self.address(), agent, country)
        allowed = partial(self.allowed, key)
        return intake.take(data, decode=self.decode, key=key, sender=sender, now=self.arrival.now, allowed=allowed)

    def allowed(self, key: Key, wanted: int) -> int:
        """How many of so many items the rate lets through; the first was let through at the door."""
        granted, self.wait = more(key, wanted - 1)
        if self.wait:
            self.note("rate_limited", project_id=key.project_id, reason="rate")
        return min(wanted, 1 + granted)

    def body(self) -> bytes:
        """The body, decompressed."""
        encoding = self.environ.get("HTTP_CONTENT_ENCODING", "")
        return body.decompress(self.arrival.body(), encoding=encoding, cap=settings.OBS_MAX_DECOMPRESSED_BYTES)

    def agreed_key(self, data: bytes, project_id: int) -> Key:
        """The one key that the request and its body name between them; a key of the body passes the doors here."""
        dsn = self.dsn(data)
        named = sentry.agreed(self.key.public_key if self.key else None, dsn.key if dsn else None)
        if named is None:
            raise Refused("No key: send X-Sentry-Auth, ?sentry_key= or a DSN in the envelope's header.")
        if dsn is not None and dsn.project_id != project_id:
            raise Refused("The DSN in the envelope names another project.")
        return self.key or self.admit(project_id, named)

    @property
    def is_get(self) -> bool:
        return bool(self.environ["REQUEST_METHOD"] == "GET")

    @property
    def query(self) -> QueryDict:
        return QueryDict(self.environ.get("QUERY_STRING", ""))

    def address(self) -> str:
        return addresses.client(self.environ, proxies=settings.OBS_TRUSTED_PROXIES)

    # --- other answers ---

    def preflight(self) -> Answer:
        headers = {
            "Access-Control-Allow-Methods": ", ".join(self.methods),
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": "86400",
        }
        return Answer(content_type="text/html; charset=utf-8", headers=headers)

    def refused(self, error: Exception) -> Answer:
        """Count the refusal, and say it in the words of the protocol."""
        headers: dict[str, str] = {}
        match error:
            case Throttled():
                assert self.key is not None
                seconds = max(1, math.ceil(error.wait))
                accounting.refusals.refuse(self.key.project_id, "request", "rate_limited", "rate")
                self.note("rate_limited", project_id=self.key.project_id, reason="rate")
                headers["Retry-After"] = str(seconds)
                headers["X-Sentry-Rate-Limits"] = f"{seconds}::key:rate_limited"
                status, detail = 429, f"Too many requests; try again in {seconds} s."
            case IngestError():
                status, detail = error.status, error.detail
                if status == 403:
                    self.note("key_refused", project_id=self.arrival.named.get("project_id"), reason=error.reason)
                elif self.key is not None:
                    accounting.refusals.refuse(self.key.project_id, "request", "invalid", error.reason)
                if status == 503:
                    headers["Retry-After"] = str(RETRY_SECONDS)
                headers["X-Sentry-Error"] = detail.encode("ascii", "replace").decode()[:200]
            case intake.Unavailable():
                status, detail = 503, "Nothing can be stored now; try again."
                headers["Retry-After"] = str(RETRY_SECONDS)
            case _:
                logger.error("An ingest request failed", exc_info=error)
                status, detail = 500, "The server failed."
        answer = self.problem(status, detail)
        answer.headers.update(headers)
        return answer

    def note(self, kind: str, *, project_id: int | None, reason: str) -> None:
        """Leave a security fact where a key was refused or a rate passed."""
        now, address = self.arrival.now, self.address()
        refusals.note(kind, project_id=project_id, reason=reason, now=now, address=address)


def rate_limits(key: Key, level: int, wait: float) -> str:
    """What an accepted request tells the SDK to hold back: what the project refuses, what is shed now, and all of it
    for as long as the key's rate lets nothing more through.
    """
    limits = [f"{wait:.0f}::key:rate_limited"] if wait else []
    if key.disabled_categories:
        limits.append(f"{DISABLED_SECONDS}:{';'.join(sorted(key.disabled_categories))}:project:disabled")
    if pressure.CATEGORIES[level]:
        limits.append(f"{pressure.SECONDS}:{';'.join(pressure.CATEGORIES[level])}:organization:shed")
    return ", ".join(limits)
