"""What the demo's clients measure: requests, loaded pages, hosts, and what browsers block."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from events.demo.traffic import BROWSER, COUNTRIES, HOSTS, PYTHON, QUERIES, Moment, customer, envelope, new_id

# Pages with how slow they are, and browsers with how slow their devices are.
PAGES = (
    ("/", 1.0),
    ("/catalogue", 1.3),
    ("/products/:sku", 1.7),
    ("/basket", 0.9),
    ("/checkout", 1.2),
    ("/orders", 2.6),
)
AGENTS = (
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", 1.0),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.1 Safari/605.1.15", 0.9),
    ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36", 1.8),
)
LARGEST = {"/": "section.hero > img", "/products/:sku": "figure.product > img", "/orders": "table.orders"}
BLOCKED = (
    ("script-src-elem", "https://toolbar.example/inject.js"),
    ("img-src", "https://ads.example/pixel.gif"),
    ("connect-src", "https://stats.example/collect"),
)
# One statement for each line of a basket: the loop that the page of queries finds.
LOOPED = "SELECT … FROM pricing_discount WHERE line_id = %s"
_SLOW_ROUTE = "POST /checkout/pay"


def request(
    dice: random.Random, moment: Moment, route: str, *, trace: str = "", failed: bool = False, who: str = ""
) -> bytes:
    """One served request with its spans; every other release is slower at paying, and the basket runs a loop. One that
    failed is sent with its error: by itself it would explain nothing."""
    trace, root, event_id = trace or new_id(dice), new_id(dice)[:16], new_id(dice)
    length = 0.04 * dice.lognormvariate(1.0, 0.7) * (1.6 if route == _SLOW_ROUTE and _is_slow(moment.release) else 1.0)
    asked = dice.sample(QUERIES, dice.randrange(1, 5))
    if route == "GET /basket" and dice.random() < 0.5:
        asked = [("SELECT … FROM basket_line WHERE basket_id = %s", "db"), *[(LOOPED, "db")] * dice.randrange(8, 25)]
        length *= 1.8
    at = began = moment.seconds - length
    spans = []
    for statement, op in asked:
        took = length * dice.uniform(0.4, 0.9) / (len(asked) + 1)
        data = {"service.name": "shop"} | ({"db.system": "postgresql"} if op == "db" else {})
        spans.append({"span_id": new_id(dice)[:16], "parent_span_id": root, "trace_id": trace, "op": op, "data": data,
                      "description": statement, "start_timestamp": at, "timestamp": at + took})  # fmt: skip
        if op == "http.client":
            spans.append(_answered(spans[-1]))
        at += took + 0.0002
    contexts = {"trace": {"trace_id": trace, "span_id": root, "op": "http.server",
                          "status": "internal_error" if failed else "ok",
                          "data": {"service.name": "shop", "http.request.method": route.split(" ")[0],
                                   "http.response.status_code": 500 if failed else 200}}}  # fmt: skip
    event = moment.labels("python", PYTHON) | {
        "event_id": event_id, "type": "transaction", "transaction": route, "transaction_info": {"source": "route"},
        "start_timestamp": began, "contexts": contexts, "spans": spans,
        "user": {"id": who} if who else customer(dice),
        "server_name": dice.choice(HOSTS[:2]),
    }  # fmt: skip
    return envelope(event_id, ({"type": "transaction"}, event))


def _answered(call: Mapping[str, Any]) -> dict[str, Any]:
    """What the other service did of a call to it: all but a tenth on the way there and on the way back."""
    way = (call["timestamp"] - call["start_timestamp"]) / 10
    return {
        **call, "span_id": f"{int(call['span_id'], 16) ^ 1:016x}", "parent_span_id": call["span_id"],
        "op": "http.handler", "description": "GET /levels", "start_timestamp": call["start_timestamp"] + way,
        "timestamp": call["timestamp"] - way, "data": {"service.name": "stock"},
    }  # fmt: skip


def page_load(dice: random.Random, moment: Moment) -> bytes:
    """One loaded page with its web vitals and what was behind them: phones are slower, one page has a slow table."""
    route, slowness = dice.choice(PAGES)
    agent, weight = dice.choice(AGENTS)
    trace, root, event_id = new_id(dice), new_id(dice)[:16], new_id(dice)
    lcp = 900 * slowness * weight * dice.lognormvariate(0.35, 0.4)
    vitals = {
        "ttfb": lcp * dice.uniform(0.1, 0.3),
        "fcp": lcp * dice.uniform(0.4, 0.9),
        "lcp": lcp,
        "cls": 0.03 * slowness * dice.lognormvariate(0.0, 0.8),
        "inp": 70 * weight * dice.lognormvariate(0.2, 0.6),
    }
    behind = {
        "service.name": "shop-front",
        "browser.web_vital.lcp.element": LARGEST.get(route, "h1.title"),
        "browser.web_vital.cls.target": dice.choice(("div.banner", "ul.suggestions")),
        "browser.web_vital.inp.target": dice.choice(("button.add-to-basket", "input[name=quantity]", "button.pay")),
    }
    context = {"trace_id": trace, "span_id": root, "op": "pageload", "status": "ok", "data": behind}
    event = moment.labels("javascript", BROWSER) | {
        "event_id": event_id, "type": "transaction", "transaction": route, "transaction_info": {"source": "route"},
        "start_timestamp": moment.seconds - lcp / 1000, "spans": [], "contexts": {"trace": context},
        "user": {**customer(dice), "geo": {"country_code": dice.choice(COUNTRIES)}},
        "measurements": {
            name: {"value": value, "unit": "" if name == "cls" else "millisecond"} for name, value in vitals.items()
        },
        "request": {"url": f"https://shop.example{route}", "headers": {"User-Agent": agent}},
    }  # fmt: skip
    return envelope(event_id, ({"type": "transaction"}, event))


def hosts(dice: random.Random, moment: Moment, busy: float) -> bytes:
    """The readings of all hosts as a Collector sends them, in OpenTelemetry's JSON."""
    at = str(int(moment.seconds * 1e9))
    return orjson.dumps({
        "resourceMetrics": [
            {"resource": {"attributes": _attributes({"host.name": host, "service.name": "shop"})},
             "scopeMetrics": [{"scope": {"name": "hostmetrics"}, "metrics": _readings(dice, moment, busy, host, at)}]}
            for host in HOSTS
        ]
    })  # fmt: skip


