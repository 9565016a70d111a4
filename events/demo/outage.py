"""The demo's bad day: a campaign brings customers, a release breaks paying, and twenty minutes later it is taken back.

Sent like the rest of the demo, through the real door, with the clock of that day.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from events.demo import Demo, speed, traffic
from events.demo.faults import Fault
from events.demo.traffic import Moment
from events.digest import loop
from events.releases import deploys, lifecycle

AGO = timedelta(hours=6)
MINUTE = timedelta(minutes=1)
LENGTH, DEPLOYED, TAKEN_BACK = 54, 10, 30  # minutes
PER_MINUTE = 15
BROKEN = "POST /checkout/pay"
ROUTES = ("GET /catalogue/{sku}", "GET /basket", BROKEN, BROKEN)
FAULT = Fault(
    "KeyError", "'installments'", BROKEN,
    ("shop/views/checkout.py pay 64 plan = plans.of(order)",
     "shop/payments/plans.py of 31 return PLANS[order.terms['installments']]"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outage:
    """When what happened, and of which release."""

    began: datetime
    deployed: datetime
    taken_back: datetime
    ended: datetime
    release: str
    before: str
    requests: int
    failed: int


def broken(now: datetime) -> tuple[datetime, datetime]:
    """From when to when paying fails, in a demo that ends `now`."""
    began = (now.astimezone(UTC) - AGO).replace(second=0, microsecond=0)
    return began + DEPLOYED * MINUTE, began + TAKEN_BACK * MINUTE


def play(demo: Demo, *, now: datetime) -> Outage:
    """Send the hour and digest it; `now` is the demo's end."""
    dice = random.Random(f"outage {demo.dice.random()}")  # noqa: S311  # a demo, not a secret
    words = random.Random(1)  # noqa: S311  # what is written changes nothing of what happens
    deployed, taken_back = broken(now)
    began = deployed - DEPLOYED * MINUTE
    before = [name for since, name in demo.names if since <= began][-1]
    release = before.removesuffix("0") + "1"
    requests = failed = 0
    for minute in range(LENGTH):
        is_broken = DEPLOYED <= minute < TAKEN_BACK
        seconds = sorted(dice.uniform(0, 59) for _ in range(PER_MINUTE))
        for second in seconds:
            moment = Moment(began + minute * MINUTE + timedelta(seconds=second), release if is_broken else before,
                            "production")  # fmt: skip
            route = dice.choice(ROUTES)
            fails = is_broken and route == BROKEN and dice.random() < 0.6
            trace = traffic.new_id(dice)
            demo.send(speed.request(dice, moment, route, trace=trace, failed=fails), at=moment.at)
            requests, failed = requests + 1, failed + fails
            if fails:
                event_id, body = traffic.error(dice, moment, FAULT, is_browser=False, trace=trace)
                demo.errors.append(event_id)
                demo.send(body, at=moment.at)
                line = (moment.seconds, "error", f"{FAULT.type} while answering {BROKEN}", "shop.requests", trace)
                demo.send(traffic.log_batch(words, moment, [line]), at=moment.at)
    ended = began + LENGTH * MINUTE
    while loop.run(now=ended).items:
        pass
    for name, at, build in ((release, deployed, "build 4190"), (before, taken_back, "take back")):
        made, _ = lifecycle.create(demo.project, name, actor="seed_demo", released_at=at, now=now)
        if name == release:
            with transaction.atomic():
                lifecycle.set_commits(made, [_change(at)], actor="seed_demo", now=now)
        deploys.put(
            made, environment="production", actor="seed_demo", name=build, started_at=at - 4 * MINUTE, finished_at=at,
            now=now,
        )  # fmt: skip
    return Outage(began, deployed, taken_back, ended, release, before, requests, failed)


def _change(at: datetime) -> lifecycle.Change:
    """What was wrong with the release."""
    return lifecycle.Change(
        sha="5b1c9e0f" * 5, repository="example/shop", author="Teo Brandt", message="Offer instalments at the checkout",
        committed_at=at - timedelta(minutes=50),
        paths=[("M", "shop/views/checkout.py"), ("A", "shop/payments/plans.py")],
    )  # fmt: skip
