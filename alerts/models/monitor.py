"""Jobs that report by themselves: what is expected of them, where they stand, their runs, and each change."""

import secrets
import uuid

from django.db import models
from django.utils import timezone

from alerts.models.channel import Channel
from events.models import Project


def new_ping_key() -> str:
    return secrets.token_urlsafe(16).replace("_", "-")


class PingKey(models.Model):
    """What lets a project's jobs report by the name of their monitor: `/ping/<key>/<slug>`. A secret."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="ping_key")
    key = models.CharField(max_length=40, unique=True, default=new_ping_key)

    def __str__(self) -> str:
        return f"of {self.project}"


class Monitor(models.Model):
    """One scheduled job: when it is expected, how late it may be, and how long it may take."""

    class Kind(models.TextChoices):
        CRON = "cron", "Cron line"
        INTERVAL = "interval", "Interval"
        SIMPLE = "simple", "Seconds since the last"

    class Source(models.TextChoices):
        SDK = "sdk", "An SDK"
        PING = "ping", "A ping"
        PAGE = "page", "A person"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="monitors", db_index=False)
    slug = models.SlugField(max_length=50, db_index=False)
    name = models.CharField(max_length=128)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    schedule = models.CharField(max_length=200, help_text="A cron line, “2 hour”, or a number of seconds.")
    zone = models.CharField(max_length=64, default="UTC", help_text="The time zone that cron lines are read in.")
    margin_seconds = models.PositiveIntegerField(default=60, help_text="How late it may be.")
    max_runtime_seconds = models.PositiveIntegerField(default=1800, help_text="How long a run may take.")
    failure_threshold = models.PositiveSmallIntegerField(default=1, help_text="Failures in a row until it is down.")
    recovery_threshold = models.PositiveSmallIntegerField(default=1, help_text="Good runs in a row until it is up.")
    source = models.CharField(max_length=4, choices=Source.choices)
    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False, help_text="Of `/ping/<token>`; secret.")
    channels = models.ManyToManyField(Channel, blank=True, related_name="monitors", help_text="None: all.")
    is_muted = models.BooleanField(default=False, help_text="It is watched, and nobody is told.")
    is_enabled = models.BooleanField(default=True, help_text="Off: it is paused.")
    problem = models.CharField(max_length=200, blank=True, help_text="Why its schedule cannot be read.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["project", "slug"], name="monitor_slug_once")]

    def __str__(self) -> str:
        return self.name


class MonitorState(models.Model):
    """Where a monitor stands in one environment; its first report makes it."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        UP = "up", "Up"
        LATE = "late", "Late"
        DOWN = "down", "Down"
        PAUSED = "paused", "Paused"

    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="states", db_index=False)
    environment = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.NEW)
    since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="The next report is expected at.")
    alert_after = models.DateTimeField(null=True, help_text="The next moment at which silence changes something.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    successes = models.PositiveIntegerField(default=0, help_text="In a row.")
    last_at = models.DateTimeField(null=True, help_text="The last report.")
    last_ok_at = models.DateTimeField(null=True)
    down_at = models.DateTimeField(null=True, help_text="Since when it is, or was last, down.")
    words = models.CharField(max_length=300, blank=True, help_text="Why it is down.")

    class Meta:
        ordering = ["environment"]
        constraints = [models.UniqueConstraint(fields=["monitor", "environment"], name="monitor_state_once")]
        indexes = [
            # The queue of the watch.
            models.Index(fields=["alert_after"], name="monitor_due", condition=models.Q(alert_after__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.monitor} in {self.environment}" if self.environment else str(self.monitor)


class MonitorRun(models.Model):
    """One run of a job, or a slot in which none came; the latest are kept."""

    class Status(models.TextChoices):
        IN_PROGRESS = "in_progress", "Running"
        OK = "ok", "Well"
        ERROR = "error", "Failed"
        MISSED = "missed", "Missed"
        TIMEOUT = "timeout", "Took too long"
        UNKNOWN = "unknown", "Unknown: this server was away"
        LOG = "log", "Note"

    state = models.ForeignKey(MonitorState, on_delete=models.CASCADE, related_name="runs", db_index=False)
    run_id = models.UUIDField(null=True, db_index=True, help_text="The sender's; empty: it named none.")
    status = models.CharField(max_length=11, choices=Status.choices)
    at = models.DateTimeField(help_text="When it began, as far as that is known; of a missed one, its slot.")
    ended_at = models.DateTimeField(null=True)
    timeout_at = models.DateTimeField(null=True, help_text="When a run that goes on takes too long.")
    duration_ms = models.FloatField(null=True)
    exit_code = models.PositiveSmallIntegerField(null=True)
    release = models.CharField(max_length=200, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    body = models.TextField(blank=True, help_text="What was sent along, scrubbed, at most 10,000 bytes.")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state", "run_id"], name="monitor_run_once", condition=models.Q(run_id__isnull=False)
            )
        ]
        indexes = [
            models.Index(fields=["state", "-at"], name="run_of_monitor"),
            models.Index(fields=["state", "timeout_at"], name="run_open", condition=models.Q(status="in_progress")),
            models.Index(fields=["at"], name="run_at"),
        ]

    def __str__(self) -> str:
        return f"{self.status} at {self.at:%Y-%m-%d %H:%M:%S}"


class MonitorTransition(models.Model):
    """A change of where a monitor stands; `at` is the moment itself, not that of the tick that noticed."""

    state = models.ForeignKey(MonitorState, on_delete=models.CASCADE, related_name="transitions", db_index=False)
    before = models.CharField(max_length=6)
    after = models.CharField(max_length=6)
    at = models.DateTimeField()
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["state", "-at"], name="transition_of_monitor")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class CheckIn(models.Model):
    """A check-in as the digest read it, until the watch has taken it: written in the digest's transaction."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    monitor = models.CharField(max_length=200, help_text="As the sender names it.")
    run_id = models.UUIDField(null=True, help_text="Empty: the latest open one.")
    status = models.CharField(max_length=11)
    at = models.DateTimeField()
    environment = models.CharField(max_length=64)
    duration_ms = models.FloatField(null=True)
    release = models.CharField(max_length=200, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    config = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.monitor}: {self.status}"


class Watch(models.Model):
    """When the watch looked last, and its last absence, during which reports may have been lost; one row."""

    looked_at = models.DateTimeField()
    away_from = models.DateTimeField(null=True)
    away_to = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"looked at {self.looked_at:%Y-%m-%d %H:%M:%S}"
