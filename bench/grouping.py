"""Prints what grouping one event costs: `python bench/grouping.py`."""

import sys
import timeit
from pathlib import Path
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from events.issues import grouping
from events.issues.grouping import frames, made_names, texts

ROUNDS = 2000


def python_error(*, frames: int) -> dict[str, Any]:
    """A Django error as sentry-sdk sends it: every second frame in-app, source context, local variables."""
    source = "        total = sum(line.price * line.quantity for line in order.lines.all())"
    stack = [
        {
            "module": f"shop.orders.views{n}" if n % 2 else f"django.core.handlers.base{n}",
            "filename": f"shop/orders/views{n}.py",
            "abs_path": f"/srv/shop/orders/views{n}.py",
            "function": f"handle_{n}",
            "lineno": n,
            "in_app": bool(n % 2),
            "pre_context": [source[:40]] * 2,
            "context_line": source,
            "post_context": [source[:40]] * 2,
            "vars": {"order": f"<Order: {n}>", "self": "<OrderView object>"},
        }
        for n in range(frames)
    ]
    value = {"type": "IntegrityError", "value": "duplicate key 17", "stacktrace": {"frames": stack}}
    return {"platform": "python", "level": "error", "transaction": "/pay/", "exception": {"values": [value]}}


def browser_error(*, frames: int) -> dict[str, Any]:
    """A minified browser error, every frame in-app, as @sentry/browser sends it."""
    file = "https://shop.example/assets/index-B1x9a_2k.js"
    stack = [
        {"filename": file, "function": f"Object.step{n}", "lineno": 1, "colno": n, "in_app": True}
        for n in range(frames)
    ]
    value = {
        "type": "TypeError",
        "value": "Cannot read properties of undefined (reading 'x')",
        "stacktrace": {"frames": stack},
    }
    return {"platform": "javascript", "exception": {"values": [value]}}


def forget() -> None:
    """Empties the caches, as for a first event of its kind."""
    for cached in (
        frames._frame,
        frames._first,
        made_names.written,
        frames.path,
        texts.without_variables,
        texts.in_one_wording,
    ):
        cached.cache_clear()


def main() -> None:
    """One line per kind of event: size, cached and first-time cost."""
    plain = {"platform": "python", "logentry": {"formatted": "job 17 of ann@example.com took 3.5s at 10.0.0.1"}}
    cases = {
        "python, 40 frames": python_error(frames=40),
        "browser, 50 frames": browser_error(frames=50),
        "message": plain,
    }
    for name, event in cases.items():
        warm = min(timeit.repeat(lambda event=event: grouping.group(event), number=ROUNDS, repeat=5)) / ROUNDS
        cold = min(timeit.repeat(lambda event=event: grouping.group(event), setup=forget, number=1, repeat=50))
        size = len(orjson.dumps(event)) / 1000
        print(f"{name:20} {size:6.1f} kB   {warm * 1e6:7.1f} µs   first of its kind {cold * 1e6:7.1f} µs")


if __name__ == "__main__":
    main()
