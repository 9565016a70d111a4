"""What django-axes asks: who may try to log in. Its own tables stay empty, `logins` keeps less."""

from typing import Any

from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from events.accounts import logins
from events.values import addresses


class Handler(AbstractAxesHandler, AxesBaseHandler):
    """Locks a name from a network ([["username", "ip_address"]]), in tiers."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return bool(logins.locked_for(_name(credentials), address=addresses.of_request(request), now=timezone.now()))

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        return settings.AXES_FAILURE_LIMIT if self.is_locked(request, credentials) else 0

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        if request is None:
            return
        name, address = _name(credentials), addresses.of_request(request)
        if logins.note_failure(name, address=address, now=timezone.now()):
            request.axes_locked_out = True  # type: ignore[attr-defined]
            request.axes_credentials = credentials  # type: ignore[attr-defined]

    def user_logged_in(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        logins.note_success(user.get_username(), address=addresses.of_request(request))

    def user_logged_out(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        return


def _name(credentials: dict[str, Any] | None) -> str:
    return str((credentials or {}).get("username") or "")
