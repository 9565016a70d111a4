"""Invitations as owners make them: a link to hand over, or a mail that has it."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from events.accounts import invitations
from events.models import Project

TIMEOUT_SECONDS = 10
ROLES = (
    ("viewer", "looks at everything but single persons, asks questions, saves views"),
    ("editor", "also works: issues, alerts, flags, experiments, boards, shares; sees persons and settings"),
    ("owner", "also decides: people, keys, privacy, rules, goals of the scorecard; reads the audit trail"),
)

log = logging.getLogger(__name__)


def invite(project: Project, *, role: str, email: str, actor: Any, now: datetime) -> tuple[str, str]:
    """The sentence to tell and the link, which is empty where a mail took it. Raises ValidationError."""
    made, token = invitations.create(project, role, email=email, actor=actor, now=now)
    link = f"{settings.OBS_PUBLIC_URL}{reverse('dashboard:join', args=[token])}"
    if not email:
        return f"Hand this link over: it makes one person {role}, within a week.", link
    if _sent(project, link, role=role, email=email, actor=actor):
        return f"An invitation is on its way to {made.sent_to}.", ""
    return "The mail server took no mail; hand this link over instead.", link


def _sent(project: Project, link: str, *, role: str, email: str, actor: Any) -> bool:
    name = " ".join(project.name.split())
    try:
        EmailMessage(
            subject=f"{actor.get_username()} invites you to {name}",
            body=f"{actor.get_username()} invites you to look after {name} on FormaOS Obs, as {role}.\n\n{link}\n\n"
            f"The link works once, within {invitations.LASTS.days} days. If you know nothing of it, leave it be.\n",
            to=[email],
            headers={"Auto-Submitted": "auto-generated"},
            connection=get_connection(timeout=TIMEOUT_SECONDS),
        ).send()
    except (smtplib.SMTPException, OSError) as failure:
        log.warning("An invitation to %s was not taken: %s.", project.slug, type(failure).__name__)
        return False
    return True
