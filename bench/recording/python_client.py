"""One case of sentry-python per run: `python python_client.py <case>` with SENTRY_DSN set."""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import Any

import sentry_sdk
from sentry_sdk import crons, metrics
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.fastapi import FastApiIntegration

OPTIONS: dict[str, Any] = {"release": "shop@1.4.2", "environment": "production", "server_name": "web-1"}


class OutOfStock(Exception):
    """The error of the shop."""


class Basket:
    """Something with a long repr, as real locals have."""

    def __init__(self, size: int) -> None:
        self.lines = [{"sku": f"SKU-{n:05}", "title": f"A thing of kind {n}", "price": n * 1.07} for n in range(size)]

    def __repr__(self) -> str:
        return f"<Basket {self.lines!r}>"


def reserve(basket: Basket, sku: str) -> None:
    shelf = {"SKU-1": 0, "SKU-2": 4}
    if not shelf[sku]:
        raise OutOfStock(f"{sku} is out of stock (wanted 1, have {shelf[sku]})")


def check_out(size: int = 3) -> None:
    basket = Basket(size)
    reserve(basket, "SKU-1")


def descend(depth: int, basket: Basket) -> None:
    remaining, label, limits = depth - 1, f"level {depth}", {"low": depth, "high": depth * 10}
    assert label
    assert limits
    if remaining:
        return descend(remaining, basket)
    reserve(basket, "SKU-1")


def plain() -> None:
    check_out()


def message() -> None:
    sentry_sdk.capture_message("The nightly import took 17 minutes", level="warning")


def log_records() -> None:
    log = logging.getLogger("shop.payments")
    log.info("charging card of basket %s", 17)
    log.warning("provider answered after %.1f s", 4.2)
    log.error("payment %s of %s failed", 4711, "19.90 EUR")


def tags_user() -> None:
    sentry_sdk.set_user({"id": "42", "email": "alice@example.com", "username": "alice", "ip_address": "{{auto}}"})
    sentry_sdk.set_tags({"shop": "eu", "tier": "gold"})
    sentry_sdk.set_context("basket", {"lines": 3, "total": 19.9})
    check_out()


def breadcrumbs() -> None:
    for number in range(40):
        sentry_sdk.add_breadcrumb(category="query", message=f"SELECT * FROM line WHERE basket = {number}", level="info")
    check_out()


def chained() -> None:
    try:
        check_out()
    except OutOfStock as error:
        try:
            raise LookupError("no shelf left") from error
        except LookupError:
            {}["missing"]


def group() -> None:
    raise ExceptionGroup("three jobs failed", [ValueError("bad date"), ExceptionGroup("inner", [KeyError("sku")])])


def sessions() -> None:
    for number in range(5):
        with sentry_sdk.sessions.track_session(sentry_sdk.get_isolation_scope(), session_mode="request"):
            if number == 3:
                try:
                    check_out()
                except OutOfStock as error:
                    sentry_sdk.capture_exception(error)


def logs() -> None:
    for number in range(71):
        sentry_sdk.logger.info("reserved {sku} for {customer}", sku=f"SKU-{number}", customer=number)
    logging.getLogger("shop").warning("stock of %s is low", "SKU-2")


def count_metrics() -> None:
    metrics.count("orders", 1, attributes={"shop": "eu"})
    metrics.gauge("queue.depth", 17)
    metrics.distribution("checkout.time", 187.5, unit="millisecond")


def check_in() -> None:
    schedule: Any = {"schedule": {"type": "crontab", "value": "*/5 * * * *"}, "checkin_margin": 5, "max_runtime": 10}
    with crons.monitor(monitor_slug="nightly-report", monitor_config=schedule):
        time.sleep(0.01)


def transaction() -> None:
    with sentry_sdk.start_transaction(op="http.server", name="GET /basket/{id}"):
        with sentry_sdk.start_span(op="db", name="SELECT line.id FROM line WHERE basket_id = %s") as span:
            span.set_data("db.system", "postgresql")
        with sentry_sdk.start_span(op="http.client", name="GET https://pay.example.com/v1/charges"):
            sentry_sdk.set_measurement("lines", 3)


def span_stream() -> None:
    with sentry_sdk.traces.start_span(name="GET /basket"), sentry_sdk.traces.start_span(name="SELECT line"):
        pass


