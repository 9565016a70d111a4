"""What Matomo's trackers send, as its tracking HTTP API has it: parameters of an address, or a list of such addresses.

One hit is one thing that happened: a look at a page, an event, a way out, a goal, an order. Who it was is `uid`, the
name that the page gives somebody who is logged in; `_id` is the browser's own and makes no person. Whoever speaks for
other browsers (`cip`), or tells of what is a day old (`cdt`), shows a token.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from events.protocols.contract import Context, Decoded, Refused, nowhere
from events.protocols.fields.clock import seconds
from events.protocols.fields.texts import scalar
from events.protocols.product import canonical, persons, posthog
from events.protocols.product.canonical import KIND, Sent
from events.values import browsers, lenient
from events.values.errors import Malformed, TooLarge

MOST, MOST_FIELDS = 1000, 200
# An older event is the token's to tell, as with Matomo.
OLDEST_SECONDS = 86_400.0
ENGAGEMENT = "$engagement"
# What there is no place for here: recordings, media, crashes.
_ELSEWHERE = {"hsr_vid": "replay", "ma_id": "media", "cra": "crash"}
# Campaigns as Matomo writes them in addresses, with and without its own prefix of before.
_CAMPAIGN = {
    "campaign": ("mtm_campaign", "pk_campaign", "piwik_campaign", "mtm_cpn"),
    "term": ("mtm_keyword", "mtm_kwd", "pk_keyword", "pk_kwd", "piwik_kwd"),
    "source": ("mtm_source", "pk_source"),
    "medium": ("mtm_medium", "pk_medium"),
    "content": ("mtm_content", "pk_content"),
}
_ORDER = {"ec_st": "subtotal", "ec_tx": "tax", "ec_sh": "shipping", "ec_dt": "discount"}

Hit = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parcel:
    """The hits of one request, None for each that cannot be read; and the secret token that it shows."""

    hits: tuple[Hit | None, ...]
    token: str = ""
    is_bulk: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """What a hit tells of; `is_interactive` is False for what happens without the visitor's doing."""

    name: str
    properties: Mapping[str, Any]
    is_interactive: bool = True


def parse(query: str, body: bytes) -> Parcel:
    """The hits of an address and a body. Raises Malformed for what holds none, TooLarge."""
    around = _fields(query)
    text = body.strip()
    if not text.startswith((b"{", b"[")):
        hit = around | _fields(text.decode("utf-8", "replace"))
        if not hit:
            raise Malformed("send idsite, rec=1 and what happened", reason="no_hit")
        return Parcel((hit,), hit.get("token_auth", ""))
    sent = lenient.loads(text)
    listed = sent.get("requests") if isinstance(sent, dict) else sent
    if not isinstance(listed, list) or not listed:
        raise Malformed("requests: a list of addresses is missing", reason="not_a_batch")
    if len(listed) > MOST:
        raise TooLarge(f"requests: at most {MOST}, these are {len(listed)}", reason="too_many_items")
    hits = tuple(_hit(one) for one in listed)
    told = scalar(sent.get("token_auth"), 200) if isinstance(sent, dict) else ""
    inside = (hit["token_auth"] for hit in hits if hit and hit.get("token_auth"))
    return Parcel(hits, told or around.get("token_auth", "") or next(inside, ""), is_bulk=True)


def sites(parcel: Parcel) -> list[str]:
    """The sites that the hits name, each once."""
    return list(dict.fromkeys(hit["idsite"].strip() for hit in parcel.hits if hit and hit.get("idsite", "").strip()))


def decode(parcel: Parcel, context: Context, *, own: Collection[str], is_trusted: bool) -> Decoded:
    """The product events of a request, of the sites `own`; `is_trusted` says that its token may speak for others."""
    return canonical.decoded([_event(hit, context, own=own, is_trusted=is_trusted) for hit in parcel.hits])


def _event(hit: Hit | None, context: Context, *, own: Collection[str], is_trusted: bool) -> dict[str, Any] | Refused:
    if hit is None or hit.get("rec") != "1":
        return Refused(KIND, "invalid", "no_rec" if hit else "not_a_hit")
    if (site := hit.get("idsite", "").strip()) and site not in own:
        return Refused(KIND, "invalid", "other_site")
    if reason := next((reason for name, reason in _ELSEWHERE.items() if hit.get(name)), None):
        return Refused(KIND, "filtered", reason)
    told = seconds(hit["cdt"]) if hit.get("cdt") else None
    if not is_trusted and (hit.get("cip") or _is_old(told, context)):
        return Refused(KIND, "invalid", "needs_token")
    clock, _ = posthog.clocks(context, None, is_import=is_trusted)
    if is_trusted and clock.is_before(told):
        return Refused(KIND, "filtered", posthog.TOO_OLD)
    agent = scalar(hit.get("ua"), 400)
    if hit.get("cip"):
        context = _of_browser(hit["cip"].strip(), agent or context.user_agent, context)
    return canonical.event(_sent(hit, clock.moment(told, []), agent, context), context)


def _is_old(told: float | None, context: Context) -> bool:
    return told is not None and context.received_at.timestamp() - told > OLDEST_SECONDS


def _of_browser(address: str, agent: str, context: Context) -> Context:
    """The context of the browser that a server speaks for: its address and its words are used, and kept no more than
    those of one that sends by itself."""
    country = partial(context.located, address) if context.located else nowhere
    return replace(context, visitor=context.visitor_of(address, agent), user_agent=agent, country=country)


