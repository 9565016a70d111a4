"""Projects, their ingest keys and their members: every change audited in its own transaction."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from events.accounts import audit, keys, tokens
from events.models import ApiToken, FormerSlug, IngestKey, Membership, Project
from events.values.texts import short_form

OVERLAP = timedelta(days=7)
_SLUG = 58  # of the 64 characters that a short form may have: room for a number


def create(
    slug: str, name: str, *, owner: Any = None, is_demo: bool = False, actor: Any = None, now: datetime
) -> Project:
    """A new project with its first ingest key, owned by `owner`. Raises ValidationError on a bad or taken slug."""
    project = Project(slug=slug, name=name, created_at=now, is_demo=is_demo)
    project.full_clean()
    check_was_nobodys(project)
    with transaction.atomic():
        project.save(force_insert=True)
        IngestKey.objects.create(project=project, created_at=now)
        if owner is not None:
            Membership.objects.create(project=project, user=owner, role=Membership.Role.OWNER, created_at=now)
        audit.record("project.create", actor=actor or owner, project=project, obj=project, now=now)
    return project


def named(slug: str) -> Project | None:
    """The project of this short form, or that had it before."""
    found = Project.objects.filter(slug=slug).first()
    return found or Project.objects.filter(former_slugs__slug=slug).first()


def check_was_nobodys(project: Project) -> None:
    """Raises ValidationError where addresses with the short form lead to another project, which had it before."""
    if FormerSlug.objects.filter(slug=project.slug).exclude(project=project.pk).exists():
        raise ValidationError({"slug": ValidationError("Project with this Slug already exists.", code="unique")})


def slug_for(name: str) -> str:
    """A free short form of a name, for addresses: `Café Müller` is `cafe-muller`, or `cafe-muller-2` if that is taken.

    Empty for a name without any letter or digit of the Latin alphabet.
    """
    made = short_form(name, most=_SLUG)
    if not made:
        return ""
    taken = set(Project.objects.filter(slug__startswith=made).values_list("slug", flat=True))
    taken |= set(FormerSlug.objects.filter(slug__startswith=made).values_list("slug", flat=True))
    number = 1
    while (found := made if number == 1 else f"{made}-{number}") in taken:
        number += 1
    return found


def create_key(
    project: Project,
    *,
    label: str,
    rate_per_minute: int | None = None,
    allowed_origins: Collection[str] = (),
    actor: Any,
    now: datetime,
) -> IngestKey:
    """One more ingest key of `project`. Raises ValidationError on a bad label, rate or origin."""
    key = IngestKey(
        project=project,
        label=label,
        rate_per_minute=rate_per_minute,
        allowed_origins=_origins(allowed_origins),
        created_at=now,
    )
    key.full_clean()
    with transaction.atomic():
        key.save(force_insert=True)
        audit.record("key.create", actor=actor, project=project, obj=key, now=now)
    return key


def rotate_key(key: IngestKey, *, overlap: timedelta = OVERLAP, actor: Any, now: datetime) -> IngestKey:
    """The successor of `key`; the old one goes on working for `overlap`, so that senders can change over."""
    with transaction.atomic():
        successor = IngestKey.objects.create(
            project=key.project,
            label=key.label,
            rate_per_minute=key.rate_per_minute,
            allowed_origins=key.allowed_origins,
            created_at=now,
        )
        key.expires_at = now + overlap
        key.save(update_fields=["expires_at"])
        detail = {"successor": successor.pk, "expires_at": key.expires_at}
        audit.record("key.rotate", actor=actor, project=key.project, obj=key, detail=detail, now=now)
    keys.forget()
    return successor


def change_key(
    key: IngestKey,
    *,
    is_active: bool | None = None,
    rate_per_minute: int | None = None,
    clears_rate: bool = False,
    allowed_origins: Collection[str] | None = None,
    actor: Any,
    now: datetime,
) -> None:
    """The key with what is given changed. Raises ValidationError on a bad rate or origin."""
    if is_active is not None:
        key.is_active = is_active
    if rate_per_minute is not None or clears_rate:
        key.rate_per_minute = None if clears_rate else rate_per_minute
    if allowed_origins is not None:
        key.allowed_origins = _origins(allowed_origins)
    key.full_clean()
    with transaction.atomic():
        key.save(update_fields=["is_active", "rate_per_minute", "allowed_origins"])
        detail = {"is_active": key.is_active, "rate": key.rate_per_minute, "origins": key.allowed_origins}
        audit.record("key.change", actor=actor, project=key.project, obj=key, detail=detail, now=now)
    keys.forget()


SWITCHES = (
    "collects_user_data", "collects_ip", "keeps_machine_names", "keeps_pictures", "accepts_binary_attachments",
    "local_variables", "request_bodies", "query_strings", "analytics",
    "small_groups",
)  # fmt: skip


def change_privacy(
    project: Project, *, switches: Mapping[str, bool | str | int], actor: Any, now: datetime
) -> list[str]:
    """What of people the project keeps, as `switches` (of SWITCHES) say; the names of those that changed.

    Senders follow within half a minute, the time for which a web process remembers keys. What is stored stays as it is.
    Raises ValidationError for a switch or a level that there is not.
    """
    unknown = sorted(set(switches) - set(SWITCHES))
    if unknown:
        raise ValidationError(f"{unknown[0]} is no switch of privacy")
    changed = [name for name, value in switches.items() if getattr(project, name) != value]
    for name in changed:
        setattr(project, name, switches[name])
    project.clean_fields(exclude=[field.name for field in Project._meta.fields if field.name not in switches])
    if not changed:
        return []
    with transaction.atomic():
        project.save(update_fields=changed)
        detail = {name: switches[name] for name in changed}
        audit.record("privacy.change", actor=actor, project=project, obj=project, detail=detail, now=now)
    keys.forget()
    return changed


def change_source(project: Project, *, url: str, root: str, actor: Any, now: datetime) -> None:
    """Where the lines of the project's source are. Raises ValidationError on what is too long."""
    project.source_url, project.source_root = url, root
    names = ["source_url", "source_root"]
    project.clean_fields(exclude=[field.name for field in Project._meta.fields if field.name not in names])
    with transaction.atomic():
        project.save(update_fields=names)
        audit.record("source.change", actor=actor, project=project, obj=project, detail={"is_on": bool(url)}, now=now)


