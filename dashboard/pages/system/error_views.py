"""The pages of refusals and faults; clients of an API get the same as JSON."""

import sys

from django.db import InterfaceError, OperationalError
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
    """503 where the database could not be reached or ended the connection, as while it is started anew; else 500."""
    if _is_out_of_reach(sys.exc_info()[1]):
        words = "The database did not answer. Events are kept meanwhile; try again in a moment."
        answer = _page(request, 503, "Not just now", words)
        answer["Retry-After"] = "5"
        return answer
    return _page(request, 500, "Something broke on our side", "The error was noted. Try again in a moment.")


def _is_out_of_reach(error: BaseException | None) -> bool:
    """Whether nobody said why (there is no connection), or what ended it says so: shutdown, starting, too many."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state[:2] in {"", "08"} or state in {"57P01", "57P02", "57P03", "53300"}
