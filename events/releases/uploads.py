"""Uploads of sentry-cli: chunks named by the SHA-1 of their content, put together into artifact bundles.

A chunk belongs to the person whose token sent it and is never shared; its name is compared with its content and is
never a path. Assembling is idempotent: a bundle is known by project and SHA-1, and a repetition is told what is there.
"""

import base64
import hashlib
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any
from urllib.parse import urljoin

import re2
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum
from django.db.models.functions import Length

from events.accounts import audit
from events.ingest import payloads
from events.models import ApiToken, Artifact, ArtifactBundle, Project, UploadChunk
from events.releases import artifact_bundle
from events.releases.artifact_bundle import Bundle, BundleError, Entry

CHUNK_BYTES = 1024 * 1024
CHUNKS_PER_REQUEST = 16
REQUEST_BYTES = CHUNK_BYTES * CHUNKS_PER_REQUEST
BUNDLE_BYTES = 128 * 1024 * 1024
BYTES_PER_DAY = 1024 * 1024 * 1024  # of one person; what is older than a day is removed
KEPT = timedelta(days=1)
PROJECTS = 50
LISTED = 1_000  # files of a release

_SHA1 = re2.compile(r"^[0-9a-f]{40}$")
_LAST_LINES = 4096  # of a minified file, where the name of its map stands
# ECMA-426, "Extraction methods": in either kind of comment, and the last one counts.
_MAP_COMMENT = re2.compile(r"(?m)/[/*][#@]\s*sourceMappingURL=([^\s'\"]+)(?:\s*\*/)?\s*$")
_INLINE = re2.compile(
    rb"/[/*][#@]\s*sourceMappingURL=data:application/json[^,\s]{0,100};base64,([A-Za-z0-9+/=]+)(?:\s*\*/)?\s*$"
)


class UploadError(ValueError):
    """The upload is refused; the text says why."""


class TooMuch(UploadError):
    """The person has sent as much as one may in a day."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """How far a bundle is: `not_found` while chunks are missing, then `ok` or `error` (see `detail`)."""

    state: str
    missing: tuple[str, ...] = ()
    detail: str | None = None


def chunk_content(data: bytes, *, is_gzip: bool) -> bytes:
    """The content of an uploaded part, at most CHUNK_BYTES. Raises UploadError."""
    if is_gzip:
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            data = unpacking.decompress(data, CHUNK_BYTES + 1)
        except zlib.error as error:
            raise UploadError("A chunk is not gzip.") from error
        if len(data) <= CHUNK_BYTES and not unpacking.eof:
            raise UploadError("A chunk is cut short.")
    if not data or len(data) > CHUNK_BYTES:
        raise UploadError(f"A chunk has 1 to {CHUNK_BYTES} bytes.")
    return data


def store_chunks(chunks: Sequence[tuple[str, bytes]], *, token: ApiToken, now: datetime) -> int:
    """Keep (SHA-1, content) pairs for the token's owner; return how many. Raises UploadError, TooMuch."""
    if not 0 < len(chunks) <= CHUNKS_PER_REQUEST:
        raise UploadError(f"A request has 1 to {CHUNKS_PER_REQUEST} chunks.")
    for sha1, content in chunks:
        if hashlib.sha1(content, usedforsecurity=False).hexdigest() != sha1:
            raise UploadError("A chunk's SHA-1 is not that of its content.")
    mine = UploadChunk.objects.filter(owner_id=token.user_id)
    today = mine.filter(created_at__gte=now - KEPT).aggregate(size=Sum(Length("content")))["size"] or 0
    if today + sum(len(content) for _, content in chunks) > BYTES_PER_DAY:
        raise TooMuch(f"One person may upload {BYTES_PER_DAY} bytes a day.")
    with transaction.atomic():
        UploadChunk.objects.bulk_create(
            [
                UploadChunk(owner_id=token.user_id, project=token.project, sha1=sha1, content=content, created_at=now)
                for sha1, content in sorted(dict(chunks).items())
            ],
            update_conflicts=True,
            unique_fields=["owner_id", "sha1"],
            update_fields=["created_at"],
        )
        audit.record("upload.chunks", actor=token.user, project=token.project, detail={"chunks": len(chunks)}, now=now)
    return len(chunks)


