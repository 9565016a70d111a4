"""What Plausible's trackers send, by short names or the long ones of servers: `{n, u, d, r, p, i, $, e, sd}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from events.protocols.contract import Context, Decoded
from events.protocols.fields.texts import scalar
from events.protocols.product import canonical
from events.protocols.product.canonical import Sent
from events.values import lenient
from events.values.errors import Malformed

# What the tracker calls a look at a page, and the time somebody looked at it.
VIEW, ENGAGEMENT = "pageview", "engagement"
_NAMES = {
    "n": "name", "u": "url", "d": "domain", "r": "referrer", "p": "props", "m": "props", "meta": "props",
    "i": "interactive", "$": "revenue", "e": "engagement_time", "sd": "scroll_depth", "v": "version",
}  # fmt: skip
LONGEST_ENGAGEMENT_MS = 86_400_000.0
MOST_PROPERTIES, MOST_SITES = 30, 10


def parse(body: bytes) -> dict[str, Any]:
    """The event by its long names. Raises Malformed for what is no object."""
    sent = lenient.loads(body)
    if not isinstance(sent, dict):
        raise Malformed("send one event, a JSON object", reason="not_an_object")
    named: dict[str, Any] = sent
    return {_NAMES.get(name, name): value for name, value in named.items()}


def sites(sent: Mapping[str, Any]) -> list[str]:
    """What the event names as its site, several by commas."""
    return [site for site in (part.strip() for part in scalar(sent.get("domain"), 2000).split(",")) if site][
        :MOST_SITES
    ]


def decode(sent: Mapping[str, Any], context: Context) -> Decoded:
    """The event. Raises Malformed where its name or its address is missing."""
    name, url = scalar(sent.get("name"), canonical.NAME), scalar(sent.get("url"), 2000)
    for field, value in (("name", name), ("url", url)):
        if not value:
            raise Malformed(f"{field}: can't be blank", reason=f"no_{field}")
    is_engagement = name == ENGAGEMENT
    event = Sent(
        name={VIEW: canonical.PAGE_VIEW, ENGAGEMENT: "$engagement"}.get(name, name),
        timestamp=context.received_at.timestamp(),
        url=url,
        referrer=scalar(sent.get("referrer"), 2000),
        sdk=f"plausible {scalar(sent.get('version'), 10)}".strip(),
        engaged_ms=_between(sent.get("engagement_time"), LONGEST_ENGAGEMENT_MS) if is_engagement else None,
        is_interactive=sent.get("interactive") is not False and not is_engagement,
        properties=_properties(sent),
    )
    return canonical.decoded([canonical.event(event, context)])


def _properties(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The event's own, flat; what was paid; how far down a page was read, in percent."""
    own, revenue = _object(sent.get("props")), _object(sent.get("revenue"))
    flat = {name: value for name, value in own.items() if not isinstance(value, dict | list)}
    flat = dict(list(flat.items())[:MOST_PROPERTIES])
    if revenue:
        flat |= {"revenue": revenue.get("amount"), "currency": scalar(revenue.get("currency"), 3)}
    if (depth := _between(sent.get("scroll_depth"), 100)) is not None:
        flat["scroll_depth"] = depth
    return flat


def _object(value: Any) -> dict[str, Any]:
    """An object, which the older tracker writes as a text of JSON."""
    if isinstance(value, str):
        try:
            value = lenient.loads(value.encode())
        except Malformed:
            return {}
    return lenient.mapping(value)


def _between(value: Any, highest: float) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= highest else None
