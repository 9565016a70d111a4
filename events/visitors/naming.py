"""The pseudonym of a visitor.

Anonymous: HMAC-SHA256 of address, user agent and site under a salt of the day, which is random, is kept in one table
and destroyed when its day is over: afterwards nobody can tell whose it was. A server that names its visitors has them
named under the salt as well. Identified: the pseudonym of what the sender calls the person, the same that errors and
requests carry, so that both are found together. Consent: anonymous, until the person agreed.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection

from events.models import VisitorSalt
from events.values import pseudonyms
from events.values.modes import CONSENT, IDENTIFIED, OFF, Mode

# What posthog-js calls everybody where it keeps no cookie.
COOKIELESS = "$posthog_cookieless"
# The salt of a day is gone this long after the day began, however late the clean-up runs.
KEPT = timedelta(days=1, hours=1)
_LONGEST = 200

_lock = threading.Lock()
_salts: dict[date, bytes] = {}


@dataclass(frozen=True, slots=True)
class Naming:
    """What names the visitors of one request: `name(distinct_id, site)`."""

    mode: Mode
    project_id: int
    address: str
    user_agent: str
    now: datetime
    pseudonym: Callable[[str, str], str]
    # Of a visitor, whether they agreed.
    is_agreed: Callable[[int], bool] = lambda visitor: False

    def agrees(self, distinct_id: str) -> bool:
        """Whether the mode, and in the mode consent the person, lets `distinct_id` be known beyond a day."""
        named = "" if distinct_id == COOKIELESS else distinct_id.strip()[:_LONGEST]
        if not named or self.mode not in (CONSENT, IDENTIFIED):
            return False
        if self.mode == IDENTIFIED:
            return True
        visitor = pseudonyms.user_key(self.pseudonym("user", named))
        return visitor is not None and self.is_agreed(visitor)

    def name(self, distinct_id: str, site: str) -> str | None:
        """The pseudonym `u_…`; None where nobody may be counted, or can be told from anybody else.

        `distinct_id` is what the sender calls the visitor, "" where the sender is the visitor's own browser and the
        project names nobody.
        """
        named = "" if distinct_id == COOKIELESS else distinct_id.strip()[:_LONGEST]
        if self.mode == OFF:
            return None
        if named and self.agrees(named):
            return self.pseudonym("user", named)
        return self._of_today(named, site)

    def seen_from(self, address: str, user_agent: str) -> Callable[[str, str], str | None]:
        """What names the visitors of another browser, for which a server speaks."""
        return replace(self, address=address, user_agent=user_agent).name

    def _of_today(self, named: str, site: str) -> str | None:
        salt = salt_of(self.now.date(), now=self.now)
        if salt is None or not (named or self.address):
            return None
        told = (named,) if named else (self.address, self.user_agent[:400], site)
        message = "\0".join((str(self.project_id), *told)).encode("utf-8", "replace")
        return "u_" + hmac.digest(salt, message, "sha256").hex()[:16]


def salt_of(day: date, *, now: datetime) -> bytes | None:
    """The salt of a day, drawn by whoever asks first; None while the database is away and nobody asked before."""
    with _lock:
        for old in [known for known in _salts if known < now.date()]:
            del _salts[old]
        if day not in _salts:
            try:
                drawn = VisitorSalt.objects.get_or_create(day=day, defaults={"salt": secrets.token_bytes(32)})[0]
            except (DatabaseError, InterfaceError):
                connection.close()
                return None
            _salts[day] = bytes(drawn.salt)
        return _salts[day]


def forget(*, now: datetime) -> int:
    """Destroy the salts of days that are over; how many."""
    return VisitorSalt.objects.filter(day__lt=(now - KEPT).date() + timedelta(days=1)).delete()[0]


def reset() -> None:
    """Forget what this process remembers: for tests, and after a fork."""
    with _lock:
        _salts.clear()
