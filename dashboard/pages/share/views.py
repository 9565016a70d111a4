"""What a share link shows: three kinds of pages, for reading, without names of persons."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.engine import EngineError
from analytics.questions.errors import issue_list
from dashboard.charts import cards, product_figures
from dashboard.frame import comparison
from dashboard.models import BoardCard, ShareLink
from dashboard.pages.overview import tiles
from dashboard.pages.share import links
from events.accounts import audit
from events.issues.search import parse
from events.values import addresses

_DEFAULT_SEARCH = "is:unresolved"
_TOP = 6


def _shared(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Makes `view(request, link, token, **rest)` a page behind a token: 404 for a dead one, 410 for one past its date,
    405 for any write."""

    @wraps(view)
    def door(request: HttpRequest, token: str, **rest: Any) -> HttpResponseBase:
        now = timezone.now()
        link = links.find(token, now=now)
        if link is None:
            return _ended(request, token, now=now)
        with audit.scope(via="share", address=addresses.of_request(request)):
            response = view(request, link, token, **rest)
            links.note_look(link, page=":".join([view.__name__, *map(str, rest.values())]), now=timezone.now())
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"  # the address is the secret
        response["Cache-Control"] = "private, no-store"
        return response

    return require_safe(door)


@_shared
def overview(request: HttpRequest, link: ShareLink, token: str) -> HttpResponseBase:
    """The numbers and charts of the overview."""
    now = timezone.now()
    shown = links.state_of(link, now=now)
    top = issue_list.issue_list(
        link.project, search=parse(_DEFAULT_SEARCH, now=now), environment=shown.environment, start=shown.start,
        end=shown.end, sort="trend", now=now,
    )  # fmt: skip
    against = comparison.of(link.project, shown)
    found = tiles.numbers(link.project, shown, against, now=now)
    context = {
        "tiles": tiles.overview(
            link.project, shown, found, against, counted=tiles.issues(link.project, shown, against)
        ),
        "top": top.rows[:_TOP],
        "wall": request.GET.get("wall") == "1",
    }
    return _draw(request, "dashboard/share/overview.html", context, link, token)


@_shared
def issues(request: HttpRequest, link: ShareLink, token: str) -> HttpResponseBase:
    """The issues that the link's own search finds; only the page of the list is taken from the address."""
    now = timezone.now()
    shown, given = links.state_of(link, now=now), links.fixed(link)
    text, sort, number = given.get("query", _DEFAULT_SEARCH), given.get("sort", ""), request.GET.get("page", "")
    found = issue_list.issue_list(
        link.project, search=parse(text, now=now), environment=shown.environment, start=shown.start, end=shown.end,
        sort=sort if sort in issue_list.SORTS else "last_seen",
        page=int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 1, now=now,
    )  # fmt: skip
    return _draw(request, "dashboard/share/issues.html", {"found": found, "query": text}, link, token)


@_shared
def chart(request: HttpRequest, link: ShareLink, token: str, name: str) -> HttpResponseBase:
    """One chart with its table."""
    if not links.shows(link, name):
        raise Http404("No such chart.")
    now = timezone.now()
    figure = cards.figure(
        link.project,
        name,
        state=links.state_of(link, now=now),
        parameters=links.fixed(link),
        now=now,
        is_shared=True,
    )
    context = {"chart": _card(token, name) | {"height": "tall", "width": "all"}, "figure": figure.for_strangers()}
    return _draw(request, "dashboard/share/chart.html", context, link, token)


@_shared
def board(request: HttpRequest, link: ShareLink, token: str) -> HttpResponseBase:
    """The charts of a board that say nothing of persons, and how many others there are."""
    found, now = links.board_of(link), timezone.now()
    if found is None:
        raise Http404("No such board.")
    listed = list(found.cards.all())
    shown = [card for card in listed if links.shows_card(card, now=now)]
    drawn = [_card_of_board(link, token, card, now=now) for card in shown]
    context = {"board": found, "drawn": drawn, "hidden": len(listed) - len(shown)}
    return _draw(request, "dashboard/share/board.html", context, link, token)


@_shared
def chart_json(request: HttpRequest, link: ShareLink, token: str, name: str) -> HttpResponseBase:
    """The figure of a chart."""
    if not links.shows(link, name):
        raise Http404("No such chart.")
    now = timezone.now()
    try:
        figure = cards.figure(
            link.project,
            name,
            state=links.state_of(link, now=now),
            parameters=links.fixed(link),
            now=now,
            is_shared=True,
        )
    except EngineError as error:
        return JsonResponse({"detail": str(error)}, status=503)
    body = orjson.dumps({**figure.for_strangers().as_dict(), "as_of": now}, default=str)
    return HttpResponse(body, content_type="application/json")


def _ended(request: HttpRequest, token: str, *, now: datetime) -> HttpResponse:
    """The page of a link past its date, 410; nothing else tells a dead link from one that never was."""
    ended = links.ended_at(token, now=now)
    if ended is None:
        raise Http404("No such link.")
    response = render(request, "dashboard/share/ended.html", {"ended": ended}, status=410)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


def _card(token: str, name: str) -> dict[str, str]:
    described = cards.CHARTS[name]
    return {
        "name": name,
        "mark": name,
        "title": described.title,
        "unit": described.unit,
        "definition": described.definition,
        "json_url": reverse("dashboard:share-chart-json", args=[token, name]),
        "page_url": reverse("dashboard:share-chart", args=[token, name]),
    }


def _card_of_board(link: ShareLink, token: str, card: BoardCard, *, now: datetime) -> dict[str, Any]:
    """A card with its figure; without an answer what is wrong."""
    shown = _card(token, card.chart) | {
        "mark": str(card.pk),
        "width": card.width,
        "height": card.height,
        "page_url": "",
    }
    shown["title"] = card.title or shown["title"]
    try:
        figure = cards.figure(
            link.project, card.chart, state=links.state_of(link, now=now), parameters=dict(parse_qsl(card.query)),
            now=now, is_shared=True,
        )  # fmt: skip
    except (EngineError, Http404) as error:
        return shown | {"figure": product_figures.nothing(str(error)).as_dict()}
    return shown | {"figure": figure.for_strangers().as_dict()}


def _draw(request: HttpRequest, template: str, context: dict[str, Any], link: ShareLink, token: str) -> HttpResponse:
    charts = [_card(token, "errors") | {"width": "two"}, _card(token, "crash_free")]
    frame = {
        "project": link.project,
        "link": link,
        "state": links.state_of(link, now=timezone.now()),
        "charts": charts,
        "screens": [charts],
        "overview_url": reverse("dashboard:share-overview", args=[token]),
        "issues_url": reverse("dashboard:share-issues", args=[token]),
    }
    return render(request, template, {**frame, **context})
