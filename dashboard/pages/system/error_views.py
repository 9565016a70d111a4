"""The pages of refusals and faults; clients of an API get the same as JSON."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from analytics.urls import EVALUATED
from dashboard.access import guard, logged_out
from dashboard.frame import layout
from events.endpoints.middleware import WITHOUT_PROJECT

# How the addresses begin that programs call.
API = ("/api/", *WITHOUT_PROJECT, *EVALUATED)


def _page(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    if request.path.startswith(API):
        return JsonResponse({"detail": f"{title}: {words}"}, status=status)
    context = {"status": status, "title": title, "words": words, "theme": layout.theme_of(request)}
    return render(request, "dashboard/system/error.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400, "That request made no sense", "The address or the form was not understood.")


def forged(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """A form without its token, refused before its view."""
    guard.note_refusal(request, reason="csrf", status=403)
    if request.path.startswith(API):
        return forbidden(request)
    return logged_out.answer(request, status=403, has_login=request.user.is_authenticated)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403, "Not with your role", "Ask an owner of the project for more.")


def taken(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        409,
        "Somebody was faster",
        "The same was stored a moment ago. Go back, look at it, or choose another name.",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404, "Nothing here", "The page does not exist, or it is not yours to see.")


def fault(request: HttpRequest) -> HttpResponse:
    return _page(request, 500, "Something broke on our side", "The error was noted. Try again in a moment.")
