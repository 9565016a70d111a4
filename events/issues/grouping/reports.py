"""Reports that browsers send about policies: grouped by directive and blocked host, not by page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from events.issues.grouping.texts import text, without_variables

_INTERFACES = ("csp", "csp-report", "nel", "hpkp", "expectct", "expectstaple", "report")


@dataclass(frozen=True, slots=True)
class Report:
    """A security report's kind, what it says, and what identifies it."""

    kind: str
    value: str
    components: tuple[str, ...]


def report(event: dict[Any, Any]) -> Report | None:
    """The report in the event: under its Sentry interface name, or as the browser's own `{type, body, url}`."""
    kind, body = text(event.get("type"), limit=64), event.get("body")
    if not (kind and isinstance(body, dict)):
        kind = next((name for name in _INTERFACES if isinstance(event.get(name), dict)), "")
        body = event.get(kind)
    if not isinstance(body, dict) or "exception" in event:
        return None
    fields = {text(key, limit=64).lower().replace("-", "").replace("_", ""): value for key, value in body.items()}
    if kind.startswith("csp"):
        return _csp(fields)
    about = text(fields.get("type")) or text(fields.get("id")) or text(fields.get("featureid"))
    where = _host(text(fields.get("url")) or text(fields.get("hostname")) or text(event.get("url")))
    message = text(fields.get("message"))
    value = " ".join(part for part in (kind, about or message, where and f"at {where}") if part)
    what = about or without_variables(message)
    return Report(kind, value, (f"report {kind}", f"about {what}", f"host {where}"))


def _csp(fields: dict[str, Any]) -> Report:
    given = text(fields.get("effectivedirective")) or text(fields.get("violateddirective"))
    directive = (given.split() or ["default-src"])[0].lower()
    blocked = text(fields.get("blockeduri")) or text(fields.get("blockedurl"))
    page = _host(text(fields.get("documenturi")) or text(fields.get("documenturl")))
    host = _host(blocked) or "inline"
    host = "self" if host == page else host
    value = f"Blocked '{directive}' from '{host}'" if host != "inline" else f"Blocked inline '{directive}'"
    return Report("csp", value, ("report csp", f"directive {directive}", f"blocked {host}"))


def _host(url: str) -> str:
    """The host of a URL; the scheme for `data:` and its like; keywords (`inline`, `eval`) as they are."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or parts.scheme or parts.path.split("/", 1)[0]).lower()
    except ValueError:
        return "invalid"
