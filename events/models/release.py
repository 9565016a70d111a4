"""Releases, what is in them, where they run, and the artifacts that explain their stack traces."""

import secrets

from django.db import models
from django.utils import timezone

from events.models.project import Project
from events.models.secrets import EncryptedTextField


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
    """A version on its way into an environment, or arrived: then it has a `finished_at`."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        IN_PROGRESS = "in_progress", "Under way"
        SUCCESS = "success", "Arrived"
        FAILURE = "failure", "Failed"
        CANCELED = "canceled", "Canceled"
        SUPERSEDED = "superseded", "Replaced"

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="deploys")
    environment = models.CharField(max_length=64)
    name = models.CharField(max_length=64, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, default=timezone.now, help_text="When it arrived.")
    state = models.CharField(max_length=11, choices=State.choices, default=State.SUCCESS, db_default="success")
    external = models.CharField(
        max_length=140,
        blank=True,
        db_default="",
        default="",
        help_text="What its source calls it, as github:42; a repetition has the same.",
    )
    changed_at = models.DateTimeField(null=True, blank=True, help_text="The source's moment of its state.")

    class Meta:
        ordering = [models.F("finished_at").desc(nulls_first=True), "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "environment", "external"], name="deploy_once", condition=~models.Q(external="")
            )
        ]


def new_hook_token() -> str:
    return secrets.token_urlsafe(24)


class DeployHook(models.Model):
    """An address of one project that a source of deploys calls. Its token is a secret, and so is what signs."""

    class Source(models.TextChoices):
        GITHUB = "github", "GitHub"
        GITLAB = "gitlab", "GitLab"
        NETLIFY = "netlify", "Netlify"
        VERCEL = "vercel", "Vercel"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deploy_hooks")
    source = models.CharField(max_length=8, choices=Source.choices)
    token = models.CharField(max_length=40, unique=True, default=new_hook_token, editable=False)
    secret = EncryptedTextField(editable=False)
    repository = models.CharField(max_length=200, blank=True, help_text="The only one that is listened to; empty: all.")
    version = models.CharField(max_length=120, default="{sha}", help_text="How the release is named.")
    created_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(null=True, blank=True)
    last_words = models.CharField(max_length=200, blank=True, help_text="What became of the last call.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.repository}".strip()


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