def attachment() -> None:
    scope = sentry_sdk.get_isolation_scope()
    scope.add_attachment(bytes=b"basket=17\nstep=pay\n", filename="state.txt", content_type="text/plain")
    scope.add_attachment(bytes=b"\x89PNG\r\n\x1a\n" + bytes(64), filename="screen.png", content_type="image/png")
    check_out()


def django_view() -> None:
    import django
    from django.conf import settings
    from django.http import HttpRequest
    from django.test import Client
    from django.urls import path

    def view(request: HttpRequest, basket_id: int) -> None:
        descend(4, Basket(basket_id))

    settings.configure(
        SECRET_KEY="x" * 50, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DEBUG=False, LOGGING_CONFIG=None
    )
    sys.modules[__name__].urlpatterns = [path("basket/<int:basket_id>/", view)]  # type: ignore[attr-defined]
    django.setup()
    client = Client(raise_request_exception=False, headers={"user-agent": "Mozilla/5.0 (X11) Firefox/140.0"})
    client.cookies["sessionid"] = "not-a-session"
    url = "/basket/7/?utm_source=mail&token=not-a-token"
    client.post(url, {"card": "4111", "name": "Alice"}, headers={"authorization": "Bearer not-a-token"})


def celery_task() -> None:
    from celery import Celery

    app = Celery("shop", broker="memory://")
    app.conf.task_always_eager = True

    @app.task(name="shop.tasks.charge")
    def charge(basket_id: int, currency: str) -> None:
        descend(3, Basket(basket_id))

    charge.apply(args=(4,), kwargs={"currency": "EUR"})


def fastapi_route() -> None:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    app = FastAPI()

    @app.get("/baskets/{basket_id}")
    def show(basket_id: int) -> None:
        descend(3, Basket(basket_id))

    TestClient(app, raise_server_exceptions=False).get("/baskets/5?ref=news&session=abc")


def deep_locals() -> None:
    descend(28, Basket(60))


def deep_chain() -> None:
    breadcrumb_count = 60
    for number in range(breadcrumb_count):
        sentry_sdk.add_breadcrumb(category="http", data={"url": f"https://pay.example.com/v1/{number}", "status": 200})
    try:
        descend(18, Basket(20))
    except OutOfStock as error:
        try:
            raise LookupError("the warehouse does not know it") from error
        except LookupError:
            descend(12, Basket(8))


def deep_logging() -> None:
    log = logging.getLogger("shop.import")
    for number in range(100):
        log.info("row %s of %s imported from %s", number, 10_000, "/srv/import/2026-11/products-eu.csv")
    try:
        descend(9, Basket(4))
    except OutOfStock:
        log.exception("import of %s stopped", "products-eu.csv")


CASES: dict[str, Any] = {
    "plain": (plain, {}),
    "message": (message, {}),
    "logging": (log_records, {}),
    "tags_user": (tags_user, {"send_default_pii": True}),
    "breadcrumbs": (breadcrumbs, {}),
    "chained": (chained, {}),
    "group": (group, {}),
    "sessions": (sessions, {}),
    "logs": (logs, {"enable_logs": True}),
    "metrics": (count_metrics, {"enable_metrics": True}),
    "check_in": (check_in, {}),
    "transaction": (transaction, {"traces_sample_rate": 1.0}),
    "span_stream": (span_stream, {"traces_sample_rate": 1.0, "_experiments": {"trace_lifecycle": "stream"}}),
    "attachment": (attachment, {}),
    "django": (django_view, {"integrations": [DjangoIntegration()], "send_default_pii": True}),
    "celery": (celery_task, {"integrations": [CeleryIntegration()], "send_default_pii": True}),
    "fastapi": (fastapi_route, {"integrations": [FastApiIntegration()], "traces_sample_rate": 1.0}),
    "deep_locals": (deep_locals, {}),
    "deep_chain": (deep_chain, {}),
    "deep_logging": (deep_logging, {}),
}


def main(case: str) -> None:
    run, options = CASES[case]
    logging.basicConfig(level=logging.INFO, handlers=[logging.NullHandler()])
    sentry_sdk.init(os.environ["SENTRY_DSN"], **OPTIONS, **options)
    try:
        run()
    except Exception as error:
        sentry_sdk.capture_exception(error)
    sentry_sdk.flush(5)


if __name__ == "__main__":
    main(sys.argv[1])
