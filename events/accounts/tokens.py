"""API tokens: made once, shown once, kept as a hash, dead with their owner.

`fobs_<kind>_` + 64 hex digits of randomness + 8 of CRC32: the prefix lets secret scanners find a leaked one, the
checksum lets a typing error be refused without a query.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from django.db import IntegrityError, transaction
from django.db.models import Q

from events.accounts import access, audit
from events.models import ApiToken, Project

READ, EXPORT, RELEASES, ADMIN = "read", "export", "releases", "admin"
SCOPES = frozenset({READ, EXPORT, RELEASES, ADMIN})
WRITING = frozenset({RELEASES, ADMIN})
_PREFIX = "fobs_"
_SECRET_HEX, _CRC_HEX, _LOOKUP_HEX = 64, 8, 8
# What a token lasts that nobody chose an end for; where tokens are made, "never" has to be said.
DAYS = 90
_LAST_USED_EVERY = timedelta(minutes=1)


def create(
    user: Any,
    *,
    name: str,
    scopes: Collection[str],
    project: Project | None = None,
    expires_at: datetime | None = None,
    actor: Any = None,
    now: datetime,
) -> tuple[ApiToken, str]:
    """The token and its secret, which is never seen again. Raises ValueError on a scope or project the user lacks."""
    unknown = set(scopes) - SCOPES
    if unknown or not scopes:
        raise ValueError(f"scopes are {', '.join(sorted(SCOPES))}; not {', '.join(sorted(unknown)) or 'none'}")
    if expires_at and expires_at <= now:
        raise ValueError("a token cannot expire in the past")
    if project and not access.has_role(user, project):
        raise ValueError("the user is not a member of this project")
    kind = "project" if project else "user"
    while True:
        secret = _new_secret(kind)
        try:
            with transaction.atomic():
                token = ApiToken.objects.create(
                    user=user, project=project, name=name[:60], lookup=_lookup(secret), digest=_digest(secret),
                    scopes=sorted(scopes), expires_at=expires_at, created_at=now,
                )  # fmt: skip
                audit.record(
                    "token.create",
                    actor=actor or user,
                    project=project,
                    obj=token,
                    detail={"scopes": sorted(scopes), "for": user.pk},
                    now=now,
                )
        except IntegrityError as error:
            if "lookup" not in str(error):
                raise
            continue
        return token, secret


def find(secret: str, *, now: datetime) -> ApiToken | None:
    """The live token with this secret, its owner loaded; notes its use, at most once a minute."""
    if not is_well_formed(secret):
        return None
    token = ApiToken.objects.select_related("user", "project").filter(lookup=_lookup(secret)).first()
    if token is None or not hmac.compare_digest(bytes(token.digest), _digest(secret)) or not is_live(token, now=now):
        return None
    if token.last_used_at is None or now - token.last_used_at >= _LAST_USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _LAST_USED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def is_live(token: ApiToken, *, now: datetime) -> bool:
    """Whether the token may be used: not revoked, not expired, its owner active and still in its project."""
    if token.revoked_at or (token.expires_at and token.expires_at <= now) or not token.user.is_active:
        return False
    return token.project is None or access.has_role(token.user, token.project)


def may_tell(secret: str, *, project_id: int, now: datetime) -> bool:
    """Whether the token lets a server of the project tell of others: it may write, and its owner is an editor."""
    token = find(secret, now=now)
    if token is None or not WRITING.intersection(token.scopes) or token.project_id not in (None, project_id):
        return False
    project = token.project or Project.objects.filter(pk=project_id).first()
    return project is not None and access.has_role(token.user, project, access.EDITOR)


def is_well_formed(secret: str) -> bool:
    """Whether `secret` has the form and checksum of a token."""
    prefix, _, rest = secret.rpartition("_")
    if not secret.startswith(_PREFIX) or not secret.isascii() or len(rest) != _SECRET_HEX + _CRC_HEX:
        return False
    body = f"{prefix}_{rest[:_SECRET_HEX]}"
    return hmac.compare_digest(rest[_SECRET_HEX:], _checksum(body))


def revoke(token: ApiToken, *, actor: Any, now: datetime) -> None:
    """The token stops working at once; revoking twice changes nothing."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            token.revoked_at = now
            audit.record("token.revoke", actor=actor, project=token.project, obj=token, now=now)


def _new_secret(kind: str) -> str:
    body = f"{_PREFIX}{kind}_{secrets.token_hex(_SECRET_HEX // 2)}"
    return body + _checksum(body)


def _checksum(body: str) -> str:
    return f"{crc32(body.encode()):08x}"


def _lookup(secret: str) -> str:
    return secret.rpartition("_")[2][:_LOOKUP_HEX]


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
