"""The edge of pings: no session, no cookie, no form; any method tells, OPTIONS only asks."""

from typing import BinaryIO

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from alerts.monitors import pings

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
    "Ping-Body-Limit": str(pings.BODY_LIMIT),
}
_PREFLIGHT = {"Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS", "Access-Control-Allow-Headers": "*"}


@csrf_exempt
def ping(request: HttpRequest, ping: str) -> HttpResponse:
    """`/ping/…`: what a job says of itself."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={**HEADERS, **_PREFLIGHT})
    asked = pings.read(ping, request.GET.dict())
    answer = asked if isinstance(asked, pings.Answer) else pings.take(asked, _body(request), now=timezone.now())
    return HttpResponse(answer.text, status=answer.status, content_type="text/plain", headers=HEADERS)


def _body(request: HttpRequest) -> bytes:
    """The beginning of what was sent along, whatever its type says and however long it is.

    Read from the server's stream: Django would refuse a long body, and lose one that is sent in chunks. A server that
    does not end the stream of a chunked body itself would let us wait for ever.
    """
    environ = request.META
    stream: BinaryIO | None = environ.get("wsgi.input")
    length = environ.get("CONTENT_LENGTH") or ""
    if stream is None or not (length.isdecimal() or environ.get("wsgi.input_terminated")):
        return b""
    wanted = min(int(length), pings.BODY_LIMIT) if length.isdecimal() else pings.BODY_LIMIT
    parts, missing = [], wanted
    try:
        while missing and (part := stream.read(missing)):
            parts.append(part)
            missing -= len(part)
    except OSError:
        pass  # the sender went; the ping itself arrived
    return b"".join(parts)