def _readings(dice: random.Random, moment: Moment, busy: float, host: str, at: str) -> list[dict[str, Any]]:
    load = busy * (0.5 if host.startswith("worker") else 0.8) + dice.uniform(0.02, 0.1)
    disk = 0.55 + 0.2 * (moment.seconds / 86_400 % 14) / 14
    memory = 0.45 + 0.25 * busy + 0.03 * math.sin(moment.seconds / 7000)
    measured: Sequence[tuple[str, float, Mapping[str, str]]] = (
        ("system.cpu.utilization", min(0.97, load * 0.8), {"cpu.mode": "user"}),
        ("system.cpu.utilization", min(0.2, load * 0.15), {"cpu.mode": "system"}),
        ("system.memory.utilization", memory, {"system.memory.state": "used"}),
        ("system.filesystem.utilization", disk, {"system.filesystem.mountpoint": "/"}),
        ("system.cpu.load_average.1m", load * 4, {}),
        ("process.cpu.utilization", load * 0.6, {}),
        ("process.memory.usage", 3.1e8 + 1e8 * busy, {}),
    )
    return [
        {"name": name, "gauge": {"dataPoints": [
            {"timeUnixNano": at, "asDouble": value, "attributes": _attributes(attributes)}
        ]}}
        for name, value, attributes in measured
    ]  # fmt: skip


def blocked(dice: random.Random) -> bytes:
    """What a browser reports that the shop's policy stopped."""
    directive, url = dice.choice(BLOCKED)
    return orjson.dumps({"csp-report": {
        "document-uri": f"https://shop.example{dice.choice(PAGES)[0]}", "effective-directive": directive,
        "violated-directive": directive, "blocked-uri": url, "disposition": "enforce", "status-code": 200,
    }})  # fmt: skip


def _is_slow(release: str) -> bool:
    return int(release.split(".")[1]) % 2 == 0


def _attributes(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
