"""Who is told by mail: asked for by a visitor, confirmed out of a mail, ended with one click.

Addresses are encrypted; a keyed hash finds one without reading any. Whatever the address, a visitor is told the same.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature
from django.core.validators import validate_email
from django.db import transaction

from alerts.incidents.status import mails
from alerts.models import StatusMail, StatusPage, StatusSubscriber
from events.accounts import audit
from events.models import Project

VALID = timedelta(hours=24)
AGAIN = timedelta(hours=1)  # a mail that asks is sent no more often
MOST = 10_000


@transaction.atomic
def ask(page: StatusPage, address: str, *, now: datetime) -> None:
    """Send a mail that asks whether this is wanted, where it is not yet; nothing shows which. Raises ValidationError
    for what is no address."""
    address = address.strip()
    validate_email(address)
    if not page.takes_subscribers:
        return
    digest = digest_of(page.project, address)
    subscriber = StatusSubscriber.objects.select_for_update().filter(page=page, digest=digest).first()
    if subscriber is None:
        if page.subscribers.count() >= MOST:
            return
        subscriber = StatusSubscriber(page=page, address=address, digest=digest, created_at=now)
    elif subscriber.confirmed_at or _was_asked(subscriber, now=now):
        return
    token = secrets.token_urlsafe(32)
    subscriber.token_hash, subscriber.token_expires_at = _hash(token), now + VALID
    subscriber.save()
    StatusMail.objects.create(subscriber=subscriber, secret=token, next_attempt_at=now, created_at=now)


def _was_asked(subscriber: StatusSubscriber, *, now: datetime) -> bool:
    expires = subscriber.token_expires_at
    return expires is not None and now < expires - VALID + AGAIN


def waiting(token: str, *, now: datetime) -> StatusSubscriber | None:
    """Whom a token of a mail is for, while it is valid."""
    found = StatusSubscriber.objects.filter(token_hash=_hash(token), token_expires_at__gt=now, confirmed_at=None)
    return found.select_related("page").first() if token else None


def confirm(token: str, *, now: datetime) -> StatusSubscriber | None:
    """The subscriber who is told from now on; None where the token is unknown, used or old."""
    found = waiting(token, now=now)
    if found is not None:
        found.confirmed_at, found.token_hash, found.token_expires_at = now, "", None
        found.save(update_fields=["confirmed_at", "token_hash", "token_expires_at"])
    return found


def leaving(mark: str) -> StatusSubscriber | None:
    """Whom the address at the foot of a mail is for."""
    try:
        number = mails.MARKS.unsign(mark)
    except BadSignature:
        return None
    return StatusSubscriber.objects.filter(pk=int(number)).select_related("page").first()


def leave(mark: str) -> bool:
    """Whether somebody was there to be told no more; nothing is kept of them."""
    found = leaving(mark)
    if found is None:
        return False
    found.delete()
    return True


def erase(project: Project, address: str, *, actor: Any, now: datetime) -> bool:
    """Remove an address at somebody's request, as their right is; whether it was there."""
    try:
        validate_email(address.strip())
    except ValidationError:
        return False
    digest = digest_of(project, address.strip())
    count, _ = StatusSubscriber.objects.filter(page__project=project, digest=digest).delete()
    audit.record("status.erase", actor=actor, project=project, detail={"found": bool(count)}, now=now)
    return bool(count)


def forget(*, now: datetime) -> int:
    """Delete who did not confirm in time; how many."""
    old = StatusSubscriber.objects.filter(confirmed_at=None, token_expires_at__lte=now)
    return old.delete()[0]


def digest_of(project: Project, address: str) -> str:
    return hmac.digest(bytes(project.pepper), b"status\0" + address.strip().lower().encode(), hashlib.sha256).hex()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
