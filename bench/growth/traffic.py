"""What the soak sends: a web shop's errors, requests with their spans, page loads, vitals, logs and product events.

Bodies are those of the demo, batched as SDKs batch: an error or a transaction a request, a hundred log lines a request,
the metrics of a page together, and the events of a visit together.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from chaos.ledger import Dsn
from events.demo import faults, people, speed, traffic, visitors
from events.demo.traffic import Moment

# A batch of Sentry's SDKs, which they send when it is full or five seconds old.
LOG_BATCH = 100
ROUTES = ("GET /", "GET /basket", "GET /catalogue/{sku}", "POST /checkout/pay", "GET /orders", "GET /catalogue/search")
_METRICS = (("LCP", 1800.0), ("INP", 90.0), ("CLS", 0.05), ("FCP", 1100.0), ("TTFB", 240.0))
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@dataclass(frozen=True, slots=True)
class Request:
    """One body to post; `records` of `category` are in it, which become so many facts of one kind."""

    category: str
    records: int
    fact: str
    facts: int
    path: str
    body: bytes
    content_type: str = "application/json"

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": self.content_type, "User-Agent": _AGENT}


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of what is sent, and its share of all records."""

    share: float
    make: Callable[[random.Random, Moment, Dsn], Request]


def moment(dice: random.Random) -> Moment:
    return Moment(datetime.now(UTC), f"shop@1.{dice.randrange(4)}.0", "production")


def _envelope(dsn: Dsn, category: str, fact: str, body: bytes, *, records: int = 1, facts: int = 1) -> Request:
    return Request(category, records, fact, facts, dsn.path, body, "application/x-sentry-envelope")


def error(dice: random.Random, now: Moment, dsn: Dsn) -> Request:
    is_browser = dice.random() < 0.5
    fault = dice.choice(faults.FRONTEND if is_browser else faults.BACKEND)
    _, body = traffic.error(dice, now, fault, is_browser=is_browser, trace=traffic.new_id(dice))
    return _envelope(dsn, "error", "errors", body)


def request(dice: random.Random, now: Moment, dsn: Dsn) -> Request:
    return _envelope(dsn, "transaction", "requests", speed.request(dice, now, dice.choice(ROUTES)))


def page_load(dice: random.Random, now: Moment, dsn: Dsn) -> Request:
    return _envelope(dsn, "transaction", "vitals", speed.page_load(dice, now), facts=len(_METRICS))


def logs(dice: random.Random, now: Moment, dsn: Dsn) -> Request:
    ages = sorted((dice.uniform(0, 5) for _ in range(LOG_BATCH)), reverse=True)
    lines = [(now.seconds - age, *dice.choice(traffic.LOGS), traffic.new_id(dice)) for age in ages]
    return _envelope(dsn, "log", "logs", traffic.log_batch(dice, now, lines), records=LOG_BATCH, facts=LOG_BATCH)


def vitals(dice: random.Random, now: Moment, dsn: Dsn) -> Request:
    """The metrics of one page as web-vitals' `sendBeacon` sends them when it is left."""
    route, slowness = dice.choice(speed.PAGES)
    page = f"v6-{int(now.seconds * 1000)}-{dice.randrange(10**12):012d}"
    items = [
        {"name": name, "value": usual * slowness * dice.lognormvariate(0.0, 0.4), "delta": 1, "rating": "good",
         "id": f"{page}{place}", "navigationType": "navigate", "url": f"{visitors.SITE}{route}",
         "attribution": {"target": "#hero"}}
        for place, (name, usual) in enumerate(_METRICS)
    ]  # fmt: skip
    path = f"/api/{dsn.project_id}/vitals/?sentry_key={dsn.key}"
    return Request("vital", len(items), "vitals", len(items), path, orjson.dumps(items), "text/plain;charset=UTF-8")


def visit(dice: random.Random, now: Moment, dsn: Dsn) -> Request:
    """Of somebody who has said who they are before."""
    body = visitors.visit(dice, now, dsn.key, known=people.NAMED).body
    count = len(orjson.loads(body)["batch"])
    return Request("product_event", count, "events", count, "/e/", body)


KINDS = (
    Kind(0.05, error),
    Kind(0.10, request),
    Kind(0.02, page_load),
    Kind(0.08, vitals),
    Kind(0.35, logs),
    Kind(0.40, visit),
)