def assemble(
    projects: Sequence[Project],
    checksum: str,
    chunks: Sequence[str],
    *,
    token: ApiToken,
    release: str = "",
    dist: str = "",
    is_named_inside: bool = False,
    now: datetime,
) -> Assembly:
    """Make the bundle of these chunks known to each of `projects`, or say which chunks are missing.

    Where it `is_named_inside`, only to that of `projects` which the bundle names, if it names one."""
    _demand_names(checksum, chunks)
    todo = [project for project in projects if not _is_known(project, checksum)]
    if not todo:
        return Assembly("ok")
    found = UploadChunk.objects.filter(owner_id=token.user_id, sha1__in=set(chunks)).values_list("sha1", "pk")
    known = dict(found)
    missing = tuple(dict.fromkeys(sha1 for sha1 in chunks if sha1 not in known))
    if missing or not chunks:
        return Assembly("not_found", missing)
    with tempfile.SpooledTemporaryFile(max_size=32 * 1024 * 1024) as file:
        if _joined(file, [known[sha1] for sha1 in chunks]) != checksum:
            return Assembly("error", detail="The SHA-1 of the bundle is not that of its chunks.")
        file.seek(0)
        try:
            bundle = artifact_bundle.read(file)
            if is_named_inside and bundle.project in {project.slug for project in projects}:
                todo = [project for project in todo if project.slug == bundle.project]
            for project in todo:
                _store(bundle, project, checksum, token=token, release=release, dist=dist, now=now)
        except BundleError as error:
            return Assembly("error", detail=str(error))
    return Assembly("ok")


def add_file(
    project: Project,
    content: bytes,
    *,
    name: str,
    release: str,
    dist: str = "",
    headers: Sequence[str] = (),
    token: ApiToken,
    now: datetime,
) -> Artifact:
    """A file uploaded by itself, under the address `name`; the same once more is the one that is there."""
    if len(content) > artifact_bundle.LARGEST_FILE:
        raise UploadError(f"A file has at most {artifact_bundle.LARGEST_FILE} bytes.")
    told = {name.strip().lower(): sent for name, _, sent in (header.partition(":") for header in headers)}
    source_map = (told.get("sourcemap") or told.get("x-sourcemap") or "").strip() or None
    name, dist = artifact_bundle.address(name), dist.replace("\0", "")
    entry = Entry(name, _kind(name), name, None, source_map, len(content))
    named = "\0".join((release, dist, name)).encode("utf-8", "replace")
    checksum = hashlib.sha1(named + b"\0" + content, usedforsecurity=False).hexdigest()
    with transaction.atomic():
        row, is_new = ArtifactBundle.objects.get_or_create(
            project=project,
            checksum=checksum,
            defaults={
                "state": ArtifactBundle.State.OK, "release": release[:200], "dist": dist[:64], "file_count": 1,
                "created_at": now,
            },
        )  # fmt: skip
        if not is_new:
            return row.artifacts.select_related("bundle").get()
        artifact = _artifact_of(row, entry, content)
        artifact.save(force_insert=True)
        audit.record(
            "upload.file", actor=token.user, project=project, obj=row,
            detail={"name": name[:200], "release": row.release}, now=now,
        )  # fmt: skip
    return artifact


def files_of(project: Project, release: str) -> list[Artifact]:
    """What was uploaded for the release, without its content, the last first."""
    found = Artifact.objects.filter(project=project, bundle__release=release).select_related("bundle")
    return list(found.defer("content").order_by("-pk")[:LISTED])


def releases_of(project: Project) -> list[tuple[str, int]]:
    """The releases that something was uploaded for, each with how many files, the last first."""
    bundles = ArtifactBundle.objects.filter(project=project).exclude(release="")
    counted = bundles.values("release").annotate(files=Sum("file_count"), last=Max("pk")).order_by("-last")
    return list(counted.values_list("release", "files")[:LISTED])


def remove(project: Project, *, release: str, file: int | None = None, actor: Any, now: datetime) -> int:
    """Remove what was uploaded for the release, or one file of it; return how many files."""
    with transaction.atomic():
        files = Artifact.objects.filter(project=project, bundle__release=release)
        if file is None:
            count = files.count()
            ArtifactBundle.objects.filter(project=project, release=release).delete()
        else:
            count = files.filter(pk=file).delete()[0]
            ArtifactBundle.objects.filter(project=project, release=release, artifacts__isnull=True).delete()
        if count:
            audit.record(
                "upload.remove", actor=actor, project=project, detail={"release": release, "files": count}, now=now
            )
    return count


def prune(*, now: datetime) -> tuple[int, int]:
    """Remove chunks older than a day and bundles older than OBS_RETENTION_DAYS; return how many of each."""
    chunks, _ = UploadChunk.objects.filter(created_at__lt=now - KEPT).delete()
    kept_since = now - timedelta(days=settings.OBS_RETENTION_DAYS)
    _, removed = ArtifactBundle.objects.filter(created_at__lt=kept_since).delete()
    return chunks, removed.get("events.ArtifactBundle", 0)


def source_map_name(content: bytes) -> str:
    """What a minified source says its map is called, in its last lines; "" for none and for one inside itself."""
    names = _MAP_COMMENT.findall(content[-_LAST_LINES:].decode("utf-8", "replace").rstrip())
    name = str(names[-1]) if names else ""
    return "" if name.startswith("data:") else name[:2000]


