"""Who sends: the ingest key of a request, as a DRF authentication class."""

from datetime import datetime

from django.db import DatabaseError, InterfaceError
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from events import keys
from events.incoming import IngestError
from events.ingest import Unavailable
from events.keys import Key
from events.protocols.sentry import auth


class Refused(IngestError):
    """No key of this project, or one that is switched off."""

    status = 403
    reason = "auth"


class KeyAuthentication(BaseAuthentication):
    """Sets `request.auth` to the project's Key, or leaves it None when only the body can name one."""

    def authenticate(self, request: Request) -> tuple[None, Key | None]:
        public_key = auth.claimed_key(request._request.META)
        if public_key is None:
            return None, None
        return None, usable(request.parser_context["kwargs"].get("project_id", 0), public_key, now=request.now)


def usable(project_id: int, public_key: str, *, now: datetime) -> Key:
    """The project's key by that name. Raises Refused (none, or off), Unavailable when nobody can tell."""
    try:
        key = keys.find(project_id, public_key)
    except (DatabaseError, InterfaceError) as error:
        raise Unavailable from error
    if key is None:
        raise Refused("This project has no such key.")
    if not key.is_usable(now=now):
        raise Refused("This key is disabled.")
    return key
