"""What fills an empty performance page: a sentence and the lines to paste."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from events.accounts import dsn
from events.models import Project


@dataclass(frozen=True, slots=True)
class Start:
    """`code` holds the project's own DSN when it has a key."""

    title: str
    words: str
    code: str


def of(project: Project, name: str, *, now: datetime) -> Start:
    """The lines that fill the page `name`."""
    title, words, code = _STARTS[name]
    return Start(title, words, _filled(project, code, now=now))


def line(project: Project, name: str, *, now: datetime) -> str:
    """The one line that fills a chart of `name`."""
    return _filled(project, _LINES[name], now=now)


def _filled(project: Project, code: str, *, now: datetime) -> str:
    """`code` with the project's own address and key in it."""
    key = dsn.current_key(project, now=now)
    address = dsn.of(key, base_url=settings.OBS_PUBLIC_URL) if key else "https://KEY@obs.example.org/1"
    values = {
        "DSN": address,
        "BASE": settings.OBS_PUBLIC_URL.rstrip("/"),
        "PROJECT": str(project.pk),
        "KEY": key.public_key if key else "KEY",
    }
    for placeholder, value in values.items():
        code = code.replace(f"<{placeholder}>", value)
    return code


_TRACING = """import sentry_sdk

sentry_sdk.init(
    dsn="<DSN>",
    traces_sample_rate=1.0,
)
"""
_LINES = {
    "errors": 'sentry_sdk.init(dsn="<DSN>")',
    "sessions": 'sentry_sdk.init(dsn="<DSN>", release="shop@1.0.0")',
    "requests": 'sentry_sdk.init(dsn="<DSN>", traces_sample_rate=1.0)',
    "logs": 'sentry_sdk.init(dsn="<DSN>", enable_logs=True)',
    "vitals": "onLCP((metric) => "
    'navigator.sendBeacon("<BASE>/api/<PROJECT>/vitals/?sentry_key=<KEY>", JSON.stringify(metric)))',
    "analytics": 'posthog.init("<KEY>", { api_host: "<BASE>" })',
    "hosts": "endpoint: <BASE>/api/<PROJECT>/integration/otlp",
    "security": "Content-Security-Policy: default-src 'self'; "
    "report-uri <BASE>/api/<PROJECT>/security/?sentry_key=<KEY>",
}
_STARTS = {
    "requests": ("No requests yet", "Tracing sends each request with its duration, queries and status.", _TRACING),
    "queries": ("No queries yet", "Tracing records each statement with its time; literals are removed.", _TRACING),
    "flags": (
        "No flag yet",
        "A flag switches something on for some people, by share or property, without a deploy. PostHog's SDKs ask for "
        "it here, unchanged; so do OpenFeature, Unleash's frontend clients and GrowthBook's remote evaluation.",
        """import posthog from "posthog-js";

posthog.init("<KEY>", { api_host: "<BASE>" });
posthog.onFeatureFlags(() => {
  if (posthog.isFeatureEnabled("new-basket")) { /* … */ }
});
""",
    ),
    "vitals": (
        "No web vitals yet",
        "Browsers measure them while people use the page.",
        """import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";

const send = (metric) =>
  navigator.sendBeacon("<BASE>/api/<PROJECT>/vitals/?sentry_key=<KEY>", JSON.stringify(metric));
[onCLS, onFCP, onINP, onLCP, onTTFB].forEach((on) => on(send));
""",
    ),
    "analytics": (
        "No visitors yet",
        "PostHog's and Vercel's scripts, and our own, send page views and events; no cookie is needed.",
        """import posthog from "posthog-js";

posthog.init("<KEY>", { api_host: "<BASE>" });
posthog.capture("signup", { plan: "team" });
""",
    ),
    "persons": (
        "Nobody is named yet",
        "PostHog's SDKs name people where the project counts visitors as pseudonyms: who logs in is one person with "
        "who came before, under another id.",
        """import posthog from "posthog-js";

posthog.init("<KEY>", { api_host: "<BASE>" });
posthog.identify("customer 7", { plan: "team" });
posthog.group("company", "acme", { seats: 40 });
""",
    ),
    "logs": (
        "No log lines yet",
        "The SDK sends what your logger writes.",
        """import logging
import sentry_sdk

sentry_sdk.init(dsn="<DSN>", enable_logs=True)

logging.getLogger("shop").warning("hello from the log")
""",
    ),
    "hosts": (
        "No readings yet",
        "An OpenTelemetry Collector on each host sends CPU, memory, disk and load.",
        """receivers:
  hostmetrics:
    collection_interval: 30s
    scrapers:
      cpu: {metrics: {system.cpu.utilization: {enabled: true}}}
      memory: {metrics: {system.memory.utilization: {enabled: true}}}
      filesystem: {metrics: {system.filesystem.utilization: {enabled: true}}}
      load: {}
exporters:
  otlphttp:
    endpoint: <BASE>/api/<PROJECT>/integration/otlp
    headers: {X-Sentry-Auth: "sentry sentry_key=<KEY>"}
service:
  pipelines:
    metrics: {receivers: [hostmetrics], exporters: [otlphttp]}
""",
    ),
    "security": (
        "Nothing was refused",
        "Refused keys and failed logins show up by themselves; browsers report what a policy blocked.",
        """Content-Security-Policy: default-src 'self'; report-uri <BASE>/api/<PROJECT>/security/?sentry_key=<KEY>
""",
    ),
}
