"""A monitored shop with sentry-sdk: `python python_app.py <case>` with SENTRY_DSN set."""

import contextlib
import logging
import sys
from typing import Any

import sentry_sdk
from sentry_sdk.crons import monitor


class OutOfStock(Exception):
    """The error of the shop."""


def reserve(sku: str) -> None:
    raise OutOfStock(f"{sku} is out of stock")


def visit(sku: str) -> None:
    """What happens in a request or a job before it fails."""
    sentry_sdk.set_user({"id": "42", "email": "alice@example.com", "username": "alice", "ip_address": "203.0.113.7"})
    sentry_sdk.set_tag("shop", "eu-central")
    sentry_sdk.add_breadcrumb(category="basket", message="put the thing into the basket", level="info")
    reserve(sku)


def plain() -> None:
    sentry_sdk.init()
    sentry_sdk.metrics.count("baskets", 1)
    logging.getLogger("shop").warning("stock is low")
    with monitor("nightly-report", {"schedule": {"type": "crontab", "value": "0 3 * * *"}}):
        pass
    sentry_sdk.get_current_scope().add_attachment(
        bytes=b"things: 3\n", filename="basket.txt", content_type="text/plain"
    )
    sentry_sdk.start_session()
    try:
        visit("SKU-PLAIN")
    except OutOfStock:
        sentry_sdk.capture_exception()
    sentry_sdk.end_session()


def django() -> None:
    import django
    from django.conf import settings
    from django.http import HttpRequest
    from django.test import Client
    from django.urls import path

    def view(request: HttpRequest, basket: int) -> None:
        visit("SKU-DJANGO")

    sentry_sdk.init(traces_sample_rate=1.0, send_default_pii=True)
    settings.configure(SECRET_KEY="x" * 50, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None)
    globals()["urlpatterns"] = [path("basket/<int:basket>/", view)]
    django.setup()
    assert Client(raise_request_exception=False).post("/basket/7/", {"card": "4111"}).status_code == 500


def celery() -> None:
    from celery import Celery

    sentry_sdk.init(traces_sample_rate=1.0)
    app = Celery("shop", broker="memory://")
    app.conf.task_always_eager = True

    @app.task(name="shop.charge")
    def charge(basket: int) -> None:
        visit("SKU-CELERY")

    charge.delay(7)


def fastapi() -> None:
    import socket
    import threading
    import urllib.error
    import urllib.request

    import uvicorn
    from fastapi import FastAPI

    sentry_sdk.init(traces_sample_rate=1.0)
    app = FastAPI()

    @app.get("/baskets/{basket}")
    def show(basket: int) -> None:
        visit("SKU-FASTAPI")

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        running = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        running.start()
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{listener.getsockname()[1]}/baskets/5?ref=news", timeout=20)
        server.should_exit = True
        running.join(20)


CASES: dict[str, Any] = {"plain": plain, "django": django, "celery": celery, "fastapi": fastapi}

if __name__ == "__main__":
    CASES[sys.argv[1]]()
    sentry_sdk.get_client().close(timeout=20)
