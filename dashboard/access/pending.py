"""A login between its password and its code: noted in the visitor's session, for a few minutes."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

LASTS = timedelta(minutes=5)
_NOTE = "obs_pending_login"


def begin(request: HttpRequest, user: Any, *, wanted: str, now: datetime) -> None:
    """The right password was given; whoever knew the session's name before does not know it now."""
    request.session.cycle_key()
    request.session[_NOTE] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "backend": user.backend,
        "wanted": wanted,
        "at": now.timestamp(),
    }


def read(request: HttpRequest, *, now: datetime) -> tuple[Any, str] | None:
    """Who waits for the code and where they want to go; None when nobody does, or no longer."""
    note = request.session.get(_NOTE)
    if note is None:
        return None
    user = get_user_model()._default_manager.filter(pk=note["user"], is_active=True).first()
    is_fresh = 0 <= now.timestamp() - note["at"] < LASTS.total_seconds()
    if not is_fresh or user is None or not constant_time_compare(note["password"], user.get_session_auth_hash()):
        end(request)
        return None
    user.backend = note["backend"]
    return user, note["wanted"]


def end(request: HttpRequest) -> None:
    request.session.pop(_NOTE, None)
