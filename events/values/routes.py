"""Routes of pages whose sender names none: the path with what looks like an identifier left out."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

import re2

LONGEST = 200
# A number, a uuid, a long hex or mixed token that holds a digit: "/orders/1042/lines" -> "/orders/{id}/lines".
_NUMBER = re2.compile(r"^[0-9]+$")
_UUID = re2.compile(r"^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
_TOKEN = re2.compile(r"^[0-9A-Za-z_-]{16,}$|^[0-9a-fA-F]{8,}$")
_DIGIT = re2.compile(r"[0-9]")


@lru_cache(maxsize=4096)
def of_url(url: str) -> str:
    """The route of an absolute URL or a path; "" without one."""
    try:
        path = urlsplit(url).path if "://" in url else url.partition("?")[0].partition("#")[0]
    except ValueError:
        return ""
    if not path:
        return "/" if "://" in url else ""
    return "/".join("{id}" if _is_identifier(part) else part for part in path.split("/"))[:LONGEST]


def _is_identifier(part: str) -> bool:
    if _NUMBER.search(part) or _UUID.search(part):
        return True
    return bool(_TOKEN.search(part) and _DIGIT.search(part))
