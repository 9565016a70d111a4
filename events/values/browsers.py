"""Browser and device families out of a user agent: enough to compare groups, too little to know anybody again.

Families are those of `ua-parser`, bots those of the list `crawler-user-agents`; both are kept by many, and both are
matched by re2 in one pass. They are read when the first user agent comes: a process that meets none pays nothing."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import orjson
import re2
from ua_parser import Domain
from ua_parser.loaders import load_lazy_builtins
from ua_parser.re2 import Resolver

LONGEST = 512  # characters that are read; an honest one has fewer
_FAMILY_LENGTH = 40
_DFA_BYTES = 8 * 1024 * 1024  # of states that are kept; more takes memory and is not faster

# The variants of a browser count as one: a phone's is told by its device. Everything else is named as it is.
_FOLDED = (
    ("Chrome", "Chrome"),
    ("Chromium", "Chrome"),
    ("HeadlessChrome", "Chrome"),
    ("Firefox", "Firefox"),
    ("Edge", "Edge"),
    ("Mobile Safari", "Safari"),
    ("Opera", "Opera"),
    ("IE", "IE"),
    ("Yandex Browser", "Yandex"),
)
# What calls itself a bot without being on the list; Cubot makes phones.
_CALLED_BOT = r"(?i)(?:^|[^u])bots?(?:$|[^a-z])|crawl|spider|slurp|headless|lighthouse|page ?speed|health-?check"
_DEVICES = frozenset({"mobile", "tablet", "desktop", "bot"})
_TABLETS = ("ipad", "tablet", "kindle", "silk/")
_PHONES = ("iphone", "ipod", "mobile", "windows phone")


class Client(NamedTuple):
    """device: mobile, tablet, desktop or bot; browser: a family, "other" for one not known. Empty without any."""

    device: str
    browser: str


def label(user_agent: str) -> str:
    """The families in words, `Firefox on desktop`: what is kept of a user agent, and read back by `families`."""
    device, browser = families(user_agent)
    return f"{browser} on {device}" if device else ""


def families(user_agent: str) -> Client:
    """The families named by `user_agent`; an automated browser counts as a bot."""
    return _families(user_agent[:LONGEST])


@lru_cache(maxsize=4096)
def _families(user_agent: str) -> Client:
    if not user_agent:
        return Client("", "")
    browser, on, device = user_agent.rpartition(" on ")
    if on and device in _DEVICES and 0 < len(browser) <= _FAMILY_LENGTH and "/" not in browser:
        return Client(device, browser)
    return Client(_device(user_agent), _browser(user_agent))


def _browser(user_agent: str) -> str:
    found = _resolver()(user_agent, Domain.USER_AGENT).user_agent
    if found is None:
        return "other"
    family = found.family
    folded = (name for start, name in _FOLDED if family == start or family.startswith(f"{start} "))
    return next(folded, family[:_FAMILY_LENGTH])


def _device(user_agent: str) -> str:
    if _bots().Match(user_agent):
        return "bot"
    text = user_agent.lower()
    if any(mark in text for mark in _TABLETS) or ("android" in text and "mobile" not in text):
        return "tablet"
    return "mobile" if any(mark in text for mark in _PHONES) else "desktop"


@cache
def _resolver() -> Resolver:
    user_agents, _, _ = load_lazy_builtins()
    return Resolver((user_agents, [], []))


@cache
def _bots() -> re2.Set:
    """The list alone is read: its package keeps an example of each bot in memory as well."""
    package = find_spec("crawleruseragents")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("crawleruseragents")
    listed = orjson.loads((Path(package.origin).parent / "crawler-user-agents.json").read_bytes())
    options = re2.Options()
    options.max_mem = _DFA_BYTES
    bots = re2.Set.SearchSet(options)
    for pattern in (*(bot["pattern"] for bot in listed), _CALLED_BOT):
        bots.Add(pattern)
    bots.Compile()
    return bots
