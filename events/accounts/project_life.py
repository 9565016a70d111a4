"""What becomes of a project: another name, other hands, deletion with a grace in which it comes back."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from events.accounts import access, audit, keys, projects, server_project, sites
from events.models import FormerSlug, Membership, Project


def rename(project: Project, *, name: str, slug: str, actor: Any, now: datetime) -> bool:
    """Whether the project is called otherwise now. Addresses with the old short form lead on, and DSNs, which have the
    project's number, stay. Raises ValidationError, by field."""
    name, before = " ".join(name.replace("\0", "").split()), project.slug
    if (name, slug) == (project.name, project.slug):
        return False
    if slug != before and before == server_project.SLUG:
        raise ValidationError({"slug": f"“{before}” is this server's own project, and keeps its short form."})
    project.name, project.slug = name, slug
    try:
        project.full_clean(exclude=[field.name for field in Project._meta.fields if field.name not in ("name", "slug")])
        projects.check_was_nobodys(project)
    except ValidationError:
        project.refresh_from_db(fields=["name", "slug"])
        raise
    with transaction.atomic():
        if slug != before:
            FormerSlug.objects.filter(project=project, slug=slug).delete()
            FormerSlug.objects.create(project=project, slug=before, created_at=now)
        project.save(update_fields=["name", "slug"])
        detail = {"slug": slug, "before": before}
        audit.record("project.rename", actor=actor, project=project, obj=project, detail=detail, now=now)
    keys.forget()
    return True


def hand_over(project: Project, to: Any, *, stays_as: str, actor: Any, now: datetime) -> None:
    """`to` is an owner, and `actor` what `stays_as` says: a role, or no member for the empty one. Raises
    ValidationError for somebody who is `actor`, and for a role that there is not."""
    if to.pk == actor.pk:
        raise ValidationError("It is yours already: choose somebody else.")
    if stays_as and stays_as not in Membership.Role.values:
        raise ValidationError(f"You stay as {', '.join(Membership.Role.values)}, or leave.")
    with transaction.atomic():
        projects.set_role(project, to, access.OWNER, actor=actor, now=now)
        if stays_as:
            projects.set_role(project, actor, stays_as, actor=actor, now=now)
        else:
            projects.remove_member(project, actor, actor=actor, now=now)
        audit.record(
            "project.hand_over", actor=actor, project=project, obj=("user", to.pk), detail={"stays": stays_as}, now=now
        )


def delete(project: Project, *, typed: str, actor: Any, now: datetime) -> datetime:
    """When the project will be erased; until then it is hidden, takes and judges nothing, and may be restored. Raises
    ValidationError where its name was not typed."""
    if project.slug == server_project.SLUG:
        raise ValidationError("This server's own project cannot be deleted: it watches the server.")
    if " ".join(typed.split()) != " ".join(project.name.split()):
        raise ValidationError(f"Nothing was deleted: type the project's name, {project.name}, to confirm.")
    with transaction.atomic():
        project.deleted_at, project.deleted_by = now, actor
        project.save(update_fields=["deleted_at", "deleted_by"])
        detail = {"erased_from": erased_from(project)}
        audit.record("project.delete", actor=actor, project=project, obj=project, detail=detail, now=now)
    keys.forget()
    sites.forget()
    return erased_from(project)


def restore(project: Project, *, actor: Any, now: datetime) -> None:
    """The project is as it was. Raises ValidationError where its erasure has begun."""
    with transaction.atomic():
        waiting = Project.objects.select_for_update().filter(pk=project.pk, deleted_at__isnull=False, erased={})
        found = waiting.filter(erased_at=None).first()
        if found is None:
            raise ValidationError("Its erasure has begun: it cannot come back.")
        found.deleted_at = found.deleted_by = None
        found.save(update_fields=["deleted_at", "deleted_by"])
        audit.record("project.restore", actor=actor, project=found, obj=found, now=now)
    keys.forget()
    sites.forget()


def deleted(user: Any) -> QuerySet[Project]:
    """The deleted projects that `user` owned, and those that were erased at their word; all for a superuser."""
    found = Project.objects.filter(deleted_at__isnull=False).select_related("deleted_by").order_by("-deleted_at")
    if user.is_superuser:
        return found
    own = Membership.objects.filter(user_id=user.pk, role=Membership.Role.OWNER)
    return found.filter(Q(pk__in=own.values("project_id")) | Q(deleted_by_id=user.pk))


def erased_from(project: Project) -> datetime:
    """The moment after which a deleted project is erased."""
    assert project.deleted_at is not None
    return project.deleted_at + timedelta(days=settings.OBS_PROJECT_GRACE_DAYS)
