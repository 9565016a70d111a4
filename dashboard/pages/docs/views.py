"""The documentation: contents, one page, a search, and its pictures."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.html import format_html

from dashboard.access.compression import compressed
from dashboard.access.guard import site_page
from dashboard.frame import layout
from dashboard.pages.docs import contents as chapters
from dashboard.pages.docs import library


@compressed
@site_page("docs.view")
def contents(request: HttpRequest) -> HttpResponseBase:
    """What there is to read, by chapter."""
    return layout.draw(request, "dashboard/docs/contents.html", {"chapters": chapters.chapters()}, section="docs")


@compressed
@site_page("docs.view")
def document(request: HttpRequest, doc: str) -> HttpResponseBase:
    """One page with its sections, and the pages before and after it."""
    shown = library.page(doc)
    if shown is None:
        raise Http404("No such page.")
    before, after = chapters.beside(doc)
    context = {
        "doc": shown,
        "html": format_html("{}", shown),
        "sections": [one for one in shown.sections if one.level == 2],
        "chapters": chapters.chapters(),
        "name": doc,
        "before": before,
        "after": after,
    }
    return layout.draw(request, "dashboard/docs/page.html", context, section="docs")


@compressed
@site_page("docs.search")
def search(request: HttpRequest) -> HttpResponseBase:
    """The sections that hold all words asked for."""
    text = " ".join(request.GET.get("q", "").replace("\x00", "")[:200].split())
    context = {"q": text, "found": library.found(text), "chapters": chapters.chapters()}
    return layout.draw(request, "dashboard/docs/search.html", context, section="docs")


@site_page("docs.file")
def file(request: HttpRequest, picture: str) -> HttpResponseBase:
    """A picture of a page, or the description of the API."""
    found = library.file(picture)
    if found is None:
        raise Http404("No such file.")
    path, content_type = found
    return HttpResponse(path.read_bytes(), content_type=content_type)
