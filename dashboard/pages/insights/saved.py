"""Insights kept under a name: saved views of the pages of questions, when they were asked, who gets them by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from dashboard.frame import saved_views, weekly_mail
from dashboard.models import SavedView, Subscription
from dashboard.pages.insights.presenting import TABS
from events.accounts import audit
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
    """The insight comes with the weekly report, which then comes too, or no more; the sentence to tell. Raises
    ValidationError."""
    mine = Subscription.objects.filter(view__project=view.project, user=user)
    if wants and mine.exclude(view=view).count() >= MOST:
        raise ValidationError(f"A report carries at most {MOST} insights.")
    with transaction.atomic():
        weekly_mail.ask_for(view.project, user, wants=wants)
        if wants:
            Subscription.objects.get_or_create(view=view, user=user, defaults={"created_at": now})
        else:
            mine.filter(view=view).delete()
        audit.record("insight.subscribe", actor=user, project=view.project, obj=view, detail={"wants": wants}, now=now)
    return f"“{view.name}” comes with the report on Mondays." if wants else f"“{view.name}” comes no more."
