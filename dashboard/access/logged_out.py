"""What somebody sees who changes something after the login ended: that nothing was changed, and what they had typed."""

from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import re2
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse

MOST = 20
LONGEST = 10_000
# Not shown again: what the browser filled in by itself, and what nobody should read on a screen.
_HIDDEN = re2.compile(r"(?i)^(csrfmiddlewaretoken|next|action|issue|batch)$|pass|token|secret|key|code|dsn")


def answer(request: HttpRequest, *, status: int = 401, has_login: bool = False) -> HttpResponseBase:
    """The page that says so, or the same as JSON. `has_login`: somebody is logged in, but not by the page's token."""
    title = "This page is out of date" if has_login else "You are logged out"
    if wants_json(request):
        return JsonResponse({"detail": f"{title}: nothing was changed."}, status=status)
    back = came_from(request)
    context = {
        "status": status,
        "title": title,
        "has_login": has_login,
        "typed": list(typed(request)) if is_own(request) else [],
        "back": back,
        "login": f"{reverse('dashboard:login')}?{urlencode({'next': back})}",
    }
    response: HttpResponse = render(request, "dashboard/system/logged_out.html", context, status=status)
    return response


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, which can do nothing with a page for people."""
    return request.headers.get("Accept", "").split(",")[0].strip() == "application/json"


def came_from(request: HttpRequest) -> str:
    """The page of ours that the form stood on; home when that is not known."""
    referrer = urlsplit(request.headers.get("Referer", "")[:2000])
    if referrer.netloc == request.get_host() and referrer.path.startswith("/") and not referrer.path.startswith("//"):
        return f"{referrer.path}?{referrer.query}" if referrer.query else referrer.path
    return reverse("dashboard:home")


def is_own(request: HttpRequest) -> bool:
    """Whether the form stood on a page of ours: others' texts are not shown under our name."""
    return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()


def typed(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """(field, text) of what was typed, bounded; no secrets and nothing that was only chosen."""
    shown = 0
    for name, values in request.POST.lists():
        text = "\n".join(values).strip()
        if text and not _HIDDEN.search(name) and shown < MOST:
            shown += 1
            yield name[:60].replace("_", " "), text[:LONGEST]
