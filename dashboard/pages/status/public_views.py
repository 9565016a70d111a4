"""The public status page: no login, no cookie, no script; caches keep it for half a minute and compare its ETag."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from alerts.incidents.status import documents, reading, states, subscribing
from alerts.models import StatusPage
from events.endpoints.admission.buckets import Buckets
from events.values import addresses

MAX_AGE = 30
# How often one network, and everybody together, may ask for mails in a minute.
OF_NETWORK, OF_ALL = 5, 60
_buckets = Buckets()
_JSON = {
    "summary": lambda found, only: documents.summary(found),
    "status": lambda found, only: documents.status(found),
    "components": lambda found, only: documents.components(found),
    "incidents": lambda found, only: documents.incidents(found, only=only),
    "scheduled-maintenances": lambda found, only: documents.maintenances(found, only=only),
}
_ONLY = {"incidents": {"", "unresolved"}, "scheduled-maintenances": {"", "active", "upcoming"}}


def _public(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Makes `view(request, page, **rest)` an address of a published page; 404 for all others, and for their like."""

    @wraps(view)
    def door(request: HttpRequest, slug: str, **rest: Any) -> HttpResponseBase:
        found = reading.public(slug)
        if found is None:
            raise Http404("No such page.")
        return view(request, found, **rest)

    return door


@require_safe
@_public
def status_public(request: HttpRequest, page: StatusPage) -> HttpResponseBase:
    """How everything is, how the last ninety days were, and what people published."""
    return drawn(request, page, now=timezone.now())


def drawn(request: HttpRequest, page: StatusPage, *, now: datetime, is_preview: bool = False) -> HttpResponseBase:
    """The page; a preview is for whoever looks alone."""
    found = reading.status(page, now=now)
    context = {
        "page": page, "status": found, "is_preview": is_preview, "weights": states.WEIGHTS,
        "json_url": reverse("dashboard:status-json", args=[page.slug, "summary"]),
    }  # fmt: skip
    body = render_to_string("dashboard/status/public.html", context).encode()
    if is_preview:
        return HttpResponse(body)
    return _kept(request, page, body, "text/html; charset=utf-8")


@require_safe
@_public
def status_notice(request: HttpRequest, page: StatusPage, public_id: str) -> HttpResponseBase:
    """One notice with all its updates."""
    found = reading.notice(page, public_id)
    if found is None:
        raise Http404("No such notice.")
    context = {"page": page, "notice": found, "names": reading.names(page, found.components)}
    body = render_to_string("dashboard/status/public_notice.html", context).encode()
    return _kept(request, page, body, "text/html; charset=utf-8")


@require_safe
@_public
def status_json(request: HttpRequest, page: StatusPage, document: str, only: str = "") -> HttpResponseBase:
    """The documents of Statuspage's API v2."""
    if document not in _JSON or only not in _ONLY.get(document, {""}):
        raise Http404("No such document.")
    found = reading.status(page, now=timezone.now(), with_days=False)
    body = orjson.dumps(_JSON[document](found, only))
    return _kept(request, page, body, "application/json; charset=utf-8", is_open=True)


@require_safe
@_public
def status_atom(request: HttpRequest, page: StatusPage) -> HttpResponseBase:
    body = documents.atom(page, reading.notices(page)[: documents.IN_FEEDS])
    return _kept(request, page, body, "application/atom+xml; charset=utf-8", is_open=True)


@require_safe
@_public
def status_rss(request: HttpRequest, page: StatusPage) -> HttpResponseBase:
    body = documents.rss(page, reading.notices(page)[: documents.IN_FEEDS])
    return _kept(request, page, body, "application/rss+xml; charset=utf-8", is_open=True)


@csrf_exempt  # a visitor has no session that another site could use
@require_POST
@_public
def status_subscribe(request: HttpRequest, page: StatusPage) -> HttpResponseBase:
    """The same answer for every address, so that nobody learns who is told."""
    if not page.takes_subscribers:
        raise Http404("Nobody is told by mail.")
    network = addresses.cut(addresses.of_request(request))
    wait = _buckets.take(f"status:{network}", rate_per_minute=OF_NETWORK)
    wait = wait or _buckets.take(f"status-page:{page.pk}", rate_per_minute=OF_ALL)
    if wait:
        answer = _said(page, "Too many at once", "Please try again in a minute.", status=429)
        answer["Retry-After"] = str(max(1, round(wait)))
        return answer
    try:
        subscribing.ask(page, request.POST.get("address", "")[:254], now=timezone.now())
    except ValidationError:
        return _said(page, "This is no address", "Go back and look at it once more.", status=422)
    return _said(page, "A mail is on its way", "Confirm in it, within a day, that you want to be told.")


@csrf_exempt  # the token is the proof
def status_confirm(request: HttpRequest, token: str) -> HttpResponseBase:
    """Where the mail that asks leads: programs follow links, so GET shows a button and POST confirms."""
    now = timezone.now()
    if request.method == "POST":
        found = subscribing.confirm(token, now=now)
        if found is not None:
            return _said(found.page, "You will be told", "Each mail has an address at its foot that ends it.")
    else:
        found = subscribing.waiting(token, now=now)
        if found is not None:
            return _said(found.page, "Mails about this page", "", button="Confirm")
    return _said(None, "This link is old", "It was used, or a day has passed. Ask for another mail.", status=404)


@csrf_exempt  # the signed mark is the proof; mail programs post without a cookie
def status_unsubscribe(request: HttpRequest, mark: str) -> HttpResponseBase:
    """One click ends it (RFC 8058): POST does it at once, GET only shows a button."""
    if request.method == "POST":
        subscribing.leave(mark)
        return _said(None, "You are told no more", "Your address is deleted.")
    found = subscribing.leaving(mark)
    if found is None:
        return _said(None, "You are told no more", "Your address is not kept here.")
    return _said(found.page, "Mails about this page", "", button="No more mails")


def _said(page: StatusPage | None, title: str, text: str, *, button: str = "", status: int = 200) -> HttpResponse:
    context = {"page": page, "title": title, "text": text, "button": button}
    answer = HttpResponse(render_to_string("dashboard/status/said.html", context), status=status)
    answer["Referrer-Policy"] = "no-referrer"  # the address may be a secret
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _kept(
    request: HttpRequest, page: StatusPage, body: bytes, content_type: str, *, is_open: bool = False
) -> HttpResponseBase:
    """An answer that caches may keep, or 304 where the visitor has it already."""
    answer = HttpResponse(body, content_type=content_type)
    answer["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer["Cache-Control"] = f"public, max-age={MAX_AGE}"
    if is_open:
        answer["Access-Control-Allow-Origin"] = "*"
    if not page.is_indexed:
        answer["X-Robots-Tag"] = "noindex, nofollow"
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer
