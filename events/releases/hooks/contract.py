"""What every source of deploy webhooks promises, and what they read alike."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from events.facts import schema
from events.models import Deploy
from events.values import lenient
from events.values.errors import Malformed

State = Deploy.State


class InvalidNotice(ValueError):
    """The body cannot be read as what its source sends; the words are for whoever set the webhook up."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One deploy as its source tells it. `external` is what the source calls it: a repetition has the same.

    `changed_at` is the source's moment of this state: notices may overtake each other, and the newest counts.
    """

    external: str
    state: State
    environment: str
    sha: str = ""
    ref: str = ""
    repository: str = ""
    release: str = ""
    url: str = ""
    changed_at: datetime | None = None


class Source(Protocol):
    """A module of `hooks`."""

    @property
    def TITLE(self) -> str:
        """What it is called."""

    @property
    def WHERE(self) -> str:
        """Where a person sets the webhook up there, in its own words."""

    @property
    def BRINGS_SECRET(self) -> bool:
        """Whether the source makes the secret itself and shows it once."""

    def is_signed(self, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether whoever sent this knows the secret. Compared in constant time."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice | None:
        """The deploy it tells of; None where it tells of something else. Raises InvalidNotice."""


def signed(secret: str, algorithm: str, body: bytes, given: str) -> bool:
    """Whether `given` is the hexadecimal HMAC of the body."""
    return hmac.compare_digest(hmac.new(secret.encode(), body, algorithm).hexdigest().encode(), given.lower().encode())


def loaded(body: bytes) -> Any:
    """The value of a JSON text. Raises InvalidNotice."""
    try:
        return lenient.loads(body)
    except Malformed as error:
        raise InvalidNotice("It is no JSON.") from error


def part(value: Any, *names: str) -> Any:
    """What stands at a path of objects; None where there is nothing."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text(value: Any, *names: str, limit: int = 250) -> str:
    """The text or number at a path, cut; "" for anything else."""
    found = part(value, *names)
    if isinstance(found, str) or (isinstance(found, int) and not isinstance(found, bool)):
        return str(found).strip()[:limit]
    return ""


def moment(value: Any) -> datetime | None:
    """ISO 8601, Unix seconds or milliseconds, and `2026-11-27 10:00:00 +0100` as GitLab writes it."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 1e11 < value < 1e14:
        return datetime.fromtimestamp(value / 1000, UTC)
    if isinstance(value, str) and (date := value.replace(" UTC", " +0000")).count(" ") == 2:
        value = date.replace(" ", "T", 1).replace(" ", "")
    return schema.moment(value)
