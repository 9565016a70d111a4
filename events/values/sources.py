"""Where a visit came from: the name of its source, and the channel that source and campaign belong to.

The lists of hosts are those of matomo-org/searchengine-and-social-list (CC0), the busiest of them; the rules of
channels are Plausible's and GA4's, where both agree (a display medium goes before a paid one: `cpm`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson
import re2

DIRECT = "(direct)"
_PAID = re2.compile(r"^(?:cpc|cpm|cpv|cpa|ppc|retargeting|paid.*)$")
_DISPLAY = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_MEDIA = {
    "affiliate": "Affiliates", "affiliates": "Affiliates", "audio": "Audio", "sms": "SMS", "push": "Push",
    "mobile": "Push", "notification": "Push", "social": "Organic Social", "social-network": "Organic Social",
    "social-media": "Organic Social", "sm": "Organic Social", "video": "Organic Video", "organic": "Organic Search",
    "referral": "Referral", "link": "Referral", "app": "Referral",
}  # fmt: skip
_ORGANIC = {
    "shopping": "Organic Shopping", "social": "Organic Social", "video": "Organic Video", "assistant": "AI Assistants",
    "search": "Organic Search", "email": "Email",
}  # fmt: skip
_BOUGHT = {"shopping": "Paid Shopping", "search": "Paid Search", "social": "Paid Social", "video": "Paid Video"}


@dataclass(frozen=True, slots=True)
class Campaign:
    """The parameters of an address that say who sent the visitor; trimmed, "" for none."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click_id: str = ""  # the name of the parameter: gclid, msclkid, fbclid, …


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    channel: str


def of(campaign: Campaign, referrer_host: str) -> Source:
    """The source of a visit that began with these; a referrer of the site itself is given as none."""
    named = campaign.source or ""
    host = bare(referrer_host)
    kind, name = _listed(named.lower()) or _listed(bare(named)) or ("", "")
    if not named:
        kind, name = _listed(host) or ("", "")
    return Source(name or named or host or DIRECT, _channel(campaign, kind, has_source=bool(named or host)))


def bare(host: str) -> str:
    """A host in small letters, without `www.`."""
    return host.lower().removeprefix("www.").rstrip(".")


def _channel(campaign: Campaign, kind: str, *, has_source: bool) -> str:
    medium, name = campaign.medium.lower(), campaign.campaign.lower()
    if "cross-network" in name:
        return "Cross-network"
    if medium in _DISPLAY:
        return "Display"
    is_paid = bool(_PAID.search(medium)) or campaign.click_id in ("gclid", "gad_source")
    if is_paid or (campaign.click_id == "msclkid" and kind == "search"):
        return _BOUGHT.get(kind, "Paid Search" if campaign.click_id in ("gclid", "gad_source") else "Paid Other")
    if "email" in medium.replace("-", "").replace("_", "") or medium in ("mail", "newsletter"):
        return "Email"
    if medium in _MEDIA:
        return _MEDIA[medium]
    if campaign.click_id == "fbclid" and not kind:
        return "Organic Social"
    return _ORGANIC.get(kind) or ("Referral" if has_source else "Direct")


def _listed(host: str) -> tuple[str, str] | None:
    """(kind, name) of a host, of one it stands below, or of a name people write for it (`google`, `facebook`)."""
    if not host:
        return None
    known = _known()
    parts = host.split(".")
    for place in range(len(parts)):
        tail = ".".join(parts[place:])
        if tail in known:
            return known[tail]
    # Houses with a domain in each country are listed by their first label: google.co.uk, amazon.de.
    return next((known[label] for label in parts[-3:-1] if label in known and len(parts) > 1), None)


@cache
def _known() -> dict[str, tuple[str, str]]:
    """Hosts, and the names themselves in small letters, with what they are. Assistants and mail go before search."""
    listed = orjson.loads((Path(__file__).parent / "referrers.json").read_bytes())
    known: dict[str, tuple[str, str]] = {}
    for kind in ("search", "social", "video", "shopping", "email", "assistant"):
        for name, hosts in listed[kind].items():
            for host in (name.lower(), *hosts):
                known[host] = (kind, name)
    return known