def inline_map(content: bytes) -> bytes:
    """The map that a minified source carries inside itself, b"" for none."""
    match = _INLINE.search(content.rstrip()) if b"sourceMappingURL=data:" in content else None
    try:
        return base64.b64decode(match.group(1)) if match else b""
    except ValueError:
        return b""


def _demand_names(checksum: str, chunks: Sequence[str]) -> None:
    if not _SHA1.match(checksum) or not all(_SHA1.match(sha1) for sha1 in chunks):
        raise UploadError("A checksum is a SHA-1 of 40 hex digits.")
    if len(chunks) * CHUNK_BYTES > BUNDLE_BYTES:
        raise UploadError(f"A bundle has at most {BUNDLE_BYTES} bytes.")


def _is_known(project: Project, checksum: str) -> bool:
    return ArtifactBundle.objects.filter(project=project, checksum=checksum, state=ArtifactBundle.State.OK).exists()


def _joined(file: IO[bytes], ids: Sequence[int]) -> str:
    """Write the chunks one after the other; return the SHA-1 of the whole."""
    digest = hashlib.sha1(usedforsecurity=False)
    for pk in ids:
        content = bytes(UploadChunk.objects.values_list("content", flat=True).get(pk=pk))
        digest.update(content)
        file.write(content)
    return digest.hexdigest()


def _store(
    bundle: Bundle, project: Project, checksum: str, *, token: ApiToken, release: str, dist: str, now: datetime
) -> None:
    """Write the bundle and its files, once however many requests ask for it."""
    with transaction.atomic():
        row, is_new = ArtifactBundle.objects.get_or_create(
            project=project,
            checksum=checksum,
            defaults={
                "state": ArtifactBundle.State.OK,
                "release": (release or bundle.release)[:200],
                "dist": (dist or bundle.dist)[:64],
                "created_at": now,
            },
        )
        if not is_new:
            return
        for artifact in _artifacts(bundle, row):
            artifact.save(force_insert=True)  # one at a time: a file may have 32 MB
            row.file_count += 1
        row.save(update_fields=["file_count"])
        audit.record(
            "upload.bundle", actor=token.user, project=project, obj=row,
            detail={"files": row.file_count, "release": row.release}, now=now,
        )  # fmt: skip


def _artifacts(bundle: Bundle, row: ArtifactBundle) -> Iterator[Artifact]:
    """The files that stack traces are read with: maps, and of minified sources only what they are called."""
    for entry in bundle.entries:
        content = bundle.content(entry)
        if b"\0" in content:
            continue
        inside = inline_map(content) if entry.type == "minified_source" else b""
        artifact = _artifact_of(row, entry, content)
        if inside and not artifact.source_map_url:
            # An address that no file has, since those of files have no fragment.
            named = f"{artifact.url[:1900]}#map"
            artifact.source_map_url = named
            own = _artifact(row, entry, Artifact.Kind.SOURCE_MAP, content=payloads.pack_bytes(inside))
            own.url, own.size = named, len(inside)
            yield own
        yield artifact


def _artifact_of(row: ArtifactBundle, entry: Entry, content: bytes) -> Artifact:
    if entry.type == "source_map":
        return _artifact(row, entry, Artifact.Kind.SOURCE_MAP, content=payloads.pack_bytes(content))
    if entry.type == "minified_source":
        named = entry.source_map or ""
        name = "" if named.startswith("data:") else named or source_map_name(content)
        return _artifact(row, entry, Artifact.Kind.MINIFIED, source_map_url=_beside(entry.url, name) if name else "")
    return _artifact(row, entry, Artifact.Kind.SOURCE)


def _kind(name: str) -> str:
    """What a file is by its address; nothing but its name is kept of what is neither."""
    if name.partition("?")[0].partition("#")[0].lower().endswith(".map"):
        return "source_map"
    return "minified_source" if artifact_bundle.is_script(name) else "source"


def _beside(url: str, name: str) -> str:
    """The address of `name` as the file at `url` means it; "" for what is none. Who names no scheme means today's."""
    try:
        return urljoin(url, f"https:{name}" if name.startswith("//") else name)
    except ValueError:
        return ""


def _artifact(
    row: ArtifactBundle, entry: Entry, kind: str, *, content: bytes = b"", source_map_url: str = ""
) -> Artifact:
    return Artifact(
        bundle=row,
        project_id=row.project_id,
        kind=kind,
        debug_id=entry.debug_id,
        url=artifact_bundle.address(entry.url),
        source_map_url=artifact_bundle.address(source_map_url),
        size=entry.size,
        content=content,
    )
