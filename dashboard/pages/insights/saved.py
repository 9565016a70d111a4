"""Insights kept under a name: saved views of the pages of questions, when they were asked, who gets them by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from dashboard.frame import saved_views, weekly_mail
from dashboard.models import SavedView
from dashboard.pages.insights.presenting import TABS
from events.models import Project
from events.values.texts import one_line

MOST = 10


def insights(project: Project, user: Any, *, search: str = "") -> QuerySet[SavedView]:
    """The saved insights that `user` may see, those whose name has `search` in it."""
    paths = [reverse(tab.url_name, args=[project.slug]) for tab in TABS.values()]
    found = saved_views.visible(project, user).filter(path__in=paths).select_related("owner")
    words = one_line(search)[:60]
    return found.filter(name__icontains=words) if words else found


def tab_of(view: SavedView) -> str:
    """The name of the question that an insight asks."""
    return next(tab.name for tab in TABS.values() if reverse(tab.url_name, args=[view.project.slug]) == view.path)


def note_asked(project: Project, *, path: str, query: str, now: datetime) -> None:
    """Keeps when the insights of this very address were asked."""
    SavedView.objects.filter(project=project, path=path, query=query).update(asked_at=now)


def subscribed(project: Project, user: Any) -> QuerySet[SavedView]:
    """What `user` gets with the weekly report, as far as they still see it."""
    return insights(project, user).filter(subscriptions__user_id=user.pk)


def subscribe(view: SavedView, *, user: Any, wants: bool, now: datetime) -> str:
    """The insight comes with the weekly report or no more; the sentence to tell. Raises ValidationError."""
    return weekly_mail.subscribe(view, user=user, wants=wants, most=MOST, kind="insight", now=now)
