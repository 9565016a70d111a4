"""The edge of others' alerts: no session, no cookie; a token of the source's own."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from alerts.foreign import taking
from events.endpoints.admission import body
from events.values.errors import IngestError

LARGEST = 2 << 20


@csrf_exempt
def alerts_in(request: HttpRequest, project: str) -> HttpResponse:
    """`/in/alerts/<project>/`: what Alertmanager or Grafana says."""
    if request.method != "POST":
        return HttpResponse("Send a POST.\n", status=405, content_type="text/plain", headers={"Allow": "POST"})
    authorization = request.headers.get("Authorization", "")
    if taking.find(project, taking.secret_of(authorization)) is None:
        return _answer(taking.REFUSED)  # before anything of the body is read
    try:
        sent = body.received(request.META, cap=LARGEST)
        plain = body.decompress(sent, encoding=request.headers.get("Content-Encoding", ""), cap=LARGEST)
    except IngestError as error:
        return _answer(taking.Answer(error.status, str(error)))
    return _answer(taking.take(project, authorization, plain, now=timezone.now()))


def _answer(answer: taking.Answer) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    if answer.retry_after:
        headers["Retry-After"] = str(answer.retry_after)
    if answer.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="alerts"'
    return HttpResponse(f"{answer.text}\n", status=answer.status, content_type="text/plain", headers=headers)
