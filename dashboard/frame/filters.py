"""What a page is narrowed to, as its address says it: `country=AT&host=web-1`, one parameter a dimension. Pure.

One grammar for all pages: each takes the dimensions that its facts know, shows them as chips, and hands them on to its
charts, its files and the pages beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from analytics.questions.performance import cuts as request_cuts
from analytics.questions.product import visits
from analytics.questions.vitals import cuts as vital_cuts
from dashboard.frame.navigation import Link
from events.issues.search import Value

TITLES = {
    "source": "Source", "channel": "Channel", "referrer": "Referrer", "utm_source": "UTM source",
    "utm_medium": "UTM medium", "utm_campaign": "Campaign", "utm_term": "UTM term", "utm_content": "UTM content",
    "site": "Site", "entry": "Entry page", "exit": "Exit page", "page": "Page", "event": "Event", "country": "Country",
    "device": "Device", "browser": "Browser", "release": "Release", "host": "Host", "route": "Route",
    "service": "Service", "method": "Method", "connection": "Connection", "level": "Level", "logger": "Logger",
}  # fmt: skip
VITALS = ("route", *vital_cuts.COLUMNS)
REQUESTS = ("route", *request_cuts.COLUMNS)
HOSTS = ("host",)
LOGS = ("level", "service", "host", "logger", "release")
OF_SECTION: dict[str, Collection[str]] = {
    "vitals": VITALS, "performance": REQUESTS, "logs": LOGS, "analytics": visits.DIMENSIONS, "resources": HOSTS,
}  # fmt: skip
"""Section -> the dimensions that its page is narrowed by."""

# Of a page about one thing, and of a place in a list: they mean nothing on another page, or in another list.
_OWN = ("before", "at")
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on; `url` is the address without it."""

    title: str
    value: str
    url: str


def chosen(asked: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """What the address asks to be left: dimension -> value; of `names` alone."""
    found = {name: asked.get(name, "").replace("\x00", "")[:_LONGEST] for name in names}
    return {name: value for name, value in found.items() if value}


def chips(where: Mapping[str, str], *, query: QueryDict) -> list[Chip]:
    """The filters that are on, in the order of their dimensions."""
    return [Chip(TITLES[name], value, address(query, name, "")) for name, value in where.items()]


def address(query: QueryDict, name: str, value: str) -> str:
    """The query string with one more parameter, or without it; it leads to the first page of a list."""
    changed = query.copy()
    for own in (*_OWN, name):
        changed.pop(own, None)
    drop_page(changed)
    if value:
        changed[name] = value
    return f"?{changed.urlencode()}"


def drop_page(query: QueryDict) -> None:
    """Takes the number of a page of a list away, but not a page of a site, which is a filter of that name."""
    if query.get("page", "").isdecimal():
        del query["page"]


def carried(link: Link, where: Mapping[str, str]) -> Link:
    """The way to another page with those filters that it knows too."""
    kept = {name: value for name, value in where.items() if name in OF_SECTION.get(link.section, ())}
    if not kept:
        return link
    return replace(link, url=f"{link.url}{'&' if '?' in link.url else '?'}{urlencode(kept)}")


def without(where: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The filters but for these dimensions."""
    return {name: value for name, value in where.items() if name not in names}


def searched(text: str, where: Mapping[str, str]) -> str:
    """A search of log lines with the filters as further terms of it."""
    # `level` takes the levels of issues alone; applications write others into their logs.
    terms = [f"{'severity' if name == 'level' else name}:{Value((value,))}" for name, value in where.items()]
    return " ".join(part for part in (text.strip(), *terms) if part)