def set_role(project: Project, user: Any, role: str, *, actor: Any, now: datetime) -> Membership:
    """The membership of `user`, made or changed. Raises ValidationError when the last owner would be gone."""
    if role not in Membership.Role.values:
        raise ValidationError(f"roles are {', '.join(Membership.Role.values)}")
    with transaction.atomic():
        if role != Membership.Role.OWNER:
            check_an_owner_stays(project, user)
        membership, is_new = Membership.objects.update_or_create(
            project=project, user=user, defaults={"role": role}, create_defaults={"role": role, "created_at": now}
        )
        action = "member.add" if is_new else "member.change"
        audit.record(action, actor=actor, project=project, obj=("user", user.pk), detail={"role": role}, now=now)
    return membership


def remove_member(project: Project, user: Any, *, actor: Any, now: datetime) -> None:
    """`user` is a stranger to the project and their tokens for it are revoked."""
    with transaction.atomic():
        check_an_owner_stays(project, user)
        removed, _ = Membership.objects.filter(project=project, user=user).delete()
        if removed:
            for token in ApiToken.objects.filter(project=project, user=user, revoked_at=None).select_related("project"):
                tokens.revoke(token, actor=actor, now=now)
            audit.record("member.remove", actor=actor, project=project, obj=("user", user.pk), now=now)


def disable_user(user: Any, *, actor: Any, now: datetime) -> None:
    """`user` can neither log in nor use a token; what they did stays on record."""
    with transaction.atomic():
        user.is_active = False
        user.save(update_fields=["is_active"])
        revoke_tokens(user, actor=actor, now=now)
        audit.record("user.disable", actor=actor, obj=("user", user.pk), now=now)


def revoke_tokens(user: Any, *, actor: Any, now: datetime) -> None:
    """None of the user's tokens works any more."""
    for token in ApiToken.objects.filter(user=user, revoked_at=None).select_related("project"):
        tokens.revoke(token, actor=actor, now=now)


def check_an_owner_stays(project: Project, user: Any) -> None:
    """Raises ValidationError when `user` is the project's only owner."""
    owners = Membership.objects.filter(project=project, role=Membership.Role.OWNER)
    ids = set(owners.values_list("user_id", flat=True))
    if ids == {user.pk}:
        raise ValidationError("A project keeps at least one owner: make somebody else an owner first.")


def _origins(entries: Collection[str]) -> list[str]:
    """`entries` in the forms that `origins.is_allowed` compares: host, *.host or scheme://host:port."""
    cleaned = sorted({entry.strip().lower().rstrip("/") for entry in entries if entry.strip()})
    for entry in cleaned:
        scheme, _, host = entry.rpartition("://")
        if (
            scheme not in ("", "http", "https")
            or not entry.isascii()
            or not set(host).isdisjoint("/ @?#\\")
            or not host
        ):
            raise ValidationError(
                f"{entry!r} is neither a host nor an origin; write app.example.org, *.example.org or https://app.example.org:8443."
            )
    return cleaned
