"""Releases, what is in them, where they run, and the artifacts that explain their stack traces."""

from django.db import models
from django.utils import timezone

from events.models.project import Project


class Release(models.Model):
    """A version of a project. Without semantic versions, order is the order of creation (`id`)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="releases")
    version = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    ref = models.CharField(max_length=250, blank=True)
    first_event_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    new_issue_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="release_once")]

    def __str__(self) -> str:
        return self.version


class Commit(models.Model):
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="commits")
    position = models.PositiveIntegerField()
    sha = models.CharField(max_length=64)
    repository = models.CharField(max_length=200, blank=True)
    author = models.CharField(max_length=128, blank=True, help_text="Name only; addresses are not kept.")
    message = models.TextField(blank=True)
    committed_at = models.DateTimeField(null=True)
    paths = models.JSONField(default=list, help_text='[["M", "src/app.py"], …]')

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["release", "sha"], name="commit_once")]


class Deploy(models.Model):
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="deploys")
    environment = models.CharField(max_length=64)
    name = models.CharField(max_length=64, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-finished_at"]


class UploadChunk(models.Model):
    """A piece of an upload, named by the SHA-1 of its content; removed after a day, which also bounds a person."""

    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE)
    owner_id = models.BigIntegerField(help_text="The user whose token sent it; chunks are never shared between users.")
    sha1 = models.CharField(max_length=40)
    content = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner_id", "sha1"], name="upload_chunk_once")]


class ArtifactBundle(models.Model):
    """An assembled upload of source maps and minified sources."""

    class State(models.TextChoices):
        CREATED = "created"
        OK = "ok"
        ERROR = "error"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="artifact_bundles")
    checksum = models.CharField(max_length=40)
    release = models.CharField(max_length=200, blank=True)
    dist = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=State.choices)
    detail = models.TextField(blank=True)
    file_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "checksum"], name="artifact_bundle_once")]


class Artifact(models.Model):
    """One file of a bundle, found by (project, debug id, kind) or (project, release, url)."""

    class Kind(models.TextChoices):
        SOURCE_MAP = "source_map"
        MINIFIED = "minified"
        SOURCE = "source"

    bundle = models.ForeignKey(ArtifactBundle, on_delete=models.CASCADE, related_name="artifacts")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    debug_id = models.UUIDField(null=True)
    url = models.CharField(max_length=2000, blank=True)
    source_map_url = models.CharField(max_length=2000, blank=True)
    size = models.PositiveIntegerField()
    content = models.BinaryField(help_text="zstd")

    class Meta:
        indexes = [models.Index(fields=["project", "debug_id", "kind"], name="artifact_by_debug_id")]
