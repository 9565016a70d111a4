"""API tokens in plain words: what each may do, until when, and a line that tries it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from events.accounts import tokens
from events.models import ApiToken

SCOPES = {
    tokens.READ: ("read", "Read what you may see: issues, charts, logs, insights, flags, alerts, members’ names."),
    tokens.RELEASES: ("tell of releases", "What sentry-cli does: releases, deploys, uploads of source maps."),
    tokens.ADMIN: ("change things", "Change through the API what your role lets you change on pages."),
    tokens.EXPORT: ("export", "Reserved: opens nothing yet. Exports are made on pages and by manage.py export."),
}
"""Scope -> (a few words, a sentence)."""

DAYS = (30, tokens.DAYS, 365)
NEVER = "never"


@dataclass(frozen=True, slots=True)
class Line:
    """A token as its owner reads it. `state` is works, ended or expired."""

    token: ApiToken
    may: str
    where: str
    state: str


def lines(user: Any, *, now: datetime) -> list[Line]:
    """The tokens of somebody: those that work first, then the newest."""
    found = (
        ApiToken.objects.filter(user_id=user.pk or 0).select_related("project", "user").order_by("-created_at")[:100]
    )
    return sorted((_line(token, now=now) for token in found), key=lambda one: one.state != "works")


def curl(scopes: Iterable[str], *, secret: str = "") -> str:
    """A line for a shell that shows whether a token works; with `secret` it runs as it stands."""
    secret = secret or "$OBS_TOKEN"
    base, given = settings.OBS_PUBLIC_URL.rstrip("/"), set(scopes)
    if given & {tokens.READ, tokens.ADMIN} or not given & {tokens.RELEASES}:
        return f"curl -H \"Authorization: Bearer {secret}\" '{base}/api/v1/projects/'"
    return f"SENTRY_AUTH_TOKEN=\"{secret}\" sentry-cli --url '{base}/' info"


def _line(token: ApiToken, *, now: datetime) -> Line:
    state = "ended" if token.revoked_at else "works" if tokens.is_live(token, now=now) else "expired"
    may = ", ".join(SCOPES[scope][0] for scope in SCOPES if scope in token.scopes)
    return Line(
        token, may.capitalize() or "Nothing", token.project.name if token.project else "All your projects", state
    )
