"""Releases: made, finalized, given their commits; each change audited in its own transaction.

A name is the one that events carry; events make releases known by themselves, so creating one twice is no error."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import re2
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from events import scrubbing
from events.accounts import audit
from events.facts import schema
from events.issues import known_releases, release_order
from events.models import ArtifactBundle, Commit, Project, Release

COMMITS = 1_000
PATHS = 500  # changed files that are kept of one commit
_PATH_LENGTH = 400
_MESSAGE = 4_000
_ADDRESS = re2.compile(r"<[^<>]*>|\S+@\S+")
_SHA = re2.compile(r"^[0-9A-Za-z._-]{1,64}$")


@dataclass(frozen=True, slots=True)
class Change:
    """One commit as it is told; `paths` are (A, M or D; path)."""

    sha: str
    repository: str = ""
    author: str = ""
    message: str = ""
    committed_at: datetime | None = None
    paths: Sequence[tuple[str, str]] = ()


def create(
    project: Project,
    version: str,
    *,
    actor: Any,
    started_at: datetime | None = None,
    released_at: datetime | None = None,
    url: str = "",
    ref: str = "",
    now: datetime,
) -> tuple[Release, bool]:
    """The release, and whether it is new; one that exists gets what was given. Raises ValidationError on a bad name."""
    demand_version(version)
    with transaction.atomic():
        release, is_new = Release.objects.get_or_create(project=project, version=version, defaults={"created_at": now})
        changed = _put(release, started_at=started_at, released_at=released_at, url=web_address(url), ref=ref[:250])
        if is_new or changed:
            action = "release.create" if is_new else "release.update"
            audit.record(
                action, actor=actor, project=project, obj=release, detail={"version": version, "set": changed}, now=now
            )
    return release, is_new


def finalize(release: Release, *, actor: Any, released_at: datetime | None = None, now: datetime) -> None:
    """The release is out, since `released_at` or now; finalizing again moves the moment."""
    with transaction.atomic():
        _put(release, released_at=released_at or now)
        audit.record(
            "release.finalize", actor=actor, project=release.project, obj=release,
            detail={"version": release.version}, now=now,
        )  # fmt: skip


def set_commits(release: Release, changes: Iterable[Change], *, actor: Any, now: datetime) -> int:
    """Replace the commits of the release, newest first as given; return how many. No e-mail address is stored."""
    commits = {
        change.sha: Commit(
            release=release,
            position=position,
            sha=change.sha,
            repository=text_of(change.repository, 200),
            author=text_of(_ADDRESS.sub("", change.author), 128),
            message=text_of(change.message, _MESSAGE),
            committed_at=change.committed_at,
            paths=[[kind[:1], text_of(path, _PATH_LENGTH)] for kind, path in change.paths[:PATHS]],
        )
        for position, change in enumerate(changes)
        if position < COMMITS and _SHA.match(change.sha)
    }
    with transaction.atomic():
        Release.objects.select_for_update().get(pk=release.pk)
        release.commits.all().delete()
        Commit.objects.bulk_create(commits.values())
        audit.record(
            "release.commits", actor=actor, project=release.project, obj=release,
            detail={"version": release.version, "commits": len(commits)}, now=now,
        )  # fmt: skip
    return len(commits)


def delete(release: Release, *, actor: Any, now: datetime) -> None:
    """The release is gone, with its commits, deploys and uploads; its events stay and, if more come, make it known."""
    with transaction.atomic():
        ArtifactBundle.objects.filter(project=release.project, release=release.version).delete()
        audit.record(
            "release.delete", actor=actor, project=release.project, detail={"version": release.version}, now=now
        )
        release.delete()


def list_of(project: Project, *, search: str = "") -> QuerySet[Release]:
    """The releases of the project, newest first, those whose name holds `search`."""
    found = Release.objects.filter(project=project).order_by("-pk")
    return found.filter(version__icontains=search) if search else found


def previous_with_commits(release: Release | None, *, project: Project) -> Release | None:
    """The newest release before `release` whose commits are known, of its package; the newest of all when None."""
    rows = Release.objects.filter(project=project, commits__isnull=False).distinct()
    known = known_releases.of(Release.objects.filter(pk__in=rows))
    if release is None:
        last = release_order.Orders(known.values()).latest()
    else:
        own = known_releases.named(project.pk, [release.version])[release.version]
        before = [one for one in known.values() if one.order == own.order and release_order.compare(one, own) < 0]
        last = max(before, key=lambda one: one.key, default=None)
    return rows.filter(version=last.version).first() if last else None


def changes(raw: object) -> list[Change]:
    """The commits in a list as sentry-cli sends it; what is no commit is left out."""
    listed = [entry for entry in raw if isinstance(entry, Mapping)] if isinstance(raw, list) else []
    return [_change(entry) for entry in listed[:COMMITS] if isinstance(entry.get("id"), str)]


def demand_version(version: str) -> None:
    """Raises ValidationError for what cannot name a release."""
    if not version.strip() or version in (".", "..") or version != version.strip():
        raise ValidationError("A release needs a name.")
    if len(version) > 200 or not version.isprintable():
        raise ValidationError("The name of a release has at most 200 characters, all of them printable.")


def _change(entry: Mapping[str, Any]) -> Change:
    touched = entry.get("patch_set")
    return Change(
        sha=entry["id"],
        repository=_string(entry.get("repository")),
        author=_string(entry.get("author_name")),
        message=_string(entry.get("message")),
        committed_at=schema.moment(entry.get("timestamp")),
        paths=[
            (_string(path.get("type")), _string(path.get("path")))
            for path in (touched if isinstance(touched, list) else [])[:PATHS]
            if isinstance(path, Mapping)
        ],
    )


def _put(release: Release, **fields: Any) -> list[str]:
    """Set and save the fields that say something new; return their names."""
    changed = [name for name, value in fields.items() if value and getattr(release, name) != value]
    for name in changed:
        setattr(release, name, fields[name])
    if changed:
        release.save(update_fields=changed)
    return changed


def web_address(url: str) -> str:
    """The address if it is one of the web that a page may link to; "" otherwise."""
    return text_of(url, 2000) if url.startswith(("https://", "http://")) else ""


def text_of(value: str, limit: int) -> str:
    """What may be stored of a text of a pipeline: scrubbed, cut."""
    return scrubbing.scrub_text(value[: limit * 2])[:limit].strip()


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
