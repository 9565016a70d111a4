"""Addresses that this server looks at by itself: what is looked at, where it stands, its looks and stretches."""

from django.db import models
from django.utils import timezone

from alerts.models.channel import Channel
from events.models import Project
from events.models.secrets import EncryptedTextField


class Probe(models.Model):
    """One address that is looked at again and again, and what a good answer is."""

    class Kind(models.TextChoices):
        HTTP = "http", "HTTP"
        TCP = "tcp", "TCP"
        TLS = "tls", "TLS"
        DNS = "dns", "DNS"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="probes", db_index=False)
    slug = models.SlugField(max_length=50, db_index=False)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    target = models.CharField(max_length=500, help_text="A URL, host:port, or a name.")
    config = models.JSONField(default=dict, help_text="What a good answer is: see alerts.probes.checks.")
    secrets = EncryptedTextField(editable=False, blank=True, default="", help_text="JSON: headers and body.")
    header_names = models.JSONField(default=list, editable=False, help_text="Of the headers, whose values are secret.")
    interval_seconds = models.PositiveIntegerField(default=60)
    timeout_seconds = models.PositiveSmallIntegerField(default=10)
    failure_threshold = models.PositiveSmallIntegerField(default=3, help_text="Failures in a row until it is down.")
    recovery_threshold = models.PositiveSmallIntegerField(default=2, help_text="Good looks in a row until it is up.")
    channels = models.ManyToManyField(Channel, blank=True, related_name="probes", help_text="None: all.")
    is_muted = models.BooleanField(default=False, help_text="It is looked at, and nobody is told.")
    is_enabled = models.BooleanField(default=True, help_text="Off: it is paused.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["project", "slug"], name="probe_slug_once")]

    def __str__(self) -> str:
        return self.name


class ProbeState(models.Model):
    """Where a probe stands. The stretch of time that goes on lasts from `span_at` to `last_at`."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        UP = "up", "Up"
        DOWN = "down", "Down"
        PAUSED = "paused", "Paused"

    probe = models.OneToOneField(Probe, on_delete=models.CASCADE, related_name="state")
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.NEW)
    since = models.DateTimeField(null=True)
    span_at = models.DateTimeField(null=True, help_text="Since when it is looked at without a gap.")
    last_at = models.DateTimeField(null=True, help_text="The last look that says something.")
    last_ok_at = models.DateTimeField(null=True)
    turning_at = models.DateTimeField(null=True, help_text="The first of the looks that say otherwise.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    successes = models.PositiveIntegerField(default=0, help_text="In a row.")
    down_at = models.DateTimeField(null=True, help_text="When it went down last.")
    words = models.CharField(max_length=300, blank=True, help_text="What the last look found wrong.")
    next_at = models.DateTimeField(null=True, help_text="Due at; while it is looked at, when that look is given up.")
    claim = models.UUIDField(null=True, help_text="Of the look that goes on.")
    certificate_ends_at = models.DateTimeField(null=True)
    certificate_told = models.PositiveSmallIntegerField(null=True, help_text="The last number of days told of.")

    class Meta:
        indexes = [
            # The queue of looks.
            models.Index(fields=["next_at"], name="probe_due", condition=models.Q(next_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.probe}: {self.status}"


class ProbeLook(models.Model):
    """One look; the latest are kept. Lengths of time in milliseconds, empty where it did not come so far."""

    class Status(models.TextChoices):
        UP = "up", "Well"
        DOWN = "down", "Failed"
        UNKNOWN = "unknown", "Unknown: this server reached nothing"

    probe = models.ForeignKey(Probe, on_delete=models.CASCADE, related_name="looks", db_index=False)
    status = models.CharField(max_length=7, choices=Status.choices)
    at = models.DateTimeField(help_text="When it began.")
    is_retry = models.BooleanField(default=False, help_text="A second try, between two looks of the interval.")
    words = models.CharField(max_length=300, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    redirects = models.PositiveSmallIntegerField(default=0)
    dns_ms = models.FloatField(null=True)
    connect_ms = models.FloatField(null=True)
    tls_ms = models.FloatField(null=True)
    first_byte_ms = models.FloatField(null=True)
    total_ms = models.FloatField(null=True)
    is_counted = models.BooleanField(default=False, help_text="It stands among the facts.")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["probe", "-at"], name="look_of_probe"),
            models.Index(fields=["id"], name="look_uncounted", condition=models.Q(is_counted=False)),
        ]

    def __str__(self) -> str:
        return f"{self.status} at {self.at:%Y-%m-%d %H:%M:%S}"


class ProbeSpan(models.Model):
    """A stretch of time, over by now, in which a probe was up or down; what lies between two was not looked at."""

    probe = models.ForeignKey(Probe, on_delete=models.CASCADE, related_name="spans", db_index=False)
    status = models.CharField(max_length=6)
    start = models.DateTimeField()
    end = models.DateTimeField()
    words = models.CharField(max_length=300, blank=True, help_text="Of one that was down: what was wrong at its start.")

    class Meta:
        ordering = ["-start", "-pk"]
        indexes = [models.Index(fields=["probe", "-end"], name="span_of_probe")]

    def __str__(self) -> str:
        return f"{self.status} from {self.start:%Y-%m-%d %H:%M:%S}"
