"""Invitations by link: whoever opens it first becomes a member, once, within a week.

The token is 256 random bits; its SHA-256 is stored, the address is shown once. Accepting is a conditional update, so of
two who accept at the same moment one is told that it was used.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from events.accounts import access, audit, projects
from events.models import Invitation, Membership, Project

LASTS = timedelta(days=7)
MOST_OPEN = 50
_TOKEN_LENGTH = 43  # of 32 bytes in URL-safe base64
USED = "This invitation was used, taken back, or is over: ask for another."


def create(project: Project, role: str, *, email: str = "", actor: Any, now: datetime) -> tuple[Invitation, str]:
    """The invitation and its token, which is never seen again. Raises ValidationError."""
    if role not in Membership.Role.values:
        raise ValidationError(f"Roles are {', '.join(Membership.Role.values)}.")
    if not access.has_role(actor, project, access.OWNER):
        raise ValidationError("Inviting needs the role owner.")
    if email:
        validate_email(email)
    if open_ones(project, now=now).count() >= MOST_OPEN:
        raise ValidationError(f"{MOST_OPEN} invitations are open: take one back first.")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        made = Invitation.objects.create(
            project=project, role=role, digest=_digest(token), sent_to=_hint(email), created_by=actor, created_at=now,
            expires_at=now + LASTS,
        )  # fmt: skip
        audit.record("invitation.create", actor=actor, project=project, obj=made, detail={"role": role}, now=now)
    return made, token


def open_ones(project: Project, *, now: datetime) -> QuerySet[Invitation]:
    """Those that can still be accepted."""
    return Invitation.objects.filter(project=project, accepted_at=None, revoked_at=None, expires_at__gt=now)


def find(token: str, *, now: datetime) -> Invitation | None:
    """The open invitation of this token; None also where its maker may no longer invite."""
    if len(token) != _TOKEN_LENGTH:
        return None
    found = Invitation.objects.select_related("project", "created_by").filter(
        digest=_digest(token), accepted_at=None, revoked_at=None, expires_at__gt=now
    )
    invitation = found.first()
    if invitation is None or invitation.created_by is None or not invitation.created_by.is_active:
        return None
    return invitation if access.has_role(invitation.created_by, invitation.project, access.OWNER) else None


@transaction.atomic
def accept(invitation: Invitation, user: Any, *, now: datetime) -> Membership:
    """`user` is a member now; who was one with as high a role stays as is. Raises ValidationError when it was used."""
    claimed = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=now)
    if not claimed.update(accepted_at=now, accepted_by=user):
        raise ValidationError(USED)
    project = invitation.project
    if access.has_role(user, project, invitation.role) and Membership.objects.filter(project=project, user=user):
        raise ValidationError(f"You are a member of {project.name} already.")
    member = projects.set_role(project, user, invitation.role, actor=user, now=now)
    audit.record("invitation.accept", actor=user, project=project, obj=invitation, now=now)
    return member


@transaction.atomic
def accept_as_new(invitation: Invitation, *, username: str, password: str, now: datetime) -> Any:
    """A new user who is a member. Raises ValidationError, by field where it is of one."""
    user = get_user_model()(username=username.strip())
    user.clean_fields(exclude=["password"])
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from None
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise ValidationError({"username": "This name is taken: log in, or choose another."}) from None
    accept(invitation, user, now=now)
    return user


@transaction.atomic
def revoke(invitation: Invitation, *, actor: Any, now: datetime) -> None:
    """Nobody can accept it any more."""
    if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(revoked_at=now):
        raise ValidationError("It was used or taken back already.")
    audit.record("invitation.revoke", actor=actor, project=invitation.project, obj=invitation, now=now)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _hint(email: str) -> str:
    name, at, host = email.partition("@")
    return f"{name[:1]}…@{host}"[:60] if at else ""
