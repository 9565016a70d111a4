"""Projects, who may see them, and the keys and tokens that reach them."""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone


def new_public_key() -> str:
    return secrets.token_hex(16)


def new_pepper() -> bytes:
    return secrets.token_bytes(32)


def validate_small_groups(least: int) -> None:
    """Raises ValidationError; below three, what is not said would say it."""
    if least and not 3 <= least <= 1000:
        raise ValidationError("A group is small below 3 to 1,000 people; 0 tells of every group.")


class Level(models.TextChoices):
    """How much is kept of what may hold anything: `contract.Level` of the decoders."""

    OFF = "off", "not kept"
    NAMES = "names", "names only"
    SCRUBBED = "scrubbed", "scrubbed"


def level(default: Level, help_text: str) -> models.CharField:
    """A switch of three; the database knows the default too, for processes of before that write a project."""
    return models.CharField(
        max_length=8, choices=Level.choices, default=default, db_default=default.value, help_text=help_text
    )


class Analytics(models.TextChoices):
    """How visitors are told apart: `events.values.modes`."""

    OFF = "off", "not collected"
    ANONYMOUS = "anonymous", "anonymous"
    CONSENT = "consent", "by consent"
    IDENTIFIED = "identified", "identified"


class Project(models.Model):
    """One monitored application."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    platform = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    first_event_at = models.DateTimeField(null=True, blank=True)
    is_demo = models.BooleanField(default=False)
    pepper = models.BinaryField(default=new_pepper, editable=False, help_text="Key of this project's pseudonyms.")
    collects_user_data = models.BooleanField(
        default=False, help_text="Keep ids and names of users as sent; addresses of e-mail are scrubbed all the same."
    )
    collects_ip = models.BooleanField(default=False, help_text="Keep client addresses, cut to /24 and /48.")
    accepts_binary_attachments = models.BooleanField(
        default=False, help_text="Keep other binary files as sent. No scrubber reads them: what they hold is stored."
    )
    keeps_pictures = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Keep pictures, drawn anew without metadata. What they show is kept: names, messages, balances.",
    )
    keeps_machine_names = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Keep names of servers and ids of devices as sent. Off, equal names have equal pseudonyms.",
    )
    local_variables = level(
        Level.NAMES,
        "Of a frame's variables: not kept; their names; or values too, scrubbed, which tell why it failed and may show "
        "what people typed.",
    )
    request_bodies = level(
        Level.OFF,
        "Of bodies of requests and messages: not kept; their fields; or values too, scrubbed, which make a failure "
        "repeatable and are what people sent.",
    )
    query_strings = level(
        Level.OFF,
        "Of query strings beside utm_* and ref: not kept; their parameters; or values too, scrubbed, which tell the "
        "page's state and may tell what somebody searched for.",
    )
    analytics = models.CharField(
        max_length=10,
        choices=Analytics.choices,
        default=Analytics.ANONYMOUS,
        db_default=Analytics.ANONYMOUS.value,
        help_text="Page views and product events: not collected; of visitors that nobody knows again the next day; "
        "of those and, as pseudonyms, of the people who agreed; or of the people their sender names, as pseudonyms.",
    )
    small_groups = models.PositiveSmallIntegerField(
        default=10,
        db_default=10,
        validators=[validate_small_groups],
        help_text="Who may not see persons is not told of groups of fewer people in product analytics; 0: of all.",
    )
    uses_allow_list = models.BooleanField(default=False, help_text="Keep only the keys in allow_list; fails closed.")
    allow_list = models.JSONField(default=list, blank=True)
    allowed_origins = models.JSONField(default=list, blank=True, help_text="Hosts whose pages may send; empty: any.")
    disabled_categories = models.JSONField(default=list, blank=True, help_text="Sentry data categories to refuse.")
    rate_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Requests a minute of all its keys together; empty: no limit of its own."
    )
    kept_occurrences = models.PositiveIntegerField(null=True, blank=True, help_text="Full payloads per group.")
    retention_days = models.JSONField(default=dict, blank=True, help_text='Days per fact, {"errors": 90}.')
    browser = models.JSONField(default=dict, blank=True, help_text="Steering of the first-party browser script.")
    source_url = models.CharField(
        max_length=500, blank=True, default="", db_default="",
        help_text="Address of a line of source, with {path}, {line} and {ref}; empty: frames lead nowhere.",
    )  # fmt: skip
    source_root = models.CharField(
        max_length=200, blank=True, default="", db_default="",
        help_text="What file names of stack traces begin with and the repository's do not.",
    )  # fmt: skip
    # Set: hidden, and nothing is taken or judged; an owner may bring it back until it is erased.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    # Of an erased project its number is left, so that no other gets it, and what was taken away.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    erased = models.JSONField(default=dict, db_default={}, editable=False, help_text="Rows taken away, by table.")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class FormerSlug(models.Model):
    """A short form that a project had before: addresses with it lead on."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="former_slugs")
    slug = models.SlugField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.slug


class IngestKey(models.Model):
    """A public, write-only key: the user part of a DSN."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="keys")
    public_key = models.CharField(max_length=32, unique=True, default=new_public_key)
    label = models.CharField(max_length=60, default="default")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Set by rotation: the old key works until then.")
    rate_per_minute = models.PositiveIntegerField(null=True, blank=True)
    allowed_origins = models.JSONField(default=list, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.label}"


class Membership(models.Model):
    """What one person may do in one project; staff superusers need none."""

    class Role(models.TextChoices):
        VIEWER = "viewer"
        EDITOR = "editor"
        OWNER = "owner"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.VIEWER)
    gets_weekly_report = models.BooleanField(default=False, help_text="By e-mail, on Mondays.")
    # The Monday that the last report was sent on: claimed before it is sent, so that nobody gets two.
    weekly_report_on = models.DateField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.project_id}"


class ApiToken(models.Model):
    """A secret for the read API and sentry-cli; only its SHA-256 is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, help_text="Empty: all of the user's."
    )
    name = models.CharField(max_length=60)
    lookup = models.CharField(max_length=8, unique=True)
    digest = models.BinaryField(max_length=32)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.lookup}…)"


class Environment(models.Model):
    """An environment name seen in a project; fills the switch in the top bar."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="environments")
    name = models.CharField(max_length=64)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="environment_once")]

    def __str__(self) -> str:
        return self.name


class SiteName(models.Model):
    """What a tracker that knows no keys calls a site of a project: a domain, or a UUID."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="site_names")
    name = models.CharField(max_length=253, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
