"""Who sends: the ingest key of a request, as a DRF authentication class."""

from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from events.accounts import keys
from events.accounts.keys import Key
from events.ingest.intake import Unavailable
from events.protocols.sentry import auth
from events.values.errors import IngestError


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


class PlainKeyAuthentication(KeyAuthentication):
    """Takes `X-Obs-Key: <key>` and `Authorization: Bearer <key>` as well; a key alone names its project."""

    def authenticate(self, request: Request) -> tuple[None, Key | None]:
        environ = request._request.META
        public_key = auth.agreed(auth.claimed_key(environ), *map(plain_key, _plain(environ)))
        if public_key is None:
            return None, None
        return None, usable(request.parser_context["kwargs"].get("project_id"), public_key, now=request.now)


class PathKeyAuthentication(KeyAuthentication):
    """Takes the key that stands in the address, and in the usual places."""

    def authenticate(self, request: Request) -> tuple[None, Key | None]:
        kwargs = request.parser_context["kwargs"]
        sent = kwargs.get("public_key", "")
        public_key = auth.agreed(auth.claimed_key(request._request.META), plain_key(sent) if sent else None)
        return None, usable(kwargs["project_id"], public_key, now=request.now) if public_key else None


def _plain(environ: dict[str, Any]) -> list[str]:
    """What the two headers hold, where they hold something."""
    scheme, _, bearer = environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    return [sent for sent in (environ.get("HTTP_X_OBS_KEY", ""), bearer if scheme.lower() == "bearer" else "") if sent]


def plain_key(sent: str) -> str:
    """A key written as it is. Raises Refused for what cannot be one."""
    key = sent.strip().lower()
    if len(key) != auth.KEY_LENGTH or not all(character in "0123456789abcdef" for character in key):
        raise Refused("An ingest key is 32 hexadecimal digits.")
    return key


def usable(project_id: int | None, public_key: str, *, now: datetime) -> Key:
    """The key of the project, or of any for None. Raises Refused (none, or off), Unavailable when nobody can tell."""
    try:
        key = keys.find(project_id, public_key)
    except (DatabaseError, InterfaceError) as error:
        raise Unavailable from error
    if key is None:
        raise Refused("This project has no such key.", reason="unknown_key")
    if not key.is_usable(now=now):
        raise Refused("This key is disabled.")
    return key
