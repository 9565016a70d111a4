"""What the demo's SDKs send: one envelope for each thing that happens in the shop."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from events.demo import people
from events.demo.faults import Fault

PYTHON = {"name": "sentry.python.django", "version": "2.75.0"}
BROWSER = {"name": "sentry.javascript.react", "version": "10.20.0"}
HOSTS = ("web-1", "web-2", "worker-1")
BROWSERS = (("Chrome", "142.0"), ("Chrome", "141.0"), ("Edge", "142.0"), ("Firefox", "145.0"), ("Safari", "19.1"))
SYSTEMS = (("Windows", "11"), ("Windows", "10"), ("macOS", "15.2"), ("Ubuntu", "24.04"))
COUNTRIES = ("DE", "DE", "DE", "AT", "CH", "FR", "NL", "PL")
PLANS = ("standard", "standard", "framework", "punchout")
QUERIES = (
    ("SELECT … FROM catalogue_product WHERE sku = %s", "db"),
    ("SELECT … FROM pricing_pricelist WHERE customer_id = %s", "db"),
    ("GET https://stock.internal/levels", "http.client"),
    ("SELECT … FROM basket_line WHERE basket_id = %s", "db"),
    ("render basket.html", "template.render"),
)
LOGS = (
    ("info", "order {} placed", "shop.orders"),
    ("info", "price list imported, {} rows", "shop.pricing"),
    ("warning", "stock level of {} is unknown", "shop.stock"),
    ("error", "carrier refused shipment {}", "shop.shipping"),
    ("debug", "cache miss for basket {}", "shop.basket"),
)
SAID = (
    "The basket shows no price after I change the quantity.",
    "I cannot approve the order of my colleague, the button does nothing.",
    "Search takes very long since yesterday.",
    "The invoice PDF is empty on the second page.",
    "After the punch-out I always land on the start page.",
    "The delivery date says Invalid Date.",
)


@dataclass(frozen=True, slots=True)
class Moment:
    """When, on which release and where something happens."""

    at: datetime
    release: str
    environment: str

    @property
    def seconds(self) -> float:
        return self.at.timestamp()

    def labels(self, platform: str, sdk: Mapping[str, str]) -> dict[str, Any]:
        return {
            "timestamp": self.seconds,
            "platform": platform,
            "release": self.release,
            "environment": self.environment,
            "sdk": sdk,
        }


def envelope(event_id: str | None, *items: tuple[Mapping[str, Any], Any]) -> bytes:
    """The bytes of an envelope of (item header, JSON payload) pairs."""
    lines = [orjson.dumps({"event_id": event_id} if event_id else {})]
    for header, payload in items:
        body = orjson.dumps(payload)
        lines += [orjson.dumps({**header, "length": len(body)}), body]
    return b"\n".join(lines)


def new_id(dice: random.Random) -> str:
    return uuid.UUID(int=dice.getrandbits(128), version=4).hex


def customer(dice: random.Random) -> dict[str, str]:
    """One of some two hundred people, few of whom visit often."""
    return {"id": people.somebody(dice)}


def error(
    dice: random.Random, moment: Moment, fault: Fault, *, is_browser: bool, trace: str, who: str = ""
) -> tuple[str, bytes]:
    """(event id, envelope) of one error of the fault, in a trace; `who` met it, or somebody."""
    event_id = new_id(dice)
    platform, sdk = ("javascript", BROWSER) if is_browser else ("python", PYTHON)
    words = {"n": dice.randrange(900), "sku": f"{dice.randrange(4000):05d}", "order": f"B{dice.randrange(10**6):06d}"}
    values = [_exception(fault.type, fault.value.format_map(words), fault, is_browser)]
    if fault.cause:
        values.insert(0, _exception(fault.cause[0], fault.cause[1].format_map(words), fault, is_browser))
    event = moment.labels(platform, sdk) | {
        "event_id": event_id,
        "level": fault.level,
        "transaction": fault.route,
        "exception": {"values": values},
        "user": {"id": who} if who else customer(dice),
        "tags": {"plan": dice.choice(PLANS), "country": dice.choice(COUNTRIES)},
        "contexts": {"trace": {"trace_id": trace, "span_id": new_id(dice)[:16]}} | _contexts(dice, is_browser),
        "breadcrumbs": {"values": _breadcrumbs(dice, moment, is_browser)},
        "request": _request(dice, fault.route, words, is_browser),
        "extra": {"basket_lines": dice.randrange(1, 40), "retry": dice.random() < 0.2},
    }
    if not is_browser:
        event["server_name"] = dice.choice(HOSTS)
    return event_id, envelope(event_id, ({"type": "event"}, event))


def _exception(name: str, value: str, fault: Fault, is_browser: bool) -> dict[str, Any]:
    frames = [_frame(frame, is_browser) for frame in fault.frames]
    outer = (
        {"filename": "react-dom.production.js", "function": "callCallback", "lineno": 1, "colno": 8123, "in_app": False}
        if is_browser
        else {"filename": "django/core/handlers/base.py", "module": "django.core.handlers.base",
              "function": "_get_response", "lineno": 197, "in_app": False}
    )  # fmt: skip
    mechanism = {"type": "onunhandledrejection" if is_browser else "django", "handled": fault.is_handled}
    return {"type": name, "value": value, "mechanism": mechanism, "stacktrace": {"frames": [outer, *frames]}}


def _frame(frame: str, is_browser: bool) -> dict[str, Any]:
    file, function, line, source = frame.split(" ", 3)
    found: dict[str, Any] = {
        "filename": file,
        "function": function,
        "lineno": int(line),
        "in_app": True,
        "context_line": f"    {source}",
        "pre_context": [],
        "post_context": [],
    }
    if is_browser:
        return found | {"abs_path": f"https://shop.example/{file}", "colno": 17}
    return found | {"module": file.removesuffix(".py").replace("/", "."), "vars": {"page": "1", "basket": "<Basket>"}}


def _contexts(dice: random.Random, is_browser: bool) -> dict[str, Any]:
    if not is_browser:
        return {"runtime": {"name": "CPython", "version": "3.12.8"}, "os": {"name": "Linux", "version": "6.12"}}
    (browser, version), (system, number) = dice.choice(BROWSERS), dice.choice(SYSTEMS)
    return {
        "browser": {"name": browser, "version": version, "type": "browser"},
        "os": {"name": system, "version": number, "type": "os"},
        "device": {"family": "Desktop"},
    }


def _breadcrumbs(dice: random.Random, moment: Moment, is_browser: bool) -> list[dict[str, Any]]:
    crumbs: list[dict[str, Any]] = []
    for index in range(dice.randrange(3, 9)):
        before = moment.seconds - 20 + 2 * index
        if is_browser:
            crumb = dice.choice((
                {"category": "navigation", "data": {"from": "/catalogue", "to": "/basket"}},
                {"category": "ui.click", "message": "button.primary > span"},
                {"category": "fetch", "type": "http",
                 "data": {"url": "/api/basket", "method": "GET", "status_code": dice.choice((200, 200, 502))}},
            ))  # fmt: skip
        else:
            statement, kind = dice.choice(QUERIES)
            crumb = {"category": "query" if kind == "db" else "httplib", "message": statement}
        crumbs.append({"timestamp": before, "level": "info", **crumb})
    return crumbs


def _request(dice: random.Random, route: str, words: Mapping[str, Any], is_browser: bool) -> dict[str, Any]:
    method, _, path = route.rpartition(" ")
    path = path.format_map(words) if path.startswith("/") else "/"
    headers = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Accept-Language": "de"}
    return {"url": f"https://shop.example{path}", "method": method or "GET", "headers": headers} if is_browser or (
        method
    ) else {}  # fmt: skip


def sessions(dice: random.Random, moment: Moment, count: int) -> bytes:
    """The sessions of an hour as a server counts them; about one in two hundred crashes."""
    crashed = sum(dice.random() < 0.005 for _ in range(count))
    errored = sum(dice.random() < 0.02 for _ in range(count - crashed))
    began = moment.at.replace(minute=0, second=0, microsecond=0).isoformat()
    counts = {"exited": count - crashed - errored, "errored": errored, "crashed": crashed}
    payload = {
        "aggregates": [{"started": began, **counts}],
        "attrs": {"release": moment.release, "environment": moment.environment},
    }
    return envelope(None, ({"type": "sessions"}, payload))


def visit(dice: random.Random, moment: Moment) -> bytes:
    """One browser session from beginning to end, of a known person."""
    crashed = dice.random() < 0.005
    payload = {
        "sid": new_id(dice), "did": customer(dice)["id"], "init": True, "started": moment.at.isoformat(),
        "timestamp": moment.at.isoformat(), "status": "crashed" if crashed else "exited", "errors": int(crashed),
        "duration": dice.uniform(20, 1500), "attrs": {"release": moment.release, "environment": moment.environment},
    }  # fmt: skip
    return envelope(None, ({"type": "session"}, payload))


def logs(dice: random.Random, moment: Moment, count: int, *, traces: Sequence[tuple[float, str]] = ()) -> bytes:
    """A batch of log lines of the minutes before, which the requests of `traces` (seconds, id) wrote as they ended."""
    seconds = sorted(moment.seconds - dice.uniform(0, 3000) for _ in range(count))
    lines = []
    for at in seconds:
        told, own = dice.choice(LOGS), new_id(dice)
        ended, trace = random.Random(own).choice(traces) if traces else (at, own)  # noqa: S311  # a demo, not a secret
        lines.append((ended, *told, trace))
    return log_batch(dice, moment, sorted(lines, key=lambda line: line[0]))


def log_batch(dice: random.Random, moment: Moment, lines: Sequence[tuple[float, str, str, str, str]]) -> bytes:
    """An envelope of (at, level, template, logger, trace id)."""
    items = []
    for at, level, template, logger, trace in lines:
        attributes = {
            "sentry.release": moment.release, "sentry.environment": moment.environment, "logger.name": logger,
            "server.address": dice.choice(HOSTS), "sentry.message.template": template,
            "shop.country": dice.choice(COUNTRIES),
        }  # fmt: skip
        items.append({
            "timestamp": at, "level": level, "body": template.format(dice.randrange(10**5)),
            "trace_id": trace, "attributes": _typed(attributes),
        })  # fmt: skip
    return envelope(None, _batch("log", "application/vnd.sentry.items.log+json", items))


def metrics(dice: random.Random, moment: Moment, busy: float) -> bytes:
    """What the shop counts by itself in an hour."""
    attributes = _typed({"sentry.release": moment.release, "sentry.environment": moment.environment})
    measured: Sequence[tuple[str, str, float, str]] = (
        ("orders.placed", "counter", round(40 * busy * dice.uniform(0.8, 1.2)), ""),
        ("basket.value", "distribution", round(dice.lognormvariate(6.2, 0.8), 2), "euro"),
        ("mail.queue", "gauge", dice.randrange(30), ""),
    )
    items = [
        {"timestamp": moment.seconds, "name": name, "type": kind, "value": value, "unit": unit or None,
         "trace_id": new_id(dice), "attributes": attributes}
        for name, kind, value, unit in measured
    ]  # fmt: skip
    return envelope(None, _batch("trace_metric", "application/vnd.sentry.items.trace-metric+json", items))


def check_in(dice: random.Random, moment: Moment, monitor: str, crontab: str) -> bytes:
    """One run of a scheduled job, which fails now and then."""
    payload = {
        "check_in_id": new_id(dice), "monitor_slug": monitor, "status": "error" if dice.random() < 0.03 else "ok",
        "duration": dice.uniform(4, 90), "release": moment.release, "environment": moment.environment,
        "monitor_config": {"schedule": {"type": "crontab", "value": crontab}, "timezone": "UTC"},
    }  # fmt: skip
    return envelope(None, ({"type": "check_in"}, payload))


def feedback(dice: random.Random, moment: Moment, about: str) -> bytes:
    """What a customer wrote about an error that they met."""
    event_id = new_id(dice)
    written = {"message": dice.choice(SAID), "associated_event_id": about, "url": "https://shop.example/basket"}
    event = moment.labels("javascript", BROWSER) | {"event_id": event_id, "contexts": {"feedback": written}}
    return envelope(event_id, ({"type": "feedback"}, event))


def _typed(attributes: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"value": value, "type": "string"} for name, value in attributes.items()}


def _batch(kind: str, content_type: str, items: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"type": kind, "item_count": len(items), "content_type": content_type}, {"items": items}
