"""The side bar as whoever looks left it: put away or not, and which of its groups are folded.

What they left is a cookie of the person, so that two who share a browser have a bar each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from dashboard.frame.navigation import GROUPS, Link

AWAY = "away"
OUT = "out"


@dataclass(frozen=True, slots=True)
class Group:
    """`name` is what the cookie remembers it by; a group without a title is always open."""

    name: str
    title: str
    is_open: bool
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class SideBar:
    """`is_docked`: it stands beside the page where there is room; otherwise it comes when called."""

    cookie: str
    is_docked: bool
    groups: tuple[Group, ...]


def cookie_name(user: Any) -> str:
    return f"obs-side-{user.pk}"


def left_by(request: HttpRequest) -> frozenset[str]:
    """What the cookie says: AWAY, and the names of folded groups; whatever else it holds counts for nothing."""
    said = request.COOKIES.get(cookie_name(request.user), "")[:100].split(".")
    return frozenset(said) & {AWAY, *GROUPS}


def moved(left: frozenset[str], to: str) -> str:
    """The value of the cookie once the bar was put away, or brought back by anything else."""
    return ".".join(sorted(left | {AWAY} if to == AWAY else left - {AWAY}))


def of(request: HttpRequest, links: Sequence[Link]) -> SideBar:
    """The bar with `links`; the group of the current page is open, whatever was left."""
    left = left_by(request)
    groups = []
    for name, title in {**GROUPS, "": ""}.items():
        inside = tuple(link for link in links if link.group == name)
        if inside:
            is_open = name not in left or any(link.is_current for link in inside)
            groups.append(Group(name, title, is_open, inside))
    return SideBar(cookie_name(request.user), AWAY not in left, tuple(groups))
