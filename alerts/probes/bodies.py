"""What is said of a body: text or a pattern in it, a value in a JSON document, a health document. Pure.

An answer may be anything: HTML where JSON was expected, bytes that are no text, a document a megabyte deep. Each is
named, and none is repeated beyond a few characters.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from alerts.probes import checks
from alerts.probes.checks import Check

# What services call themselves in `{"status": …}`: the draft of application/health+json, Spring, Docker, Elasticsearch,
# and what people write by hand.
GOOD = frozenset({"pass", "ok", "okay", "up", "healthy", "alive", "ready", "working", "available", "operational"})
GOOD |= {"success", "green", "online", "running", "normal", "true"}
FAIR = frozenset({"warn", "warning", "degraded", "yellow", "partial"})
BAD = frozenset({"fail", "failed", "failing", "error", "down", "unhealthy", "out_of_service", "unavailable", "red"})
BAD |= {"offline", "critical", "false", "not ready", "not_ready", "dead"}
_KEYS = ("status", "state", "health", "healthy", "ok")
_DEEPEST = 40


class Wrong(Exception):
    """The body is not as it should be; the text says how."""


def judge(check: Check, body: bytes, headers: Mapping[str, str], *, is_cut: bool) -> str:
    """What is worth saying of a body that is as it should be ("" for nothing). Raises Wrong."""
    body = plain(body, headers.get("content-encoding", ""))
    if check.match:
        _match(check, body, is_cut=is_cut)
    if check.json_path:
        _at_path(check, _document(body, headers, is_cut=is_cut))
        return ""
    return _health(body, headers)


def plain(body: bytes, encoding: str, *, limit: int = 1 << 20) -> bytes:
    """The body without the compression that nobody asked for, at most `limit` bytes. Raises Wrong."""
    if not encoding or encoding.lower() == "identity":
        return body
    if encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        raise Wrong(f"The body came compressed as {encoding[:20]!r}, which was not asked for.")
    try:
        return zlib.decompressobj(wbits=47 if "gzip" in encoding.lower() else 15).decompress(body, limit)
    except zlib.error:
        raise Wrong("The body says that it is compressed and is not.") from None


def holds(text: str, check: Check) -> bool:
    """Whether the text or the pattern is in it."""
    return bool(checks.pattern(check.match).search(text)) if check.is_pattern else check.match in text


def found_at(document: Any, path: str) -> Any:
    """The value at `checks.db.0.status`. Raises Wrong."""
    value = document
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdecimal() and int(part[:9]) < len(value):
            value = value[int(part)]
        else:
            raise Wrong(f"The document has nothing at {path[:100]!r}.")
    return value


def _match(check: Check, body: bytes, *, is_cut: bool) -> None:
    is_there = holds(body.decode("utf-8", "replace"), check)
    what = f"{'The pattern' if check.is_pattern else 'The text'} {check.match[:60]!r}"
    if is_there and check.is_negated:
        raise Wrong(f"{what} is in the answer, and should not be.")
    if not is_there and not check.is_negated:
        where = "the first megabyte of the answer" if is_cut else "the answer"
        raise Wrong(f"{what} is not in {where}.")


def _document(body: bytes, headers: Mapping[str, str], *, is_cut: bool) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if is_cut:
        raise Wrong("The JSON document is longer than a megabyte.")
    if "html" in kind or body.lstrip()[:1] == b"<":
        raise Wrong("The answer is HTML, and not a JSON document.")
    raise Wrong("The answer is empty, and not a JSON document." if not body.strip() else "The answer is not JSON.")


def _at_path(check: Check, document: Any) -> None:
    value = found_at(document, check.json_path)
    if not check.json_value:
        if _spoken(value).lower() in BAD:
            raise Wrong(f"{check.json_path[:60]} is {_spoken(value)!r}.")
        return
    wanted = [one.strip() for one in check.json_value.split("|")]
    if _spoken(value) not in wanted:
        raise Wrong(f"{check.json_path[:60]} is {_spoken(value)!r}, and not {' or '.join(map(repr, wanted))[:100]}.")


def _health(body: bytes, headers: Mapping[str, str]) -> str:
    """A health document speaks for itself: bad is down whatever the status code, fair is a word. Raises Wrong."""
    if "json" not in headers.get("content-type", "").lower():
        return ""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(document, dict):
        return ""
    found = next((document[key] for key in _KEYS if isinstance(document.get(key), str | bool)), None)
    if found is None:
        return ""
    said = _spoken(found).strip().lower()
    parts = _unwell(document)
    if said in BAD:
        raise Wrong(f"It says of itself: {_spoken(found)[:40]}{': ' + parts if parts else ''}.")
    return f"It says of itself: {_spoken(found)[:40]}{': ' + parts if parts else ''}." if said in FAIR else ""


def _unwell(document: dict[str, Any]) -> str:
    """The parts that a health document calls unwell, a few of them, by name."""
    found: list[str] = []

    def look(value: Any, name: str, depth: int) -> None:
        if depth > _DEEPEST or len(found) >= 5:
            return
        if isinstance(value, dict):
            said = value.get("status")
            if name and isinstance(said, str) and said.strip().lower() in BAD | FAIR:
                found.append(f"{name[:60]} {said[:20]}")
                return
            for key, inner in value.items():
                look(inner, str(key), depth + 1)
        elif isinstance(value, list):
            for inner in value:
                look(inner, name, depth + 1)

    for holder in ("checks", "components", "details", "services", "dependencies"):
        look(document.get(holder), "", 0)
    return ", ".join(found)


def _spoken(value: Any) -> str:
    """A JSON value as people write it: true, 3, ok."""
    return value[:100] if isinstance(value, str) else orjson.dumps(value).decode()[:100]
