"""Deploys: told of by a script, by sentry-cli or by a webhook, once or step by step; each change audited."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import re2
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from events.accounts import audit
from events.issues import counters
from events.models import Deploy, DeployHook, Project, Release
from events.releases import lifecycle
from events.releases.hooks import SOURCES
from events.releases.hooks.contract import InvalidNotice, Notice

State = Deploy.State
MOST_HOOKS = 20
ARRIVED = frozenset({State.SUCCESS, State.SUPERSEDED})
FINAL = frozenset({State.SUCCESS, State.FAILURE, State.CANCELED, State.SUPERSEDED})
_NAMES = frozenset({"sha", "short_sha", "ref", "repository"})
_PLACE = re2.compile(r"\{([^{}]*)\}")
_SHORT_HASH = re2.compile(r"^[0-9a-f]{7,12}$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call of a hook: the HTTP status and the words of the answer."""

    status: int
    words: str
    deploy: Deploy | None = None


def follows(before: Deploy.State, told_at: datetime | None, after: Deploy.State, at: datetime | None) -> bool:
    """Whether a deploy moves on to `after`: an older notice changes nothing, and an end is an end.

    Only what has arrived may be replaced later.
    """
    if after == before or (told_at and at and at < told_at):
        return False
    if before in FINAL:
        return before == State.SUCCESS and after == State.SUPERSEDED
    return True


def put(
    release: Release,
    *,
    environment: str,
    actor: Any,
    state: Deploy.State = State.SUCCESS,
    external: str = "",
    name: str = "",
    url: str = "",
    started_at: datetime | None = None,
    finished_at: datetime | None = None,
    changed_at: datetime | None = None,
    now: datetime,
) -> tuple[Deploy, bool]:
    """The deploy, and whether this call changed it; one that is told again under the same `external` is the same one.

    What has arrived did so at `finished_at`, `changed_at` or now. Raises ValidationError without an environment.
    """
    environment = environment.strip()
    if not environment or len(environment) > 64 or not environment.isprintable():
        raise ValidationError("An environment has 1 to 64 characters.")
    if started_at and finished_at and finished_at < started_at:
        raise ValidationError("A deploy cannot finish before it starts.")
    arrived_at = (finished_at or changed_at or now) if state in ARRIVED else None
    told = {
        "name": lifecycle.text_of(name, 64), "url": lifecycle.web_address(url), "started_at": started_at,
        "finished_at": arrived_at, "state": state, "changed_at": changed_at,
    }  # fmt: skip
    with transaction.atomic():
        if external:
            deploy, is_new = Deploy.objects.select_for_update().get_or_create(
                release=release, environment=environment, external=external[:140], defaults=told
            )
        else:
            deploy, is_new = Deploy.objects.create(release=release, environment=environment, **told), True
        if not is_new and not _move(deploy, told):
            return deploy, False
        counters.put_environments({(release.project_id, environment)})
        audit.record(
            "release.deploy", actor=actor, project=release.project, obj=release,
            detail={
                "version": release.version, "environment": environment, "deploy": deploy.pk, "state": str(state),
            },
            now=now,
        )  # fmt: skip
    return deploy, True


