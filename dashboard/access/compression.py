"""Which pages are sent compressed, and to whom: docs/decisions/0048-compressed-pages.md has the reasons."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

View = Callable[..., HttpResponseBase]
# What a browser says of a request that this site's own page, or the person at the address bar, began. No script of
# another site can make it say so.
_OWN = frozenset({"same-origin", "none"})
_KINDS = ("text/html", "application/json")


def compressed(view: View) -> View:
    """Marks a page as one without a secret that stays the same: no key, token, code or link that lets somebody in."""
    view.may_be_compressed = True  # type: ignore[attr-defined]
    return view


class CompressedPages(GZipMiddleware):
    """Compresses marked pages, and the figures on them, with a padding of random length, for this very site's own."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        match = request.resolver_match
        if not (match and getattr(match.func, "may_be_compressed", False)):
            return response
        if response.streaming or not response.headers.get("Content-Type", "").startswith(_KINDS):
            return response
        patch_vary_headers(response, ("Sec-Fetch-Site",))
        if request.headers.get("Sec-Fetch-Site", "") not in _OWN:
            return response
        return super().process_response(request, response)
