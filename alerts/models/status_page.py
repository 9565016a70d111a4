"""Public status pages: what is shown, how each day went, what people published, and who is told by mail."""

import secrets

from django.db import models
from django.utils import timezone

from alerts.models.incident import Incident
from events.models import Project
from events.models.secrets import EncryptedTextField


def new_public_id() -> str:
    """Twelve letters and digits, which stay the same for ever: feeds and readers know a thing by them."""
    return secrets.token_hex(6)


class StatusPage(models.Model):
    """One project's page for its customers; nobody sees it before it is published."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="status_page")
    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    zone = models.CharField(max_length=64, default="UTC", help_text="The time zone in which its days begin.")
    is_published = models.BooleanField(default=False)
    is_indexed = models.BooleanField(default=False, help_text="Search engines may list it.")
    takes_subscribers = models.BooleanField(default=False, help_text="Visitors may ask for mails.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.title


class StatusComponent(models.Model):
    """One part of the product as customers know it, and what of ours says how it is."""

    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="components")
    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    sources = models.JSONField(default=list, help_text='[["monitor", 3], …]: what of ours it stands for.')
    since = models.DateTimeField(default=timezone.now, help_text="Before it nothing is known.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["page", "name"], name="status_component_once")]

    def __str__(self) -> str:
        return self.name


class StatusDay(models.Model):
    """How one day of one component went, in seconds of each state; known is what there was data of."""

    component = models.ForeignKey(StatusComponent, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField(help_text="In the page's zone.")
    known = models.PositiveIntegerField(default=0)
    degraded = models.PositiveIntegerField(default=0)
    partial = models.PositiveIntegerField(default=0)
    major = models.PositiveIntegerField(default=0)
    maintenance = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["component", "day"], name="status_day_once")]


class StatusNotice(models.Model):
    """An incident or a maintenance, published by a person in their own words."""

    class Kind(models.TextChoices):
        INCIDENT = "incident", "Incident"
        MAINTENANCE = "maintenance", "Maintenance"

    class Impact(models.TextChoices):
        NONE = "none", "None"
        MINOR = "minor", "Minor"
        MAJOR = "major", "Major"
        CRITICAL = "critical", "Critical"
        MAINTENANCE = "maintenance", "Maintenance"

    class Status(models.TextChoices):
        INVESTIGATING = "investigating", "Investigating"
        IDENTIFIED = "identified", "Identified"
        MONITORING = "monitoring", "Monitoring"
        RESOLVED = "resolved", "Resolved"
        SCHEDULED = "scheduled", "Scheduled"
        IN_PROGRESS = "in_progress", "In progress"
        VERIFYING = "verifying", "Verifying"
        COMPLETED = "completed", "Completed"

    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="notices", db_index=False)
    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(max_length=11, choices=Kind.choices, default=Kind.INCIDENT)
    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices")
    title = models.CharField(max_length=200)
    impact = models.CharField(max_length=11, choices=Impact.choices, default=Impact.MINOR)
    status = models.CharField(max_length=13, choices=Status.choices)
    components = models.JSONField(default=dict, help_text="Component's public id -> its status while this lasts.")
    started_at = models.DateTimeField()
    monitoring_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    scheduled_for = models.DateTimeField(null=True, blank=True)
    scheduled_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["page", "-started_at"], name="status_notice_of_page"),
            # What the clock moves on.
            models.Index(
                fields=["scheduled_for"], name="status_notice_open",
                condition=models.Q(kind="maintenance", ended_at__isnull=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title


class StatusUpdate(models.Model):
    """One message of a notice."""

    notice = models.ForeignKey(StatusNotice, on_delete=models.CASCADE, related_name="updates")
    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    status = models.CharField(max_length=13, choices=StatusNotice.Status.choices)
    body = models.TextField(blank=True)
    at = models.DateTimeField()
    affected = models.JSONField(default=list, help_text="Components as this update found and left them.")

    class Meta:
        ordering = ["-at", "-pk"]


class StatusSubscriber(models.Model):
    """Somebody who wants mails: a personal datum, encrypted; `digest` finds an address without reading any."""

    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="subscribers")
    address = EncryptedTextField(editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text="HMAC of the address under the project's key.")
    confirmed_at = models.DateTimeField(null=True, blank=True, help_text="Empty: the mail was not answered yet.")
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    token_expires_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "digest"], name="status_subscriber_once")]
        indexes = [
            models.Index(
                fields=["token_expires_at"], name="status_subscriber_unconfirmed",
                condition=models.Q(confirmed_at__isnull=True),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"subscriber {self.pk}"


class StatusMail(models.Model):
    """One mail to one subscriber: the outbox. Without an update it asks for a confirmation, with `secret` its token."""

    class Status(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        DEAD = "dead", "Given up"

    subscriber = models.ForeignKey(StatusSubscriber, on_delete=models.CASCADE, related_name="mails")
    update = models.ForeignKey(StatusUpdate, null=True, on_delete=models.CASCADE, related_name="mails", db_index=False)
    secret = EncryptedTextField(null=True, editable=False)
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["update", "subscriber"], name="status_mail_once", condition=models.Q(update__isnull=False)
            )
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="status_mail_due", condition=models.Q(status="pending"))
        ]
