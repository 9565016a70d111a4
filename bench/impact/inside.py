"""What the middleware itself adds to each request: its time around the view, without that of the view."""

import sys
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from bench.impact.server_side import ROOT, receiver

sys.path.insert(0, str(ROOT / "clients/python"))

from formaos_obs_client import Middleware, Sender


def added(sender: Sender, *, requests: int) -> list[float]:
    """Milliseconds added to each of `requests`, sorted; about a thousand a second while the sender's thread works."""
    inner = 0.0

    def view(request: HttpRequest) -> HttpResponse:
        nonlocal inner
        started = time.perf_counter()
        time.sleep(0.0005)  # lets the other thread in, as the view's own waiting for a database does
        response = HttpResponse(b"x" * 500)
        inner = time.perf_counter() - started
        return response

    middleware = Middleware(view, sender=sender)
    request = RequestFactory().get("/orders/1/", headers={"x-request-start": f"t={time.time()}"})
    took = []
    for _ in range(requests):
        started = time.perf_counter()
        middleware(request)
        took.append((time.perf_counter() - started - inner) * 1000)
    return sorted(took)


def run(*, requests: int, modes: tuple[str, ...]) -> list[str]:
    """The lines of the table."""
    if not settings.configured:
        settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    lines = [
        f"The middleware's own share of {requests} requests, ms",
        f"{'server':8}{'p50':>9}{'p99':>9}{'dropped':>9}",
    ]
    for mode in modes:
        with receiver(mode) as dsn:
            sender = Sender(dsn, every=0.05)
            took = added(sender, requests=requests)
            lines.append(f"{mode:8}{took[len(took) // 2]:9.4f}{took[int(len(took) * 0.99)]:9.4f}{sender.dropped:9}")
    return lines
