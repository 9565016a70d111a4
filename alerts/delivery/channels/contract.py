"""What every channel kind promises, and the POST that three of them share."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import orjson

from alerts.delivery import http
from alerts.delivery.messages import Message


@dataclass(frozen=True)
class Sent:
    """Delivered: the receiver's id of the message, where there is one; `wait`: seconds it asks to be left alone."""

    remote_id: str
    latency_ms: int
    status: int | None = None
    wait: float = 0.0


class DeliveryError(Exception):
    """Not delivered. `status` is None without an answer; `is_permanent`: no later try can succeed."""

    def __init__(
        self, reason: str, *, status: int | None = None, retry_after: float | None = None, is_permanent: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason, self.status, self.retry_after, self.is_permanent = reason, status, retry_after, is_permanent


class InvalidConfig(ValueError):
    """A field of a channel's configuration cannot be used."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


@dataclass(frozen=True)
class Where:
    """Where a person makes what a kind asks for, in the words of its vendor."""

    words: str
    url: str = ""
    link: str = ""


class Kind(Protocol):
    """A module of this package: its fields, and the three things it can do."""

    @property
    def FIELDS(self) -> tuple[str, ...]:
        """Names of what a person types."""

    @property
    def WHERE(self) -> Where:
        """Where that is made."""

    @property
    def TAKES_EACH(self) -> bool:
        """Whether it puts messages together by itself: none is folded into a digest here."""

    @property
    def HEARS_RESOLVED(self) -> bool:
        """Whether it is told of an issue's resolution: it keeps something open, or can change what it said."""

    def clean(self, given: Mapping[str, str]) -> dict[str, Any]:
        """The configuration to store; raises InvalidConfig."""

    def mask(self, config: Mapping[str, Any]) -> str:
        """Where it goes, fit to be shown."""

    def send(
        self, config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
    ) -> Sent:
        """Delivers, as plain text if `minimal`; raises DeliveryError.

        `before` is the receiver's id of what the message ends, for those that can change what they said.
        """


def clean_url(given: Mapping[str, str], *, hosts: frozenset[str] = frozenset()) -> str:
    """The URL, if this server may call it; raises InvalidConfig."""
    url = given.get("url", "").strip()
    try:
        http.check(url, hosts=hosts)
    except http.Refused as refusal:
        raise InvalidConfig("url", str(refusal)) from None
    return url


def mask_url(url: str) -> str:
    """The host and the last four characters, if the rest is long enough to stay a secret."""
    parsed = http.parse(url)
    return f"{parsed.host}/…{parsed.target[-4:]}" if len(parsed.target) >= 20 else f"{parsed.host}/…"


def post(
    url: str,
    body: bytes,
    *,
    now: datetime,
    method: str = "POST",
    hosts: frozenset[str] = frozenset(),
    headers: Mapping[str, str] | None = None,
    explain: Callable[[http.Answer], str] = lambda answer: "",
    retry_after: Callable[[http.Answer], float | None] = lambda answer: None,
) -> http.Answer:
    """The answer of 2xx; raises DeliveryError for all else. `explain` may quote from answers of trusted hosts."""
    try:
        given = {"Content-Type": "application/json", **(headers or {})}
        answer = http.send(url, method=method, headers=given, body=body, hosts=hosts)
    except http.Refused as refusal:
        raise DeliveryError(str(refusal), is_permanent=True) from None
    except http.Unreachable as failure:
        raise DeliveryError(str(failure)) from None
    if 200 <= answer.status < 300:
        return answer
    reason = f"Answered {answer.status}. {explain(answer)}".strip()[:200]
    wait = retry_after(answer) or _retry_after(answer.headers.get("retry-after", ""), now=now)
    raise DeliveryError(reason, status=answer.status, retry_after=wait)


def quoted(answer: http.Answer) -> str:
    """The beginning of the answer's text, printable."""
    text = answer.body[:120].decode("utf-8", "replace")
    return "".join(character if character.isprintable() else " " for character in text)


def seconds(value: str) -> float | None:
    """A header's finite number above zero."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def parsed_json(answer: http.Answer) -> dict[str, Any]:
    """The answer's JSON object; {} if it is something else."""
    try:
        value = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _retry_after(value: str, *, now: datetime) -> float | None:
    """Seconds until a Retry-After header's moment, which is a number of seconds or an HTTP date."""
    if value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds(), 0.0)
