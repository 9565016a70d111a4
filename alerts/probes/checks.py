"""What is looked at and what a good answer is: read from what was typed, kept as JSON, told in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import dns.exception
import dns.name
import re2

from alerts.delivery import http
from alerts.delivery.http import Refused

KINDS = ("http", "tcp", "tls", "dns")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
RECORDS = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")
MOST_REDIRECTS = 10
LONGEST_TEXT, LONGEST_SECRET = 1000, 8000
# What a sender decides by itself, and what would smuggle a second request into the first.
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "expect", "te"})
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class InvalidCheck(ValueError):
    """What was typed cannot be looked at; `field` says where, the text why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One address and what a good answer is. `headers` and `body` are secrets: kept apart, never shown."""

    kind: str
    target: str
    timeout: float = 10.0
    # http
    method: str = "GET"
    expected_status: str = "200-299"
    match: str = ""
    is_pattern: bool = False
    is_negated: bool = False
    json_path: str = ""
    json_value: str = ""
    max_redirects: int = 5
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    # tcp: what is said first, and what must come back (match)
    send: str = ""
    # http and tls: days before the end of the certificate
    warn_days: tuple[int, ...] = (21, 7)
    fail_days: int | None = None
    # dns
    record: str = "A"
    expected: tuple[str, ...] = ()
    is_exact: bool = False
    resolver: str = ""


OF_KIND: Mapping[str, tuple[str, ...]] = {
    "http": (
        "method", "expected_status", "match", "is_pattern", "is_negated", "json_path", "json_value", "max_redirects",
        "warn_days", "fail_days",
    ),
    "tcp": ("send", "match", "is_pattern", "is_negated"),
    "tls": ("warn_days", "fail_days"),
    "dns": ("record", "expected", "is_exact", "resolver"),
}  # fmt: skip
"""Which fields a kind has, besides target and timeout."""
SECRET = ("headers", "body")


def clean(given: Mapping[str, Any]) -> Check:
    """The check that these fields make, those of other kinds left out. Raises InvalidCheck."""
    kind = str(given.get("kind", ""))
    if kind not in KINDS:
        raise InvalidCheck("kind", f"One of: {', '.join(KINDS)}.")
    names = ("kind", "timeout", *OF_KIND[kind], *(SECRET if kind == "http" else ()))
    found = {name: given[name] for name in names if given.get(name) is not None}
    check = Check(**found, target=_target(kind, str(given.get("target", "")).strip()))
    _CHECKS[kind](check)
    for name in ("warn_days", "fail_days"):
        if name in OF_KIND[kind]:
            _check_days(check)
    return check


def config_of(check: Check) -> dict[str, Any]:
    """What is kept in the open."""
    found = {name: getattr(check, name) for name in OF_KIND[check.kind]}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def stored(kind: str, target: str, timeout: float, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> Check:
    """The check as it was kept; fields that are not known any more are left out."""
    known = {one.name for one in fields(Check)}
    found = {name: value for name, value in {**config, **secrets}.items() if name in known}
    for name in ("warn_days", "expected"):
        if name in found:
            found[name] = tuple(found[name])
    return Check(**{**found, "kind": kind, "target": target, "timeout": timeout})


def statuses(text: str) -> list[tuple[int, int]]:
    """`200-299,301` as ranges, ends included. Raises InvalidCheck."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, dash, last = part.partition("-")
        ends = [first.strip(), (last if dash else first).strip()]
        if not all(end.isascii() and end.isdecimal() and len(end) == 3 for end in ends):
            raise InvalidCheck("expected_status", f"{part[:20]!r} is no status and no range: 200-299, 301.")
        low, high = (int(end) for end in ends)
        if not 100 <= low <= high <= 599:
            raise InvalidCheck("expected_status", f"{part[:20]!r}: from 100 to 599, the smaller one first.")
        found.append((low, high))
    if not found:
        raise InvalidCheck("expected_status", "At least one status: 200-299.")
    return found


def is_expected(status: int, text: str) -> bool:
    return any(low <= status <= high for low, high in statuses(text))


