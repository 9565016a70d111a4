"""A project full of random facts: every column of every fact, out of small sets of values, so that they meet."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from django.db import transaction

from analytics.tests.facts import store
from events.facts.schema import FACTS, Column
from events.models import Project
from events.models.project import Analytics
from events.persons import keeping
from events.persons.keeping import Heard
from events.persons.rules import Told
from events.tests.cast import NOW
from events.tests.rows import hexed

SPAN = timedelta(days=3)
PEOPLE = [2**60 + n if n % 2 else -(2**60) - n for n in range(40)]
FLAG = "checkout"
TEXTS: dict[str, list[Any]] = {
    "metric": ["LCP", "INP", "CLS", "FCP", "TTFB"],
    "level": ["error", "warning", "info", "fatal", None],
    "environment": ["production", "staging", "", None],
    "release": ["web@1.0.0", "web@1.1.0", "web@2.0.0", "", None],
    "route": ["GET /items", "GET /basket", "POST /buy", "/", None],
    "path": ["/", "/a", "/b", "/b/c", "", None],
    "host": ["web-1", "web-2", "Ünïcode", None],
    "country": ["DE", "FR", "", None],
    "device": ["desktop", "mobile", None],
    "trace_id": [hexed(f"trace {n}") for n in range(40)] + [None],
    "group_hash": [hexed(f"group {n}") for n in range(6)],
    "fingerprint": [hexed(f"query {n}") for n in range(4)],
    "finding": ["n+1", "slow", None],
    "body": ["payment failed 100%", "1_0 ok", "Straße\nline two", "paid 10", None],
    "name": ["cpu.utilisation", "memory.used", None],
    "type": ["gauge", "counter", "TypeError", None],
}
EVENTS = ["$pageview", "$pageview", "$autocapture", "basket", "paid", "signup", "$feature_flag_called", "$web_vitals"]
STATUSES = ["ok", "exited", "crashed", "abnormal", "errored", None]
CHAINS = [
    'button.primary.big:attr__class="primary big"nth-child="1"text="Buy";div#box:attr__id="box"nth-child="2"',
    'a:href="/b"text="Go; now";nav.top:attr__class="top"',
    None,
]


def fill(project: Project, *, rows: int = 400, seed: int = 1) -> None:
    """Random facts of every kind over SPAN up to NOW, in two segments each, and some visitors who are one person."""
    random = Random(seed)
    identify(project)
    for name, fact in FACTS.items():
        made = [_row(random, name, fact.columns, n) for n in range(rows * (3 if name == "events" else 1))]
        store(project, name, *made[::2])
        store(project, name, *made[1::2])
    with transaction.atomic():
        merged = [Told(PEOPLE[n], NOW, "merge", PEOPLE[n + 20]) for n in range(0, 12, 3)]
        keeping.keep({project.pk: Heard(merged)})


def identify(project: Project) -> None:
    """Let people of several days be told apart."""
    Project.objects.filter(pk=project.pk).update(analytics=Analytics.IDENTIFIED)
    project.refresh_from_db()


def _row(random: Random, fact: str, columns: tuple[Column, ...], n: int) -> dict[str, Any]:
    row = {column.name: _value(random, fact, column, n) for column in columns}
    row["at"] = NOW - SPAN * random.random()
    if "received_at" in row:
        row["received_at"] = row["at"] + timedelta(seconds=random.random() * 60)
    if fact == "sessions" and random.random() < 0.3:
        row |= {"sid": None, "started": random.randrange(20), "errored": 2, "crashed": random.randrange(3)}
    elif fact == "sessions":
        row |= {"started": None}
    return row


def _value(random: Random, fact: str, column: Column, n: int) -> Any:
    if column.name in ("event_id", "log_id", "span_id", "check_in_id"):
        return hexed(f"{fact} {column.name} {n}")
    if column.name in ("metric_id", "sid"):
        return hexed(f"{fact} {random.randrange(150)}") if random.random() > 0.05 else None
    if column.name in ("visitor", "user_key"):
        return random.choice([*PEOPLE, None])
    if column.name == "event":
        return random.choice(EVENTS)
    if column.name == "status" and column.kind == "text":
        return random.choice(STATUSES)
    if column.kind == "tags":
        return _tags(random, fact)
    values: dict[str, Any] = {
        "text": random.choice(TEXTS.get(column.name, ["a", "b", "C d", "", None])),
        "int": random.choice([200, 404, 500, 503, None])
        if column.name == "status"
        else random.choice([*range(9), None]),
        "float": random.choice([random.lognormvariate(5, 2), random.lognormvariate(1, 1), None]),
        "bool": random.choice([True, False, None]),
        "time": NOW,
        "floats": [1.0, 10.0],
        "ints": [random.randrange(5) for _ in range(3)],
    }
    # The last of some updates is one of them.
    return n if column.name == "seq" else values[column.kind]


def _tags(random: Random, fact: str) -> dict[str, str] | None:
    kept = {
        "plan": random.choice(["team", "free", "2.0", "2"]), "browser": random.choice(["Firefox", "Chrome"]),
        "amount": random.choice(["12.5", "7", "-3e2", "x", "", "+5.", ".5", "inf", " 4 "]),
        "order.id": str(random.randrange(5)),
        "element": random.choice(["#hero", "img"]), "target": random.choice(["#buy", "a"]),
    }  # fmt: skip
    if fact == "events":
        chain = random.choice(CHAINS)
        kept |= {"$feature_flag": FLAG, "$feature_flag_response": random.choice(["control", "test"]), "$el_text": "Buy"}
        kept |= {"$elements_chain": chain} if chain else {}
        kept |= {"$group/company": random.choice(["acme", "initech"])}
    return {name: value for name, value in kept.items() if random.random() < 0.8} or None
