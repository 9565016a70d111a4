"""The one door to each project: who may see it and who may change it."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404

from events.models import Membership, Project
from events.runtime import remembered

VIEWER, EDITOR, OWNER = Membership.Role.VIEWER.value, Membership.Role.EDITOR.value, Membership.Role.OWNER.value
_RANK = {VIEWER: 1, EDITOR: 2, OWNER: 3}


def visible_projects(user: Any) -> QuerySet[Project]:
    """The projects `user` may look at: their own, or all for a superuser; none that was deleted."""
    if not user.is_active:
        return Project.objects.none()
    standing = Project.objects.filter(deleted_at=None)
    return standing if user.is_superuser else standing.filter(memberships__user_id=user.pk)


def projects_as(user: Any, role: str) -> QuerySet[Project]:
    """The projects in which `user` may act as `role`."""
    visible = visible_projects(user)
    if not user.is_active or user.is_superuser:
        return visible
    enough = [name for name in _RANK if is_enough(name, role)]
    return visible.filter(memberships__user_id=user.pk, memberships__role__in=enough)


def colleagues(user: Any) -> QuerySet[Any]:
    """The people `user` shares a project with, themselves among them; all for a superuser."""
    people = get_user_model()._default_manager.all()
    if user.is_active and user.is_superuser:
        return people
    shared = Membership.objects.filter(project__in=visible_projects(user))
    return people.filter(pk__in=shared.values("user_id"))


def role_of(user: Any, project: Project) -> str | None:
    """What `user` is in `project`; None for a stranger, and for everybody once it was deleted."""
    if not user.is_active or project.deleted_at is not None:
        return None
    if user.is_superuser:
        return OWNER
    return remembered.once(("role", project.pk, user.pk), lambda: _role_of(user, project))


def _role_of(user: Any, project: Project) -> str | None:
    return Membership.objects.filter(project=project, user_id=user.pk).values_list("role", flat=True).first()


def is_enough(role: str | None, needed: str) -> bool:
    """Whether `role` may do what `needed` may."""
    return role is not None and _RANK[role] >= _RANK[needed]


def has_role(user: Any, project: Project, role: str = VIEWER) -> bool:
    """Whether `user` may act as `role` in `project`."""
    return is_enough(role_of(user, project), role)


def sees_persons(user: Any, project: Project) -> bool:
    """Whether `user` may look at single persons; all others are told of groups that are large enough."""
    return has_role(user, project, EDITOR)


def get_project_or_404(user: Any, slug: str, role: str = VIEWER, *, only: int | None = None) -> Project:
    """The project of this short form, or that had it before; Http404 for strangers and, where `only` one project may be
    opened, for the others, PermissionDenied for members below `role`."""
    visible = visible_projects(user)
    if not user.is_superuser:
        visible = visible.annotate(role_there=F("memberships__role"))
    project = visible.filter(slug=slug).first() or visible.filter(former_slugs__slug=slug).first()
    if project is None or only not in (None, project.pk):
        raise Http404("No such project.")
    if not user.is_superuser:
        remembered.note(("role", project.pk, user.pk), getattr(project, "role_there", None))
    if role != VIEWER and not has_role(user, project, role):
        raise PermissionDenied(f"This needs the role {role} in this project.")
    return project