def take(token: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Outcome:
    """What a webhook of others tells, kept. `headers` have lower-case names; the body is what was signed."""
    hook = DeployHook.objects.select_related("project").filter(token=token, project__deleted_at=None).first()
    if hook is None:
        return Outcome(404, "There is no such hook.")
    with audit.scope(via=f"deploy_hook:{hook.pk}"):
        outcome = _heard(hook, headers, body, now=now)
    # Written down for whoever sets the hook up.
    words = f"{outcome.status}: {outcome.words}"[:200]
    DeployHook.objects.filter(pk=hook.pk).update(last_at=now, last_words=words)
    return outcome


def version_of(notice: Notice, template: str) -> str:
    """The name of the release that a notice means: its own, or the template filled in. Raises InvalidNotice."""
    if notice.release:
        return notice.release
    known = {
        "sha": notice.sha, "short_sha": notice.sha[:8], "ref": notice.ref.removeprefix("refs/heads/"),
        "repository": notice.repository,
    }  # fmt: skip
    version = template
    for name, value in known.items():
        if f"{{{name}}}" in template and not value:
            raise InvalidNotice(f"It names no {name}, which the name of the release is made of.")
        version = version.replace(f"{{{name}}}", value)
    return version.strip()[:200]


def known_as(project: Project, version: str) -> str:
    """The release whose hash begins with a short one, where there is exactly one; else the name itself."""
    if not _SHORT_HASH.match(version):
        return version
    longer = Release.objects.filter(project=project, version__startswith=version).values_list("version", flat=True)[:2]
    return longer[0] if len(longer) == 1 else version


def arrived(project: Project) -> QuerySet[Deploy]:
    """Those that are, or were, what an environment runs."""
    return list_of(project).filter(state__in=ARRIVED, finished_at__isnull=False)


def list_of(project: Project) -> QuerySet[Deploy]:
    """The deploys of a project, those under way first, then the latest."""
    return Deploy.objects.filter(release__project=project).select_related("release")


def create_hook(
    project: Project, *, source: str, secret: str = "", repository: str = "", version: str = "{sha}", actor: Any,
    now: datetime,
) -> DeployHook:  # fmt: skip
    """A new hook; its secret is made where the source brings none. Raises ValidationError, by field."""
    if source not in SOURCES:
        raise ValidationError({"source": "Choose who will call."})
    if SOURCES[source].BRINGS_SECRET and not secret.strip():
        raise ValidationError({"secret": f"{SOURCES[source].TITLE} makes the secret and shows it once: put it here."})
    if secret.strip() and not 8 <= len(secret.strip()) <= 200:
        raise ValidationError({"secret": "A secret has 8 to 200 characters."})
    unknown = set(_PLACE.findall(version)) - _NAMES
    if unknown or not version.strip() or len(version) > 120:
        known = ", ".join(f"{{{name}}}" for name in sorted(_NAMES))
        raise ValidationError({"version": f"At most 120 characters; the places that are filled in are {known}."})
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if project.deploy_hooks.count() >= MOST_HOOKS:
            raise ValidationError(f"A project has at most {MOST_HOOKS} hooks.")
        hook = DeployHook(
            project=project, source=source, repository=repository.strip()[:200], version=version.strip(),
            created_at=now,
        )  # fmt: skip
        hook.secret = secret.strip() or secrets.token_urlsafe(32)
        hook.save()
        audit.record("deploy_hook.create", actor=actor, project=project, obj=hook, detail={"source": source}, now=now)
    return hook


def delete_hook(hook: DeployHook, *, actor: Any, now: datetime) -> None:
    """Its address is gone; the deploys that it told of stay."""
    with transaction.atomic():
        detail = {"source": hook.source}
        audit.record("deploy_hook.delete", actor=actor, project=hook.project, obj=hook, detail=detail, now=now)
        hook.delete()


def _move(deploy: Deploy, told: Mapping[str, Any]) -> bool:
    """Move a locked deploy to what is told now; whether that changed anything."""
    if not follows(State(deploy.state), deploy.changed_at, State(told["state"]), told["changed_at"]):
        return False
    for name, value in told.items():
        if value or name == "changed_at":
            setattr(deploy, name, deploy.finished_at if name == "finished_at" and deploy.finished_at else value)
    deploy.save()
    return True


def _heard(hook: DeployHook, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Outcome:
    source = SOURCES[hook.source]
    if not source.is_signed(hook.secret, headers, body):
        return Outcome(401, f"The signature is not that of the secret kept for {source.TITLE}.")
    try:
        notice = source.read(headers, body)
        if notice is None:
            return Outcome(200, "Nothing to do: this is no deploy.")
        if hook.repository and notice.repository != hook.repository:
            return Outcome(200, f"Nothing to do: this hook listens to {hook.repository} alone.")
        return _told(hook, notice, now=now)
    except InvalidNotice as problem:
        return Outcome(400, str(problem))
    except ValidationError as problem:
        return Outcome(400, " ".join(problem.messages))


def _told(hook: DeployHook, notice: Notice, *, now: datetime) -> Outcome:
    version = known_as(hook.project, version_of(notice, hook.version))
    release, _ = lifecycle.create(hook.project, version, actor=None, now=now)
    deploy, is_changed = put(
        release, environment=notice.environment, actor=None, state=notice.state, external=notice.external,
        url=notice.url, changed_at=notice.changed_at, now=now,
    )  # fmt: skip
    words = f"{release.version} in {deploy.environment}: {deploy.get_state_display().lower()}."
    return Outcome(202 if is_changed else 200, words if is_changed else f"Known already. {words}", deploy)
