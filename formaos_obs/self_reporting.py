"""The server reports its own errors through sentry-sdk, to OBS_SELF_DSN, which may be its own, and never in a circle.

A circle needs an event that is caused by delivering or storing an event. So whatever stems from an ingest request or
from digesting is not reported (it is logged, counted and kept as a dead letter instead), sessions and client reports
are off, and at most RATE reports leave a process in a minute, whatever else may happen.
"""

import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from events.runtime.lazy import lazy
from events.scrubbing import scrub
from formaos_obs import logs

if TYPE_CHECKING:
    import sentry_sdk
    from sentry_sdk import utils
    from sentry_sdk.integrations import celery, django, logging

    from events.endpoints import base
else:
    base = lazy("events.endpoints.base")  # with it the REST framework, which a worker has no use for
    sentry_sdk = lazy("sentry_sdk")
    utils = lazy("sentry_sdk.utils")
    celery = lazy("sentry_sdk.integrations.celery")
    django = lazy("sentry_sdk.integrations.django")
    logging = lazy("sentry_sdk.integrations.logging")

RATE = 10
WINDOW_SECONDS = 60.0
# The modules that an ingest request and the digest run through; `self_reporting`'s own test keeps them existing.
INGEST_MODULES = (
    "events.digest", "events.endpoints.admission", "events.endpoints.base", "events.endpoints.browser",
    "events.endpoints.performance", "events.endpoints.posthog", "events.endpoints.product", "events.endpoints.sentry",
    "events.ingest", "events.protocols",
)  # fmt: skip

_sent: deque[float] = deque(maxlen=RATE)


def start(dsn: str, *, release: str) -> None:
    """Report from now on; without a DSN that can be read nothing is reported (a check refuses one that cannot)."""
    if not dsn or not is_dsn(dsn):
        return
    sentry_sdk.init(
        dsn=dsn,
        release=release,
        before_send=before_send,
        before_breadcrumb=before_breadcrumb,
        integrations=[
            django.DjangoIntegration(middleware_spans=False, signals_spans=False, cache_spans=False),
            celery.CeleryIntegration(),
            logging.LoggingIntegration(),
        ],
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        auto_session_tracking=False,
        send_client_reports=False,
        shutdown_timeout=1,
    )


def is_dsn(text: str) -> bool:
    """Whether the SDK would take `text` as a DSN."""
    try:
        utils.Dsn(text)
    except (utils.BadDsn, ValueError):
        return False
    return True


def before_send(event: Any, hint: dict[str, Any]) -> Any:
    """The event as it may leave, or None; called by the SDK in the thread of the error, its queue never waits."""
    if stems_from_ingest(event) or not _has_budget(time.monotonic()):
        return None
    request = event.get("request")
    if request:
        event["request"] = {key: request[key] for key in ("method",) if key in request}
        address = urlsplit(str(request.get("url", "")))
        event["request"]["url"] = f"{address.scheme}://{address.netloc}{logs.route_of(address.path)}"
        event["transaction"] = logs.route_of(address.path)
        event = logs.without(address.path, event)
    return scrub(event)


def before_breadcrumb(crumb: Any, hint: dict[str, Any]) -> Any:
    """The crumb, or None for those of requests to others and of programs: the address of a chat's hook is a secret."""
    return None if crumb.get("category") in ("httplib", "subprocess") else crumb


def stems_from_ingest(event: Any) -> bool:
    """Whether the event was caused by accepting or digesting events."""
    path = urlsplit(str((event.get("request") or {}).get("url", ""))).path
    return _leads_to_ingest(path) or any(_is_ingest(module) for module in _modules(event))


def _leads_to_ingest(path: str) -> bool:
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return issubclass(getattr(view, "view_class", object), base.IngestView)


def _is_ingest(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in INGEST_MODULES)


def _modules(event: Any) -> Iterator[str]:
    """The logger, and the module of each frame of each exception."""
    yield str(event.get("logger") or "")
    for exception in (event.get("exception") or {}).get("values") or []:
        for frame in (exception.get("stacktrace") or {}).get("frames") or []:
            yield str(frame.get("module") or "")


def _has_budget(clock: float) -> bool:
    if len(_sent) == RATE and clock - _sent[0] < WINDOW_SECONDS:
        return False
    _sent.append(clock)
    return True
