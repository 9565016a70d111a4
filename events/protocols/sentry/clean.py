"""The door steps of an event: known fields only, each in one shape, bounded, without what names a person.

`event` returns a dict that always has `event_id` (32 hex), `timestamp` (epoch seconds), `platform`, `tags` (dict of
texts) and, unless it is a transaction, `level`. Where present: `exception`, `threads` and `breadcrumbs` are
`{"values": [dict, ...]}`, a stacktrace is `{"frames": [dict, ...]}`, `logentry` is the message, `contexts` a dict of
dicts, `fingerprint` a list of texts, `user` has a `key`. `_notes` lists what had to be changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from events.protocols.fields import attributes, people, request
from events.protocols.fields import kept as keeping
from events.protocols.fields.clock import PAST, seconds
from events.protocols.fields.context import Door
from events.protocols.fields.links import tidy_url, tidy_words
from events.protocols.fields.texts import readable, scalar, trimmed
from events.protocols.sentry import images
from events.protocols.sentry.legacy import messages, names
from events.protocols.sentry.stacks import exceptions, stacktrace, threads, values
from events.scrubbing import databases

Cleaner = Callable[[Any, Door], Any]

LEVELS = {name: name for name in ("fatal", "error", "warning", "info", "debug")} | {
    "log": "info",
    "notice": "info",
    "warn": "warning",
    "critical": "fatal",
    "trace": "debug",
}
MESSAGE = 8192
CRUMB_TEXT = 4096
# Beside what is declared for every protocol: where a navigation went.
URL_DATA = frozenset({"to", "from"})
# Environment variables are where deployments keep their secrets; sentry-cli sends all of them.
DROPPED_EXTRA = ("environ",)


def event(raw: dict[str, Any], door: Door, *, event_id: str) -> dict[str, Any]:
    """Return the event inside the limits. Takes `raw` over: its parts are changed in place."""
    cleaned: dict[str, Any] = {"event_id": event_id}
    raw = names.renamed(raw)
    cleaned["timestamp"] = door.clock.moment(raw.get("timestamp"), door.notes)
    for name, value in raw.items():
        cleaner = FIELDS.get(name)
        if cleaner is None:
            if name not in IMPLIED:
                door.note("unknown_field")
        elif value is not None:
            kept = cleaner(value, door)
            if kept is not None:
                cleaned[name] = kept
    if "breadcrumbs" in cleaned:
        _put_times(cleaned["breadcrumbs"]["values"], raw.get("timestamp"), cleaned["timestamp"], door)
    names.put_stacktrace(cleaned)
    images.put_packages(cleaned)
    cleaned.setdefault("platform", "other")
    cleaned.setdefault("tags", {})
    if raw.get("type") != "transaction":
        cleaned.setdefault("level", "error")
    _put_message(cleaned, raw, door)
    user = people.minimised(raw.get("user"), door.context, infers_ip=_infers_ip(raw.get("sdk")))
    if user:
        cleaned["user"] = user
    if door.notes:
        cleaned["_notes"] = list(door.notes)
    return cleaned


def tags(value: Any, door: Door) -> dict[str, str]:
    """Return tags given as a dict, as pairs or as `{key, value}` dicts, at most as many as allowed."""
    pairs = list(value.items()) if isinstance(value, dict) else _tag_pairs(value)
    longest = door.context.limits.tag
    cleaned: dict[str, str] = {}
    for name, text in pairs:
        if len(cleaned) == door.context.limits.tags:
            door.note("tags_dropped")
            break
        key = scalar(name, longest)
        if key and text is not None and not isinstance(text, dict | list):
            cleaned[key] = scalar(text, longest)
    return keeping.mapping(cleaned, door.context)


def text(longest: int) -> Cleaner:
    """Return a cleaner that keeps at most `longest` characters of a text or number."""

    def clean(value: Any, door: Door) -> str | None:
        return scalar(value, longest) or None

    return clean


def _tag_pairs(value: Any) -> list[tuple[Any, Any]]:
    pairs = []
    for entry in value if isinstance(value, list) else []:
        if isinstance(entry, list) and len(entry) == 2:
            pairs.append((entry[0], entry[1]))
        elif isinstance(entry, dict):
            pairs.append((entry.get("key"), entry.get("value")))
    return pairs


def _level(value: Any, door: Door) -> str:
    if names.is_number(value):
        return names.level(float(value))
    level = LEVELS.get(value.lower()) if isinstance(value, str) else None
    if level is None:
        door.note("level_unknown")
    return level or "error"


def _transaction(value: Any, door: Door) -> str | None:
    return trimmed(tidy_words(scalar(value, 512)), 200) or None


def _logentry(value: Any, door: Door) -> dict[str, Any] | None:
    """The message; a statement in it without values. What it was filled with stands in it and nowhere else."""
    if not isinstance(value, dict):
        return {"formatted": databases.failed(readable(value, MESSAGE))}
    entry: dict[str, Any] = {
        name: readable(value[name], MESSAGE) for name in ("message", "formatted") if value.get(name) is not None
    }
    params = value.get("params")
    is_open = "message" in entry and entry.get("formatted") in (None, "", entry["message"])
    if is_open and isinstance(params, list | dict) and (filled := messages.filled(entry["message"], params)):
        entry["formatted"] = trimmed(filled, MESSAGE)
    if "message" in entry:
        asked = databases.failed(entry["message"])
        if asked != entry["message"]:
            # Filled in, a value without quotes would look like a name.
            return dict.fromkeys(entry, asked)
    return {name: databases.failed(said) for name, said in entry.items()} or None


def _put_message(cleaned: dict[str, Any], raw: dict[str, Any], door: Door) -> None:
    """Legacy SDKs send `message`, as text or as the dict that is `logentry` today, and `params` beside either."""
    message, params = raw.get("message"), raw.get("params")
    if message is None:
        return
    entry = cleaned.get("logentry")
    if entry is None:
        sent = message
        if isinstance(message, str) and isinstance(params, list | dict) and params:
            sent = {"message": message, "params": params}
        elif isinstance(message, dict) and "params" not in message and isinstance(params, list | dict):
            sent = message | {"params": params}
        cleaned["logentry"] = _logentry(sent, door) or {"formatted": readable(message, MESSAGE)}
    elif isinstance(message, str) and message and entry.get("formatted") in (None, "", entry.get("message")):
        # The text that the SDK itself made of its template.
        entry["formatted"] = readable(message, MESSAGE)


def _breadcrumbs(value: Any, door: Door) -> dict[str, Any]:
    crumbs = [crumb for crumb in values(value) if type(crumb) is dict]
    if len(crumbs) > door.context.limits.breadcrumbs:
        door.note("breadcrumbs_dropped")
        crumbs = crumbs[-door.context.limits.breadcrumbs :]
    for crumb in crumbs:
        message = _asked(crumb)
        if message is not None and (type(message) is not str or len(message) > CRUMB_TEXT):
            crumb["message"] = readable(message, CRUMB_TEXT)
        data = crumb.get("data")
        if type(data) is not dict:
            if data is not None:
                crumb["data"] = {"value": readable(data, CRUMB_TEXT)}
        else:
            crumb["data"] = keeping.mapping(data, door.context)
            if not URL_DATA.isdisjoint(data):
                _tidy_crumb(crumb["data"], door)
    return {"values": crumbs}


def _put_times(crumbs: list[dict[str, Any]], sent: Any, kept: float, door: Door) -> None:
    """The trail keeps its distance from the event, which may have been moved to what can be true."""
    own = seconds(sent)
    moved = kept - own - door.clock.shift if own is not None else 0.0
    for crumb in crumbs:
        at = seconds(crumb.get("timestamp"))
        if at is None or not moved:
            crumb["timestamp"] = door.clock.moment(at, door.notes)
        else:
            crumb["timestamp"] = min(max(at + door.clock.shift + moved, kept - PAST), door.clock.latest)


def _asked(crumb: dict[str, Any]) -> Any:
    """The message; both it and the data lose the values of what a database was asked."""
    category = crumb.get("category")
    data = crumb.get("data")
    message, kept = databases.crumb(crumb.get("message"), data, category if type(category) is str else "")
    if kept is not data:
        crumb["data"] = kept
    if message is not None:
        crumb["message"] = message
    return message


def _tidy_crumb(data: dict[str, Any], door: Door) -> None:
    for name in URL_DATA:
        url = data.get(name)
        if isinstance(url, str):
            data[name] = tidy_url(url, door.context.query_strings)
        elif url is not None:
            data[name] = None


def _contexts(value: Any, door: Door) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    contexts = {
        name: inner if name == "trace" else keeping.mapping(inner, door.context, prefix=f"{name}.")
        for name, inner in value.items()
        if isinstance(inner, dict)
    }
    if device := contexts.get("device"):
        # A device is often named after its owner.
        device.pop("name", None)
    if (trace := contexts.get("trace")) and "data" in trace:
        trace["data"] = attributes.plain(trace["data"], door)
    if response := contexts.get("response"):
        response.pop("cookies", None)
        response["headers"] = request.headers(response.get("headers"), door.context)
    return contexts or None


def _extra(value: Any, door: Door) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    for name in DROPPED_EXTRA:
        if value.pop(name, None) is not None:
            door.note("environment_variables_dropped")
    return keeping.mapping(value, door.context) or None


def _modules(value: Any, door: Door) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    pairs = list(value.items())[:1000]
    return {name: version if type(version) is str else scalar(version, 200) for name, version in pairs}


def _fingerprint(value: Any, door: Door) -> list[str] | None:
    parts = value if isinstance(value, list) else [value]
    return [kept for part in parts[:32] if (kept := readable(part, 200))] or None


def _debug_meta(value: Any, door: Door) -> dict[str, Any] | None:
    images = value.get("images") if isinstance(value, dict) else None
    kept = [image for image in images[:1000] if isinstance(image, dict)] if isinstance(images, list) else []
    for image in kept:
        if isinstance(image.get("code_file"), str):
            # Matched to a frame's abs_path, so it is tidied in the same way.
            image["code_file"] = tidy_url(image["code_file"])
    return {"images": kept} if kept else None


def _measurements(value: Any, door: Door) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    kept = {}
    for name, measured in list(value.items())[:100]:
        number = measured.get("value") if isinstance(measured, dict) else measured
        if isinstance(number, int | float) and not isinstance(number, bool):
            unit = measured.get("unit") if isinstance(measured, dict) else None
            kept[trimmed(name, 200)] = {"value": number, "unit": scalar(unit, 30)}
    return kept or None


def _mapping(value: Any, door: Door) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _request(value: Any, door: Door) -> dict[str, Any] | None:
    return request.minimised(value, door.context)


def _server_name(value: Any, door: Door) -> str | None:
    return keeping.machine(value, door.context)


def _infers_ip(sdk: Any) -> bool:
    settings = sdk.get("settings") if isinstance(sdk, dict) else None
    return isinstance(settings, dict) and settings.get("infer_ip") == "auto"


FIELDS: dict[str, Cleaner] = {
    "level": _level,
    "platform": text(64),
    "type": text(32),
    "logger": text(200),
    "culprit": text(200),
    "checksum": text(100),
    "server_name": _server_name,
    "release": text(250),
    "environment": text(64),
    "dist": text(64),
    "transaction": _transaction,
    "transaction_info": _mapping,
    "logentry": _logentry,
    "exception": exceptions,
    "stacktrace": stacktrace,
    "threads": threads,
    "breadcrumbs": _breadcrumbs,
    "request": _request,
    "contexts": _contexts,
    "tags": tags,
    "extra": _extra,
    "modules": _modules,
    "sdk": _mapping,
    "fingerprint": _fingerprint,
    "debug_meta": _debug_meta,
    "measurements": _measurements,
    "errors": lambda value, door: value if isinstance(value, list) else None,
}
# Read by name elsewhere, or meaningless after the door.
IMPLIED = frozenset(
    [
        "event_id",
        "timestamp",
        "start_timestamp",
        "received",
        "message",
        "params",
        "user",
        "spans",
        "project",
        "key_id",
        "site",
        "time_spent",
        "version",
        "_meta",
        "breakdowns",
        "_metrics_summary",
        "scraping_attempts",
    ]
)
