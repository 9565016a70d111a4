"""Browser and device families out of a user agent: enough to compare groups, too little to know anybody again."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Client(NamedTuple):
    """device: mobile, tablet, desktop or bot; browser: a family. Empty when nothing is known."""

    device: str
    browser: str


# The first hit counts: most browsers name those they descend from as well.
_BROWSERS = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("opera", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("yabrowser", "Yandex"),
    ("fxios", "Firefox"),
    ("firefox", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("chromium", "Chrome"),
    ("safari", "Safari"),
)
_BOTS = ("bot", "crawl", "spider", "slurp", "headlesschrome", "lighthouse", "pagespeed")
_TABLETS = ("ipad", "tablet", "kindle", "silk/")
_PHONES = ("iphone", "ipod", "mobile", "windows phone")


@lru_cache(maxsize=4096)
def families(user_agent: str) -> Client:
    """The families named by `user_agent`; an automated browser counts as a bot."""
    text = user_agent.lower()
    if not text:
        return Client("", "")
    return Client(_device(text), next((name for mark, name in _BROWSERS if mark in text), "other"))


def _device(text: str) -> str:
    if any(mark in text for mark in _BOTS):
        return "bot"
    if any(mark in text for mark in _TABLETS) or ("android" in text and "mobile" not in text):
        return "tablet"
    return "mobile" if any(mark in text for mark in _PHONES) else "desktop"
