"""Whether a login still lasts, asked by open pages."""

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_safe


@require_safe
def presence(request: HttpRequest) -> JsonResponse:
    """Who is logged in, empty for nobody, and the token for their forms.

    Says nothing that the page which asks did not know; it asks by itself, so it leaves no entry in the audit trail.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"user": ""})
    return JsonResponse({"user": request.user.get_username(), "token": get_token(request)})
