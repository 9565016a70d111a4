"""URLs without what people should not have put into them: passwords, fragments, all but campaign parameters."""

from __future__ import annotations

from events.scrubbing import careful
from events.values.levels import Level

LONGEST = 2048
ALLOWED = frozenset({"ref"})
ALLOWED_PREFIX = "utm_"


def tidy_url(url: str, level: Level = "off") -> str:
    """Return the URL without user:password and fragment, and of its query what `tidy_query` keeps."""
    if "?" in url or "#" in url:
        head, _, query = url.partition("#")[0].partition("?")
        kept = tidy_query(query, level)
        url = f"{head}?{kept}" if kept else head
    if "@" in url and "://" in url:
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        url = f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
    return url[:LONGEST]


def tidy_query(query: str, level: Level = "off") -> str:
    """Return the pairs `utm_*` and `ref` of a query string; of the others, as the project says, names or more."""
    pairs = [pair for pair in query.lstrip("?").split("&", 200)[:200] if pair]
    kept = [pair if _is_allowed(pair.partition("=")[0]) else _other(pair, level) for pair in pairs]
    return "&".join(filter(None, kept))[:LONGEST]


def tidy_words(text: str, level: Level = "off") -> str:
    """Return a text such as `GET https://host/path?secret=1` with its URLs tidied."""
    if "://" not in text and "/" not in text:
        return text
    if "?" not in text and "@" not in text and "#" not in text:
        return text
    return " ".join(tidy_url(word, level) if _looks_like_url(word) else word for word in text.split(" "))


def _other(pair: str, level: Level) -> str:
    return "" if level == "off" else careful.parameters(pair, keeps_values=level == "scrubbed")


def _is_allowed(name: str) -> bool:
    return name in ALLOWED or name.startswith(ALLOWED_PREFIX)


def _looks_like_url(word: str) -> bool:
    return "://" in word or word.startswith("/")
