"""Links for people without a login: what they may see, until when, and who looked.

The token is random and signed, so a guess is refused without a query; only its hash is stored. What a link shows is
fixed in its row: nothing in the address of a look changes it, save the page of a list.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import ResolverMatch, resolve

from dashboard.charts import cards
from dashboard.charts.registry import CHARTS
from dashboard.frame import saved_views, state
from dashboard.frame.state import State
from dashboard.models import Board, BoardCard, ShareLink
from events.accounts import access, audit
from events.issues.search import Has, Match, SearchError
from events.issues.search import State as StateTerm
from events.issues.search import parse as parse_search
from events.models import Project

DAYS = (1, 7, 30, 90)
_FIXED = (*state.KEPT, "query", "sort", "issue", "release", "route", "metric", "p", "device")
_PERSONAL = {"user", "user.id", "user.email", "user.username", "assigned", "bookmarks"}
_PERSONAL_STATES = {"bookmarked"}
_LANDINGS = {"overview": "", "issue-list": "issues/", "board": "board/"}
_signer = Signer(salt="dashboard.share", sep=".")


def create(
    project: Project, *, actor: Any, name: str, url: str, days: int, is_period_fixed: bool = False, now: datetime
) -> tuple[ShareLink, str]:
    """The link and its address, which is never seen again. Raises ValidationError on what cannot be shared."""
    if not access.has_role(actor, project, access.EDITOR):
        raise ValidationError("Sharing needs the role editor.")
    if days not in DAYS:
        raise ValidationError(f"A link lasts {', '.join(map(str, DAYS))} days.")
    path, query = saved_views.parts(project, url)
    # an empty search finds all, none at all the unresolved: so blanks are kept
    found = resolve(path)
    chart = cards.shown_at(found)
    own = CHARTS[chart].parameters if _shared(chart) == "asked" else ()
    given = {key: value for key, value in parse_qsl(query, keep_blank_values=True) if key in (*_FIXED, *own)}
    refuse_personal(given.get("query", ""), now=now)
    if _shared(chart) == "asked":
        refuse_values(given)
        given["chart"] = chart
    if found.url_name == "board":
        given["board"] = str(found.kwargs["board_id"])
    if is_period_fixed:
        given |= state.parse(given, now=now).absolute_period
    token = _signer.sign(secrets.token_urlsafe(32))
    with transaction.atomic():
        link = ShareLink.objects.create(
            project=project, created_by=actor, name=" ".join(name.split())[:60] or "link", digest=_digest(token),
            query=urlencode(given), created_at=now, expires_at=now + timedelta(days=days),
        )  # fmt: skip
        audit.record(
            "share.create", actor=actor, project=project, obj=link, detail={"query": link.query, "days": days}, now=now
        )
    return link, f"/share/{token}/{_landing(found)}"


def find(token: str, *, now: datetime) -> ShareLink | None:
    """The live link of this token; None when forged, ended, revoked, or its maker may no longer share."""
    try:
        _signer.unsign(token)
    except BadSignature:
        return None
    links = ShareLink.objects.select_related("project", "created_by")
    found = links.filter(digest=_digest(token), project__deleted_at=None).first()
    return found if found and is_live(found, now=now) else None


def ended_at(token: str, *, now: datetime) -> datetime | None:
    """When the link of this token ended by its date; None for one that lives, was revoked, or never was.

    Whoever holds the whole token was given it, so its end is no secret; what it showed stays one.
    """
    try:
        _signer.unsign(token)
    except BadSignature:
        return None
    found = ShareLink.objects.filter(digest=_digest(token), revoked_at=None, expires_at__lte=now).first()
    return found.expires_at if found else None


def is_live(link: ShareLink, *, now: datetime) -> bool:
    """Whether the link still shows anything."""
    if link.revoked_at or link.expires_at <= now:
        return False
    return access.has_role(link.created_by, link.project, access.EDITOR)


def revoke(link: ShareLink, *, actor: Any, now: datetime) -> None:
    """The link stops working at once; revoking twice changes nothing."""
    with transaction.atomic():
        if ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now):
            link.revoked_at = now
            audit.record("share.revoke", actor=actor, project=link.project, obj=link, now=now)


def note_look(link: ShareLink, *, page: str, now: datetime) -> None:
    """Keeps that somebody looked at `page` through the link."""
    ShareLink.objects.filter(pk=link.pk).update(looked_at=now)
    audit.record("share.look", actor=f"share:{link.pk}", project=link.project, obj=link, detail={"page": page}, now=now)


def fixed(link: ShareLink) -> dict[str, str]:
    """The parameters that every look through the link has."""
    return dict(parse_qsl(link.query, keep_blank_values=True))


def shows(link: ShareLink, chart: str) -> bool:
    """Whether the link shows the chart of this name."""
    return _shared(chart) == "always" or (_shared(chart) == "asked" and chart == fixed(link).get("chart"))


def board_of(link: ShareLink) -> Board | None:
    """The board that the link was made of, where there still is one."""
    return link.project.boards.filter(pk=fixed(link).get("board", 0)).first()


def shows_card(card: BoardCard, *, now: datetime) -> bool:
    """Whether a chart of a board that is shown may be seen without a login."""
    asked = dict(parse_qsl(card.query))
    try:
        refuse_values(asked)
        refuse_personal(asked.get("query", ""), now=now)
    except ValidationError:
        return False
    return bool(_shared(card.chart))


def state_of(link: ShareLink, *, now: datetime) -> State:
    return state.parse(fixed(link), now=now)


def refuse_personal(text: str, *, now: datetime) -> None:
    """Raises ValidationError when a search is about a person, or is none."""
    try:
        terms = parse_search(text, now=now).terms
    except SearchError as error:
        raise ValidationError(error.message) from error
    for term in terms:
        is_personal = isinstance(term, Match | Has) and term.field in _PERSONAL
        if is_personal or (isinstance(term, StateTerm) and _PERSONAL_STATES & set(term.names)):
            raise ValidationError("A search about a person cannot be shared.")


def refuse_values(given: Mapping[str, str]) -> None:
    """Raises ValidationError where a chart would show the values of a property: whatever senders put there."""
    if given.get("by", "").startswith("properties."):
        raise ValidationError("A chart cut by a property cannot be shared: its values may name people.")


def _landing(found: ResolverMatch) -> str:
    """Where a link leads, below its token: the shared page, or the overview."""
    if _shared(chart := cards.shown_at(found)):
        return f"charts/{chart}/"
    return _LANDINGS.get(found.url_name or "", "")


def _shared(chart: str) -> str:
    return CHARTS[chart].shared if chart in CHARTS else ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
