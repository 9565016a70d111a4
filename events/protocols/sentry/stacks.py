"""Exceptions, threads and stack traces in one shape, however they were sent."""

from __future__ import annotations

from typing import Any

import re2

from events.protocols.fields import kept as keeping
from events.protocols.fields.context import Door
from events.protocols.fields.links import tidy_url
from events.protocols.fields.texts import readable, scalar, trimmed
from events.scrubbing import databases

LINE = 1024
VALUE = 8192
REGISTERS = 128
THREADS = 200
ADDRESS = re2.compile(r"(?:0x)?[0-9a-fA-F]{1,32}")
# Fields of a frame that pages and grouping read; another type than this would break them.
TYPES: dict[str, type] = {
    "filename": str,
    "abs_path": str,
    "function": str,
    "raw_function": str,
    "module": str,
    "package": str,
    "platform": str,
    "context_line": str,
    "debug_id": str,
    "lineno": int,
    "colno": int,
    "in_app": bool,
    "vars": dict,
    "pre_context": list,
    "post_context": list,
}
ARGUMENTS = frozenset({"args", "arguments", "kwargs", "locals", "params"})
URLS = frozenset({"filename", "abs_path", "module"})


def values(value: Any) -> list[Any]:
    """Return the list behind `{"values": [...]}`, `[...]` or a single object."""
    if isinstance(value, dict):
        inner = value.get("values", value)
        value = inner if isinstance(inner, list) else [inner]
    return value if isinstance(value, list) else []


def exceptions(value: Any, door: Door) -> dict[str, Any] | None:
    """Return the exceptions, oldest first as sent; of too many the first and last are kept."""
    kept = [entry for entry in values(value) if isinstance(entry, dict)]
    most = door.context.limits.exceptions
    if len(kept) > most:
        door.note("exceptions_dropped")
        kept = kept[: most // 2] + kept[-(most - most // 2) :]
    for entry in kept:
        entry["type"] = scalar(entry.get("type"), 256) or None
        entry["value"] = None if entry.get("value") is None else databases.failed(readable(entry["value"], VALUE))
        entry["module"] = scalar(entry.get("module"), 256) or None
        entry.pop("raw_stacktrace", None)
        if not isinstance(entry.get("mechanism"), dict):
            entry.pop("mechanism", None)
        _put_stacktrace(entry, door)
    return {"values": kept} if kept else None


def threads(value: Any, door: Door) -> dict[str, Any] | None:
    """Return the threads, each with its cleaned stacktrace."""
    kept = [entry for entry in values(value) if isinstance(entry, dict)]
    if len(kept) > THREADS:
        door.note("threads_dropped")
        # The one that crashed is the one that is asked for, wherever it stands.
        kept.sort(key=lambda entry: (entry.get("crashed") is not True, entry.get("current") is not True))
        kept = kept[:THREADS]
    for entry in kept:
        entry.pop("raw_stacktrace", None)
        entry["name"] = scalar(entry.get("name"), 200) or None
        _put_stacktrace(entry, door)
    return {"values": kept} if kept else None


def stacktrace(value: Any, door: Door) -> dict[str, Any] | None:
    """Return `{"frames": [...]}` with frames of known types; of too many the first and last are kept."""
    frames = value.get("frames") if isinstance(value, dict) else None
    if not isinstance(frames, list):
        return None
    frames = [frame for frame in frames if type(frame) is dict]
    most = door.context.limits.frames
    if len(frames) > most:
        door.note("frames_dropped")
        frames = frames[: most // 2] + frames[-(most - most // 2) :]
    for frame in frames:
        _put_variables(frame, door)
        for name, field in frame.items():
            kind = type(field)
            if TYPES.get(name, kind) is not kind:
                if field is not None:
                    frame[name] = _converted(TYPES[name], field)
            elif kind is str:
                if len(field) > LINE:
                    frame[name] = trimmed(field, LINE)
                if name in URLS and "://" in field:
                    frame[name] = trimmed(tidy_url(field), LINE)
    cleaned: dict[str, Any] = {"frames": frames}
    if registers := _registers(value.get("registers")):
        cleaned["registers"] = registers
    return cleaned


def _put_variables(frame: dict[str, Any], door: Door) -> None:
    """A frame's variables as the project keeps them; arguments that some SDKs send apart are variables too."""
    for name in ARGUMENTS & frame.keys():
        del frame[name]
    if "vars" in frame:
        kept = keeping.variables(frame["vars"], door.context.local_variables)
        if kept is None:
            del frame["vars"]
        else:
            frame["vars"] = kept


def _registers(value: Any) -> dict[str, str]:
    """The processor's registers by name; they and the addresses are what a stack without symbols has to say."""
    pairs = list(value.items())[:REGISTERS] if isinstance(value, dict) else []
    return {name[:20]: text for name, sent in pairs if (text := _address(sent))}


def _address(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    text = scalar(value, 40)
    return text if ADDRESS.fullmatch(text) else ""


def _put_stacktrace(entry: dict[str, Any], door: Door) -> None:
    if "stacktrace" in entry:
        entry["stacktrace"] = stacktrace(entry["stacktrace"], door)
        if entry["stacktrace"] is None:
            del entry["stacktrace"]


def _converted(expected: type, field: Any) -> Any:
    if expected is str:
        return readable(field, LINE)
    return _line_number(field) if expected is int else None


def _line_number(field: Any) -> int | None:
    text = scalar(field, 20).partition(".")[0]
    return int(text) if text.isascii() and text.isdigit() else None
