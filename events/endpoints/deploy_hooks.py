"""The edge of deploy webhooks: no session, no form; the bytes go on as they were signed."""

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from events.endpoints.admission import body
from events.releases import deploys
from events.values.errors import Malformed, TooLarge

# GitHub's largest is 25 MB; one of a deploy has some 20 kB.
BYTES = 1 << 20
_NO_STORE = {"Cache-Control": "no-store"}


@csrf_exempt
def hook(request: HttpRequest, token: str) -> JsonResponse:
    """`POST /api/deploys/hooks/<token>/`: what a source tells of one deploy."""
    if request.method != "POST":
        return JsonResponse({"detail": "Send a POST."}, status=405, headers={**_NO_STORE, "Allow": "POST"})
    try:
        received = body.received(request.META, cap=BYTES)
    except TooLarge as error:
        return JsonResponse({"detail": error.detail}, status=413, headers=_NO_STORE)
    except Malformed as error:
        return JsonResponse({"detail": error.detail}, status=400, headers=_NO_STORE)
    headers = {name.lower(): value for name, value in request.headers.items()}
    outcome = deploys.take(token, headers, received, now=timezone.now())
    answer = {"detail": outcome.words, "deploy": str(outcome.deploy.pk) if outcome.deploy else None}
    return JsonResponse(answer, status=outcome.status, headers=_NO_STORE)
