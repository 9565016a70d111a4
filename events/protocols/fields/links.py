"""URLs without what people should not have put into them: passwords, fragments, all but campaign parameters."""

from __future__ import annotations

LONGEST = 2048
ALLOWED = frozenset({"ref"})
ALLOWED_PREFIX = "utm_"


def tidy_url(url: str) -> str:
    """Return the URL without user:password, fragment and query, except `utm_*` and `ref`."""
    if "?" in url or "#" in url:
        head, _, query = url.partition("#")[0].partition("?")
        kept = tidy_query(query)
        url = f"{head}?{kept}" if kept else head
    if "@" in url and "://" in url:
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        url = f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
    return url[:LONGEST]


def tidy_query(query: str) -> str:
    """Return only the allowed pairs of a query string."""
    pairs = query.lstrip("?").split("&", 200)[:200]
    return "&".join(pair for pair in pairs if _is_allowed(pair.partition("=")[0]))[:LONGEST]


def tidy_words(text: str) -> str:
    """Return a text such as `GET https://host/path?secret=1` with its URLs tidied."""
    if "://" not in text and "/" not in text:
        return text
    if "?" not in text and "@" not in text and "#" not in text:
        return text
    return " ".join(tidy_url(word) if _looks_like_url(word) else word for word in text.split(" "))


def _is_allowed(name: str) -> bool:
    return name in ALLOWED or name.startswith(ALLOWED_PREFIX)


def _looks_like_url(word: str) -> bool:
    return "://" in word or word.startswith("/")
