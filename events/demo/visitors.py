"""Who visits the demo's shop: where people come from, which pages they see, where they stop, what is tried on them."""

import hashlib
import random
import uuid
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from events.demo import people
from events.demo.traffic import COUNTRIES, Moment
from events.ingest import intake
from events.protocols import posthog_vitals
from events.protocols.contract import Context, Decoded
from events.protocols.product import posthog

SITE = "https://shop.example"
# Each step of an order is reached by this part of those who reached the one before.
ORDER = (("/", 1.0), ("/catalogue", 0.8), ("/items/steel-shelf", 0.7), ("/basket", 0.45), ("/checkout", 0.6))
PAID = 0.7
# A flag with two variants; of those who would leave their basket, this part pays with the second one.
FLAG, VARIANTS, WON = "short-checkout", ("control", "short"), 0.6
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 "
    "Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 "
    "Mobile/15E148 Safari/604.1",
)
_SOURCES = (
    ("", ""), ("", ""), ("https://www.google.com/", ""), ("https://www.google.de/", ""), ("https://www.bing.com/", ""),
    ("", "?utm_source=newsletter&utm_medium=email&utm_campaign=autumn"), ("https://www.linkedin.com/", ""),
    ("https://chatgpt.com/", ""), ("https://partner.example/shops", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visit:
    """The events of one visit as posthog-js sends them when it is over; `left_at` is when somebody left the checkout
    without paying."""

    person: str
    body: bytes
    sender: intake.Sender
    left_at: datetime | None


def visit(dice: random.Random, moment: Moment, key: str, *, known: Container[str] = ()) -> Visit:
    """Of somebody who has a login, and is not `known` yet, the first one says who they are."""
    person = people.called(dice.randrange(people.COUNT)) if dice.random() < 0.7 else f"guest-{dice.getrandbits(40)}"
    referrer, campaign = dice.choice(_SOURCES)
    session, at, url = str(uuid.UUID(int=dice.getrandbits(128))), moment.at - timedelta(minutes=8), f"{SITE}/{campaign}"
    events: list[dict[str, object]] = []
    began, variant = at, variant_of(person)
    own = random.Random(session)  # noqa: S311  # so that what is tried changes nothing else of the demo
    login = people.NAMED.get(person)

    def tell(name: str, path: str, dice: random.Random = dice, **said: object) -> None:
        address = url if path == "/" else f"{SITE}{path}"
        properties = {
            "$lib": "web", "$lib_version": "1.449.2", "$current_url": address, "$session_id": session,
            "$referrer": "" if events else referrer, "release": moment.release, "environment": moment.environment,
            # posthog-js makes no person of whoever has not logged in
            **({"$groups": {"company": login.account}} if login else {"$process_person_profile": False}), **said,
        }  # fmt: skip
        named = str(uuid.UUID(int=dice.getrandbits(128)))
        events.append({
            "uuid": named, "event": name, "distinct_id": person, "timestamp": at.isoformat(), "properties": properties,
        })  # fmt: skip

    for path, share in ORDER:
        if dice.random() > share:
            break
        tell("$pageview", path)
        at += timedelta(seconds=dice.uniform(4, 90))
        if path == "/basket":
            tell("basket opened", path, lines=dice.randrange(1, 9))
    else:
        if dice.random() < PAID:
            tell("order paid", "/checkout", total=dice.randrange(40, 2400), plan=dice.choice(("standard", "framework")))
    if events[-1]["event"] == "$pageview" and dice.random() < 0.5:
        tell("$pageleave", "/")
    done = {event["event"] for event in events}
    if variant != VARIANTS[0] and "basket opened" in done and "order paid" not in done and own.random() < WON:
        tell("order paid", "/checkout", own, total=own.randrange(40, 2400), plan="standard")
    left_at = at if events[-1]["event"] in ("$pageview", "$pageleave") and "/checkout" in str(events) else None
    at = began
    if login and person not in known:
        tell("$identify", "/", own, **{"$set": login.properties, "$anon_distinct_id": session})
        told = {"$group_type": "company", "$group_key": login.account, "$group_set": people.ACCOUNTS[login.account]}
        tell("$groupidentify", "/", own, **told)
    tell("$feature_flag_called", "/", own, **{"$feature_flag": FLAG, "$feature_flag_response": variant})
    body = orjson.dumps({"api_key": key, "batch": events, "sent_at": moment.at.isoformat()})
    country = dice.choice(COUNTRIES)
    sender = intake.Sender("127.0.0.1", dice.choice(_AGENTS), lambda: country)
    return Visit(person, body, sender, left_at)


def variant_of(person: str) -> str:
    """What PostHog's SDKs give somebody of two variants of half each."""
    place = int(hashlib.sha1(f"{FLAG}.{person}variant".encode(), usedforsecurity=False).hexdigest()[:15], 16)
    return VARIANTS[place >= 2**59]


def decode(body: bytes, context: Context) -> Decoded:
    return posthog.decode(posthog_vitals.read(body), context)
