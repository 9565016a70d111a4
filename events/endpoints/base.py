"""What all ingest endpoints share: key, rate, origin, body, answer, CORS."""

import math
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from events.accounts.keys import Key
from events.endpoints.admission import body, origins
from events.endpoints.admission.authentication import KeyAuthentication, Refused, usable
from events.endpoints.admission.throttling import KeyThrottle, seconds_to_wait
from events.ingest import accounting, intake, pressure, refusals
from events.protocols import sentry
from events.protocols.contract import Decoded
from events.values import addresses, countries, lenient
from events.values.errors import IngestError

ALLOWED_HEADERS = (
    "content-type, x-sentry-auth, content-encoding, authorization, authentication, sentry-trace, baggage,"
    " x-requested-with"
)
EXPOSED_HEADERS = "X-Sentry-Rate-Limits, X-Sentry-Error, Retry-After"
# How long an SDK is told to hold back what the project does not take, as Sentry tells it: a day.
DISABLED_SECONDS = 86_400


def rate_limits(key: Key, level: int) -> str:
    """What an accepted request tells the SDK to hold back: what the project refuses, and what is shed now."""
    limits = []
    if key.disabled_categories:
        limits.append(f"{DISABLED_SECONDS}:{';'.join(sorted(key.disabled_categories))}:project:disabled")
    if pressure.CATEGORIES[level]:
        limits.append(f"{pressure.SECONDS}:{';'.join(pressure.CATEGORIES[level])}:organization:shed")
    return ", ".join(limits)


class IngestView(APIView):
    """An ingest endpoint; `decode` says what its body is."""

    authentication_classes = [KeyAuthentication]
    throttle_classes = [KeyThrottle]
    content_type = ""
    schema: Any = None  # the protocols are other people's; the OpenAPI document describes the read API

    def decode(self, data: bytes, context: Any) -> Decoded:
        raise exceptions.MethodNotAllowed(self.request.method)

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """DRF's request without its parsers and negotiation: a body is bytes, an answer is JSON."""
        wrapped = Request(request, authenticators=self.get_authenticators(), parser_context={"kwargs": kwargs})
        wrapped.now = timezone.now()
        return wrapped

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_authentication(request)
        if request.auth is not None:
            self.check_origin(request, request.auth)
        self.check_throttles(request)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    def post(self, request: Request, project_id: int = 0) -> HttpResponse:
        environ = request._request.META
        self.content_type = environ.get("CONTENT_TYPE", "")
        data = self.body_of(environ)
        key = self.agreed_key(request, data, project_id)
        agent, country = environ.get("HTTP_USER_AGENT", "")[:400], partial(countries.of, environ)
        sender = intake.Sender(addresses.of_request(request._request), agent, country)
        decoded = intake.ingest(data, decode=self.decode, key=key, sender=sender, now=request.now)
        return self.accepted(decoded, key)

    def body_of(self, environ: dict[str, Any]) -> bytes:
        """The body, decompressed."""
        return body.read(
            environ,
            compressed_cap=settings.OBS_MAX_BODY_BYTES,
            decompressed_cap=settings.OBS_MAX_DECOMPRESSED_BYTES,
        )

    def agreed_key(self, request: Request, data: bytes, project_id: int) -> Key:
        """The one key that the request and its body name between them; a key of the body passes the doors here."""
        dsn = self.dsn(data)
        named = sentry.agreed(request.auth.public_key if request.auth else None, dsn.key if dsn else None)
        if named is None:
            raise Refused("No key: send X-Sentry-Auth, ?sentry_key= or a DSN in the envelope's header.")
        if dsn is not None and dsn.project_id != project_id:
            raise Refused("The DSN in the envelope names another project.")
        return request.auth or self.admit(request, project_id, named)

    def admit(self, request: Request, project_id: int | None, public_key: str) -> Key:
        """The key that only the body names, through the doors that `initial` keeps for the others."""
        request.auth = key = usable(project_id, public_key, now=request.now)
        self.check_origin(request, key)
        wait = seconds_to_wait(key)
        if wait:
            raise exceptions.Throttled(wait)
        return key

    def dsn(self, data: bytes) -> sentry.Dsn | None:
        """The DSN that the body names, if its protocol has a place for one."""
        return None

    def check_origin(self, request: Request, key: Key) -> None:
        if not origins.is_allowed(request._request.META.get("HTTP_ORIGIN", ""), key.allowed_origins):
            accounting.refusals.refuse(key.project_id, "request", "filtered", "origin")
            raise Refused("This key does not take events from this origin.", reason="origin")

    def throttled(self, request: Any, wait: float) -> None:
        raise exceptions.Throttled(wait)

    def accepted(self, decoded: Decoded, key: Key) -> HttpResponse:
        answer = {"id": decoded.response_id} if decoded.response_id else {}
        response = HttpResponse(lenient.canonical(answer), content_type="application/json")
        limits = rate_limits(key, pressure.gauge.level)
        if limits:
            response["X-Sentry-Rate-Limits"] = limits
        return response

    def handle_exception(self, exc: Exception) -> Response:
        request = self.request
        self.note_refusal(exc)
        match exc:
            case IngestError():
                if exc.status != 403 and request.auth is not None:
                    accounting.refusals.refuse(request.auth.project_id, "request", "invalid", exc.reason)
                response = Response({"detail": exc.detail}, status=exc.status)
                if exc.status == 503:
                    response["Retry-After"] = "5"
                response["X-Sentry-Error"] = exc.detail.encode("ascii", "replace").decode()[:200]
            case intake.Unavailable():
                response = Response({"detail": "Nothing can be stored now; try again."}, status=503)
                response["Retry-After"] = "5"
            case exceptions.Throttled():
                key: Key = request.auth
                seconds = max(1, math.ceil(exc.wait or 1))
                accounting.refusals.refuse(key.project_id, "request", "rate_limited", "rate")
                response = Response({"detail": f"Too many requests; try again in {seconds} s."}, status=429)
                response["Retry-After"] = str(seconds)
                response["X-Sentry-Rate-Limits"] = f"{seconds}::key:rate_limited"
            case _:
                return super().handle_exception(exc)
        response.exception = True
        return response

    def note_refusal(self, exc: Exception) -> None:
        """Leave a security fact where a key was refused or a rate passed."""
        request = self.request
        at: dict[str, Any] = {"now": request.now, "address": addresses.of_request(request._request)}
        if isinstance(exc, IngestError) and exc.status == 403:
            refusals.note("key_refused", project_id=self.kwargs.get("project_id"), reason=exc.reason, **at)
        elif isinstance(exc, exceptions.Throttled):
            refusals.note("rate_limited", project_id=request.auth.project_id, reason="rate", **at)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response):
            # Rendered here: ingest does not pass through what renders pages (events/endpoints/middleware.py).
            response = super().finalize_response(request, response, *args, **kwargs).render()
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        return response

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        response = HttpResponse(status=200)
        response["Access-Control-Allow-Methods"] = "POST, OPTIONS"
        response["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response["Access-Control-Max-Age"] = "86400"
        return response
