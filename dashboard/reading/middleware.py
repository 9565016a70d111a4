"""Every page passes here on its way out, so that no template can forget what holds for text that others sent."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from dashboard.reading import labels, marks, weeks, zones
from dashboard.reading.reader import Reader

SHOWN = {"chart-json", "share-chart-json", "palette"}


class MarksInvisible:
    """Shows characters that nobody sees as marks, on every page and chart; files, the API and streams pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        kind, match = response.headers.get("Content-Type", ""), request.resolver_match
        is_page, is_shown = kind.startswith("text/html"), bool(match and match.url_name in SHOWN)
        if response.streaming or not (is_page or is_shown):
            return response
        text = response.content.decode(response.charset or "utf-8", "replace")
        # Within JSON they only stand in strings, so the text may be taken as a whole.
        marked = marks.shown_in_page(text) if is_page else marks.shown(text)
        if marked is not text:
            response.content = marked.encode()
        return response


class LabelsCells:
    """Names the column of each cell, so that tables read well on a phone; files, the API and streams pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        text = response.content.decode(response.charset or "utf-8", "replace")
        labelled = labels.labelled(text)
        if labelled is not text:
            response.content = labelled.encode()
        return response


class ReadersWay:
    """Shows times in the zone, and weeks from the day, of whoever reads; stands behind AuthenticationMiddleware.

    Programs read in UTC, and weeks from Monday, wherever they run. Addresses too: a period that a form gives by the
    reader's clock is one of UTC before any page is asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            return self.get_response(request)
        if "zone" in request.GET and (moments := zones.address_in_utc(request.GET.dict())):
            query = request.GET.copy()
            query.pop("zone")
            for name, moment in moments.items():
                query[name] = moment
            return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
        reader = Reader(request.user, request.COOKIES.get(zones.COOKIE, ""), request.headers.get("Accept-Language", ""))
        request.reader = reader  # type: ignore[attr-defined]  # for pages that read it along with more
        with zones.read_in(lambda: reader.zone), weeks.read_from(lambda: reader.week_start):
            return self.get_response(request)
