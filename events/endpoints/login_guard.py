"""The handler of lockouts, and a note of every login that failed, at whichever door."""

from typing import Any

from django.utils import timezone

from events.accounts.lockouts import Handler
from events.ingest import refusals
from events.values import addresses


class LoginGuard(Handler):
    """Named by AXES_HANDLER."""

    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
        address = addresses.of_request(request) if request is not None else ""
        refusals.note("login_failed", now=timezone.now(), reason="password", address=address)
        super().user_login_failed(sender, credentials, request, **kwargs)
