"""Views under a name: kept, listed, forgotten."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import Resolver404, resolve

from dashboard.models import SavedView
from events.accounts import access, audit
from events.models import Project
from events.values.texts import one_line

MOST = 50


def visible(project: Project, user: Any) -> QuerySet[SavedView]:
    """The views that `user` made here, and those that others share."""
    return SavedView.objects.filter(Q(owner_id=user.pk) | Q(is_shared=True), project=project)


def save(project: Project, *, owner: Any, name: str, url: str, is_shared: bool = False, now: datetime) -> SavedView:
    """The view `name` of `owner`, new or replaced. Raises ValidationError on what is no page of the project."""
    name = one_line(name)[:60]
    if not name:
        raise ValidationError("A view needs a name, such as Checkout errors.")
    if is_shared and not access.has_role(owner, project, access.EDITOR):
        raise ValidationError("Sharing a view with the project needs the role editor.")
    path, query = parts(project, url)
    mine = SavedView.objects.filter(project=project, owner=owner)
    if mine.count() >= MOST and not mine.filter(name=name).exists():
        raise ValidationError(f"At most {MOST} views; delete one first.")
    kept = {"path": path, "query": query, "is_shared": is_shared, "created_at": now}
    with transaction.atomic():
        view, _ = SavedView.objects.update_or_create(project=project, owner=owner, name=name, defaults=kept)
        audit.record(
            "view.save", actor=owner, project=project, obj=view, detail={"path": path, "is_shared": is_shared}, now=now
        )
    return view


def delete(view: SavedView, *, actor: Any, now: datetime) -> None:
    """The view is forgotten. Raises ValidationError when it is another's, unless `actor` owns the project."""
    if view.owner_id != actor.pk and not access.has_role(actor, view.project, access.OWNER):
        raise ValidationError("Only who saved a view, or an owner of the project, deletes it.")
    with transaction.atomic():
        audit.record("view.delete", actor=actor, project=view.project, obj=view, now=now)
        view.delete()


def parts(project: Project, url: str) -> tuple[str, str]:
    """The path and query of a page of `project`. Raises ValidationError on any other address."""
    try:
        split = urlsplit(url.replace("\x00", ""))
        found = resolve(split.path)
    except (ValueError, Resolver404) as error:
        raise ValidationError("This is not the address of a page.") from error
    is_page = found.namespaces == ["dashboard"] and hasattr(found.func, "audited_action")
    if split.scheme or split.netloc or not is_page or found.kwargs.get("slug") != project.slug:
        raise ValidationError("This is not a page of this project.")
    if len(split.path) > 300 or len(split.query) > 2000:
        raise ValidationError("This address is too long to keep.")
    return split.path, split.query
