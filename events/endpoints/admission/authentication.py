"""Who sends: the ingest key of a request."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import DatabaseError, InterfaceError

from events.accounts import keys
from events.accounts.keys import Key
from events.ingest.intake import Unavailable
from events.protocols.sentry import auth
from events.values.errors import IngestError


class Refused(IngestError):
    """No key of this project, or one that is switched off."""

    status = 403
    reason = "auth"


def key_of_sentry(environ: Mapping[str, Any]) -> str | None:
    """The key in a header or the query as Sentry's SDKs write it; None when only the body can name one."""
    return auth.claimed_key(environ)


def key_of_any(environ: Mapping[str, Any]) -> str | None:
    """The same, or the key in `X-Obs-Key: <key>` or `Authorization: Bearer <key>`."""
    return auth.agreed(auth.claimed_key(environ), *map(plain_key, _plain(environ)))


def key_of_address(environ: Mapping[str, Any], named: str) -> str | None:
    """The key that stands in the address, or in the usual places; both must agree."""
    return auth.agreed(auth.claimed_key(environ), plain_key(named) if named else None)


def _plain(environ: Mapping[str, Any]) -> list[str]:
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
