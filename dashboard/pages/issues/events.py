"""One event as a page shows it: a payload of any shape in, a frozen view out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from dashboard.pages.issues import values
from dashboard.pages.issues.exceptions import ExceptionView, ImageView, ThreadView, chain, images, threads
from dashboard.pages.issues.values import Pair, Section

MAX_CRUMBS = 100
MAX_TAGS = 100
_CONTEXT_ORDER = ("browser", "os", "device", "runtime", "app", "culture", "trace", "response", "state")
_LEVELS = ("fatal", "error", "warning", "info", "debug")


@dataclass(frozen=True, slots=True)
class Crumb:
    at: datetime | None
    category: str
    level: str
    message: str
    data: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class RequestView:
    """The HTTP request of an event. `link` is the address when it is plain http(s), else empty: text only."""

    method: str
    url: str
    link: str
    sections: tuple[Section, ...]
    body: str


@dataclass(frozen=True, slots=True)
class EventView:
    """All that is shown of one event."""

    event_id: str
    at: datetime | None
    level: str
    platform: str
    message: str
    transaction: str
    release: str
    dist: str
    environment: str
    server_name: str
    logger: str
    sdk: str
    trace_id: str
    exceptions: tuple[ExceptionView, ...]
    threads: tuple[ThreadView, ...]
    images: tuple[ImageView, ...]
    crumbs: tuple[Crumb, ...]
    crumbs_left_out: int
    request: RequestView | None
    user: tuple[Pair, ...]
    tags: tuple[Pair, ...]
    contexts: tuple[Section, ...]
    extra: Section | None
    modules: Section | None
    report: Section | None
    problems: tuple[str, ...]

    @property
    def title(self) -> str:
        if self.exceptions:
            first = self.exceptions[0]
            return f"{first.title}: {values.line(first.value, limit=160)}" if first.value else first.title
        return values.line(self.message, limit=200) or "Event without a message"


def present(payload: object) -> EventView:
    """The view of `payload`; an empty one for what is no event."""
    event = values.mapping(payload)
    contexts = values.mapping(event.get("contexts"))
    sdk = values.mapping(event.get("sdk"))
    return EventView(
        event_id=values.line(event.get("event_id"), limit=64),
        at=values.moment(event.get("timestamp")),
        level=level(event.get("level")),
        platform=values.line(event.get("platform"), limit=40),
        message=_message(event),
        transaction=values.line(event.get("transaction"), limit=300),
        release=values.line(event.get("release"), limit=200),
        dist=values.line(event.get("dist"), limit=64),
        environment=values.line(event.get("environment"), limit=64),
        server_name=values.line(event.get("server_name"), limit=200),
        logger=values.line(event.get("logger"), limit=200),
        sdk=values.line(f"{values.line(sdk.get('name'), limit=80)} {values.line(sdk.get('version'), limit=40)}"),
        trace_id=values.line(values.mapping(contexts.get("trace")).get("trace_id"), limit=64),
        exceptions=chain(event),
        threads=threads(event),
        images=images(event),
        crumbs=_crumbs(event.get("breadcrumbs")),
        crumbs_left_out=_left_out(event.get("breadcrumbs")),
        request=_request(event.get("request")),
        user=values.pairs(event.get("user"), limit=30),
        tags=values.pairs(event.get("tags"), limit=MAX_TAGS),
        contexts=_contexts(contexts),
        extra=values.section("Extra", event.get("extra")),
        modules=values.section("Packages", event.get("modules")),
        report=values.section("Report", event.get("csp") or event.get("report") or event.get("nel")),
        problems=_problems(event.get("errors")),
    )


def level(value: object) -> str:
    """One of the five levels; `error` for any other word."""
    return value if isinstance(value, str) and value in _LEVELS else "error"


def web_address(value: object) -> str:
    """`value` when it is an http(s) address with a host, else nothing. Only such text may become a link."""
    if not isinstance(value, str) or len(value) > 2_000:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    plain = parts.scheme in ("http", "https") and parts.hostname and not any(c.isspace() or ord(c) < 32 for c in value)
    return value if plain else ""


def _message(event: Mapping[str, Any]) -> str:
    entry = values.mapping(event.get("logentry"))
    message = entry.get("formatted") or entry.get("message") or event.get("message")
    if isinstance(message, dict):
        message = message.get("formatted") or message.get("message") or message
    return values.text(message)


def _crumbs(raw: object) -> tuple[Crumb, ...]:
    """The last crumbs, newest first."""
    found = []
    for item in reversed(values.last_items(raw, limit=MAX_CRUMBS)):
        crumb = values.mapping(item)
        if crumb:
            category = values.line(crumb.get("category") or crumb.get("type"), limit=60)
            found.append(
                Crumb(
                    at=values.moment(crumb.get("timestamp")),
                    category=category or "default",
                    level=level(crumb.get("level") or "info"),
                    message=values.text(crumb.get("message"), limit=1_000),
                    data=values.pairs(crumb.get("data"), limit=20),
                )
            )
    return tuple(found)


def _left_out(raw: object) -> int:
    listed = raw.get("values") if isinstance(raw, dict) else raw
    return max(0, len(listed) - MAX_CRUMBS) if isinstance(listed, list) else 0


def _request(raw: object) -> RequestView | None:
    request = values.mapping(raw)
    if not request:
        return None
    sections = (
        values.section("Headers", request.get("headers")),
        values.section("Cookies", request.get("cookies")),
        values.section("Environment", request.get("env")),
        values.section("Query", request.get("query_string")),
    )
    url = values.line(request.get("url"), limit=2_000)
    if isinstance(query := request.get("query_string"), str) and query and "?" not in url:
        url = f"{url}?{values.line(query, limit=1_000)}"
    return RequestView(
        method=values.line(request.get("method"), limit=20),
        url=url,
        link=web_address(url),
        sections=tuple(found for found in sections if found),
        body=values.text(request.get("data")),
    )


def _contexts(contexts: Mapping[str, Any]) -> tuple[Section, ...]:
    known = [name for name in _CONTEXT_ORDER if name in contexts]
    other = [name for name in list(contexts)[:40] if name not in _CONTEXT_ORDER]
    found = []
    for name in known + other:
        content = contexts[name]
        if isinstance(content, dict):
            content = {key: value for key, value in content.items() if key != "type"}
        else:
            content = {"value": content}
        if section := values.section(values.line(name, limit=60), content):
            found.append(section)
    return tuple(found)


def _problems(raw: object) -> tuple[str, ...]:
    found = []
    for item in values.items(raw, limit=20):
        problem = values.mapping(item)
        words = " ".join(
            values.line(problem.get(part), limit=120) for part in ("type", "name", "value") if problem.get(part)
        )
        if words or isinstance(item, str):
            found.append(words or values.line(item))
    return tuple(found)