def headers(text: str) -> dict[str, str]:
    """Lines of `Name: value`. Raises InvalidCheck, which never repeats a value."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not name or not set(name) <= _TOKEN:
            raise InvalidCheck("headers", f"Line {number} is no “Name: value”.")
        if name.lower() in _OWN_HEADERS:
            raise InvalidCheck("headers", f"{name} is set by this server itself.")
        if not all(32 <= ord(character) < 127 for character in value):
            raise InvalidCheck("headers", f"The value of {name} has characters that no header can carry.")
        found[name] = value
    if len(found) > 20:
        raise InvalidCheck("headers", "At most 20 headers.")
    return found


def address(target: str, field: str = "target", *, port: int | None = None) -> http.Url:
    """The parts of `host:port`; `port` where none is written. Raises InvalidCheck."""
    text = _with_port(target, port)
    try:
        found = http.parse(f"http://{text}/")
    except Refused:
        raise InvalidCheck(field, "A host and a port: db.example.org:5432, [2001:db8::1]:443.") from None
    if found.target != "/" or not text.rpartition(":")[2].isdecimal():
        raise InvalidCheck(field, "A host and a port: db.example.org:5432, [2001:db8::1]:443.")
    return found


def words(check: Check) -> str:
    """What is looked at, in one line, without a secret."""
    match check.kind:
        case "http":
            return f"{check.method} {check.target}"
        case "dns":
            return f"{check.record} records of {check.target}" + (f" at {check.resolver}" if check.resolver else "")
        case kind:
            return f"{kind.upper()} to {check.target}"


def pattern(text: str) -> Any:
    """Raises InvalidCheck for what re2 does not read."""
    options = re2.Options()
    options.log_errors, options.max_mem = False, 1 << 20
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise InvalidCheck("match", f"This pattern cannot be read: {str(error)[:100]}.") from None


def _target(kind: str, text: str) -> str:
    if kind == "http":
        try:
            http.parse(text)
        except Refused:
            reason = "A URL of plain letters with http:// or https://, without a user, a password or a fragment."
            raise InvalidCheck("target", reason) from None
        return text
    if kind == "dns":
        try:
            name = dns.name.from_text(text)
        except dns.exception.DNSException:
            name = dns.name.root
        if name == dns.name.root or not text.isascii() or " " in text:
            raise InvalidCheck("target", "A name as name servers know it: example.org.")
        return text.rstrip(".").lower()
    text = _with_port(text, 443 if kind == "tls" else None)
    address(text)
    return text


def _with_port(text: str, port: int | None) -> str:
    return text if port is None or ":" in text.rpartition("]")[2] else f"{text}:{port}"


def _check_http(check: Check) -> None:
    statuses(check.expected_status)
    if check.method not in METHODS:
        raise InvalidCheck("method", f"One of: {', '.join(METHODS)}.")
    if not 0 <= check.max_redirects <= MOST_REDIRECTS:
        raise InvalidCheck("max_redirects", f"From 0 to {MOST_REDIRECTS}.")
    if check.method == "HEAD" and (check.match or check.json_path):
        raise InvalidCheck("method", "An answer to HEAD has no body to look into: use GET.")
    if check.json_value and not check.json_path:
        raise InvalidCheck("json_path", "Say where this value stands: status, checks.db.status.")
    _short(check, "json_path", "json_value")
    if len(check.body) > LONGEST_SECRET:
        raise InvalidCheck("body", f"At most {LONGEST_SECRET:,} characters.")
    _check_match(check)


def _check_tcp(check: Check) -> None:
    _short(check, "send")
    _check_match(check)


def _check_dns(check: Check) -> None:
    if check.record not in RECORDS:
        raise InvalidCheck("record", f"One of: {', '.join(RECORDS)}.")
    if len(check.expected) > 50 or any(len(value) > LONGEST_TEXT for value in check.expected):
        raise InvalidCheck("expected", f"At most 50 values of {LONGEST_TEXT:,} characters.")
    if check.is_exact and not check.expected:
        raise InvalidCheck("expected", "Say which records there should be, and no others.")
    if check.resolver:
        address(check.resolver, "resolver", port=53)


def _check_match(check: Check) -> None:
    _short(check, "match")
    if check.is_pattern:
        pattern(check.match)
    if check.is_negated and not check.match:
        raise InvalidCheck("match", "Say which text must not be there.")


def _check_days(check: Check) -> None:
    if len(check.warn_days) > 10 or not all(0 < days <= 365 for days in check.warn_days):
        raise InvalidCheck("warn_days", "Numbers of days from 1 to 365, at most ten of them: 21, 7.")
    if check.fail_days is not None and not 0 <= check.fail_days <= 365:
        raise InvalidCheck("fail_days", "From 0 to 365 days.")


def _short(check: Check, *names: str) -> None:
    for name in names:
        if len(getattr(check, name)) > LONGEST_TEXT:
            raise InvalidCheck(name, f"At most {LONGEST_TEXT:,} characters.")


def days(text: str) -> tuple[int, ...]:
    """`21, 7` as numbers, the largest first. Raises InvalidCheck."""
    parts: Sequence[str] = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdecimal() and len(part) < 4 for part in parts):
        raise InvalidCheck("warn_days", "Numbers of days by comma: 21, 7.")
    return tuple(sorted({int(part) for part in parts}, reverse=True))


def _nothing(check: Check) -> None:
    """A TLS probe has its address and its days."""


_CHECKS = {"http": _check_http, "tcp": _check_tcp, "tls": _nothing, "dns": _check_dns}