def _sent(hit: Hit, at: float, agent: str, context: Context) -> Sent:
    happened = _happened(hit)
    is_browser = bool(hit.get("cip")) or browsers.families(context.user_agent).browser not in ("", "other")
    user, browser = (scalar(hit.get(name), 200) for name in ("uid", "_id"))
    named = user or scalar(hit.get("cid"), 200) or browser
    return Sent(
        name=happened.name,
        timestamp=at,
        distinct_id=named if not is_browser or context.names(named) else "",
        url=scalar(hit.get("url"), 2000),
        referrer=scalar(hit.get("urlref"), 2000),
        title=scalar(hit.get("action_name"), 200),
        sdk="matomo",
        is_interactive=happened.is_interactive,
        user_agent=agent,
        comes_from_server=not is_browser,
        campaign=_campaign(hit),
        properties={**happened.properties, **_own(hit)},
        person=persons.person({"event": happened.name}, {}, happened.name, user, context) if user else None,
    )


def _happened(hit: Hit) -> Happened:
    """What a hit tells of, by the parameters that it has; a page where there are none but the address."""
    if (found := _named(hit)) is not None:
        return found
    if hit.get("ping") == "1":
        return Happened(ENGAGEMENT, {}, is_interactive=False)
    if "search" in hit:
        # What was looked for stays with whoever typed it.
        return Happened("Site Search", _some({"category": hit.get("search_cat"), "results": hit.get("search_count")}))
    if hit.get("ca") == "1":
        return Happened("custom action", {})
    return Happened(canonical.PAGE_VIEW, {})


def _named(hit: Hit) -> Happened | None:
    """What parameters of its own tell of; None where there are none."""
    if hit.get("e_c") and hit.get("e_a"):
        own = _some({"category": hit["e_c"], "action": hit["e_a"], "name": hit.get("e_n"), "value": hit.get("e_v")})
        return Happened(f"{hit['e_c']}: {hit['e_a']}"[: canonical.NAME], own)
    if "idgoal" in hit:
        return _goal(hit)
    if hit.get("link"):
        return Happened("Outbound Link: Click", {"url": hit["link"]})
    if hit.get("download"):
        return Happened("File Download", {"url": hit["download"]})
    if hit.get("c_n"):
        own = _some({"name": hit["c_n"], "piece": hit.get("c_p"), "target": hit.get("c_t")})
        if hit.get("c_i"):
            return Happened("Content: Interaction", own | {"interaction": hit["c_i"]})
        return Happened("Content: Impression", own, is_interactive=False)
    return None


def _goal(hit: Hit) -> Happened:
    """A goal by its number; goal 0 is the shop's: an order where it has a number, else a basket."""
    revenue = _some({"revenue": hit.get("revenue")})
    if hit["idgoal"] != "0":
        return Happened(f"Goal {scalar(hit['idgoal'], 20)}", revenue)
    sums = _some({name: hit.get(field) for field, name in _ORDER.items()} | {"items": _items(hit.get("ec_items"))})
    if hit.get("ec_id"):
        return Happened("Order", revenue | sums | {"order": hit["ec_id"]})
    return Happened("Basket Updated", revenue | sums)


def _items(value: str | None) -> int | None:
    """How many things are in the basket, of `[[sku, name, category, price, quantity], …]`."""
    listed = _json(value)
    if not isinstance(listed, list):
        return None
    counts = (row[4] if isinstance(row, list) and len(row) > 4 else 1 for row in listed[:MOST_FIELDS])
    return sum(int(count) if str(count).isdecimal() and len(str(count)) < 7 else 1 for count in counts)


def _own(hit: Hit) -> dict[str, Any]:
    """Custom dimensions by their numbers, custom variables by their names."""
    own: dict[str, Any] = {
        name: value for name, value in hit.items() if name.startswith("dimension") and name[9:].isdecimal() and value
    }
    for field in ("_cvar", "cvar"):
        own |= {pair[0]: pair[1] for pair in _pairs(_json(hit.get(field)))}
    return own


def _pairs(variables: Any) -> Iterator[Sequence[str]]:
    listed = variables.values() if isinstance(variables, dict) else variables if isinstance(variables, list) else ()
    for pair in list(listed)[:MOST_FIELDS]:
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
            yield pair


def _campaign(hit: Hit) -> dict[str, str]:
    """The campaign that the hit or its address names in Matomo's words."""
    named = _fields(hit.get("url", "").partition("?")[2].partition("#")[0])
    found = {part: next(filter(None, map(named.get, names)), "") for part, names in _CAMPAIGN.items()}
    found["campaign"] = found["campaign"] or hit.get("_rcn", "")
    found["term"] = found["term"] or hit.get("_rck", "")
    return {f"utm_{part}": value for part, value in found.items() if value}


def _hit(one: Any) -> Hit | None:
    """One of a list: an address, or an object of its parameters."""
    if isinstance(one, str):
        return _fields(one.partition("?")[2] if "?" in one else one) or None
    if isinstance(one, dict):
        return {name: scalar(value, 4000) for name, value in list(one.items())[:MOST_FIELDS]}
    return None


def _fields(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query.lstrip("?"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def _some(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _json(value: str | None) -> Any:
    try:
        return lenient.loads(value.encode("utf-8", "replace")) if value else None
    except Malformed:
        return None
