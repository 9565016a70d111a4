"""The logins of somebody as they see them: on what, from where, since when; ended one by one or all others."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest

from dashboard.access import middleware
from events.accounts import audit, logins

_MARK_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Login:
    """`mark` names the login in addresses and opens nothing; device and network are empty where they are not known."""

    mark: str
    device: str
    network: str
    began_at: datetime
    seen_at: datetime
    has_second_factor: bool
    is_this: bool


def of(request: HttpRequest, *, now: datetime) -> list[Login]:
    """The logins of whoever asks that are not over, this one first, then the last used."""
    this = request.session.session_key or ""
    found = [
        _login(key, kept, this=this, now=now)
        for key, kept in logins.lasting(request.user)
        if not middleware.is_over(began=_moment(kept, middleware.BEGAN, now), seen=_moment(kept, middleware.SEEN, now),
                                  now=now.timestamp())
    ]  # fmt: skip
    return sorted(found, key=lambda one: (not one.is_this, -one.seen_at.timestamp()))


def end(request: HttpRequest, mark: str, *, now: datetime) -> bool:
    """Whether there was such a login of whoever asks, which is over now."""
    for key, _ in logins.lasting(request.user):
        if hmac.compare_digest(_mark(key).encode(), mark.encode()):
            audit.record("login.end", actor=request.user, obj=("login", mark), now=now)
            if key == request.session.session_key:
                logout(request)
            else:
                logins.end_one(key)
            return True
    return False


def end_others(request: HttpRequest, *, now: datetime) -> int:
    """How many logins of whoever asks, all but this one, are over now."""
    with transaction.atomic():
        ended = logins.end(request.user, keep=request.session.session_key or "")
        audit.record("login.end", actor=request.user, detail={"ended": ended}, now=now)
    return ended


def _login(key: str, kept: dict[str, Any], *, this: str, now: datetime) -> Login:
    return Login(
        mark=_mark(key),
        device=str(kept.get(middleware.DEVICE, "")),
        network=str(kept.get(middleware.NETWORK, "")),
        began_at=datetime.fromtimestamp(_moment(kept, middleware.BEGAN, now), UTC),
        seen_at=datetime.fromtimestamp(_moment(kept, middleware.SEEN, now), UTC),
        has_second_factor=bool(kept.get(middleware.SECOND_FACTOR)),
        is_this=key == this,
    )


def _moment(kept: dict[str, Any], name: str, now: datetime) -> float:
    """In seconds since 1970; of a login that made no request yet, now."""
    return float(kept.get(name, now.timestamp()))


def _mark(key: str) -> str:
    return hmac.digest(settings.OBS_AUDIT_KEY.encode(), b"login\0" + key.encode(), "sha256").hex()[:_MARK_LENGTH]
