"""Incidents: what went wrong as people look after it, the alerts it is made of, and what was done about it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from alerts.models.monitor import MonitorState
from alerts.models.rule import Alert
from events.models import Project


class Severity(models.TextChoices):
    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    ERROR = "error", "Error"
    CRITICAL = "critical", "Critical"


class IncidentPolicy(models.Model):
    """When a project's alerts open an incident; without a row the defaults hold."""

    class Opens(models.TextChoices):
        INFO = "info", "Every alert"
        WARNING = "warning", "Alerts from warning on"
        ERROR = "error", "Alerts from error on"
        CRITICAL = "critical", "Critical alerts"
        NEVER = "never", "No alert: people alone"

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="incident_policy")
    opens = models.CharField(max_length=8, choices=Opens.choices, default=Opens.ERROR)
    window_minutes = models.PositiveSmallIntegerField(
        default=60, help_text="An alert joins an incident whose last alert came within so many minutes."
    )
    ends_itself = models.BooleanField(default=True, help_text="It is resolved when the last of its alerts has ended.")

    def __str__(self) -> str:
        return f"of {self.project}"


class Incident(models.Model):
    """One thing that goes wrong. What alerts and people did is in other rows; `frozen` outlives these."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        REOPENED = "reopened", "Reopened"
        RESOLVED = "resolved", "Resolved"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="incidents", db_index=False)
    title = models.CharField(max_length=200)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.ERROR)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    environment = models.CharField(max_length=64, blank=True)
    labels = models.JSONField(default=dict, help_text="What its alerts have in common.")
    began_at = models.DateTimeField(help_text="When its first alert fired, or as a person said.")
    last_alert_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Empty: alerts opened it.",
    )  # fmt: skip
    commander = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    first_acknowledged_at = models.DateTimeField(null=True, help_text="What the time to acknowledge is counted by.")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Empty: its alerts ended.",
    )  # fmt: skip
    is_held = models.BooleanField(default=False, help_text="A person said that it stays open when its alerts end.")
    was_told = models.BooleanField(default=True, help_text="No silence lay over all of its alerts.")
    summary = models.TextField(blank=True, help_text="What people write for the post-mortem; scrubbed.")
    studied_at = models.DateTimeField(null=True, help_text="When suspects and correlated signals were looked for.")
    suspects = models.JSONField(default=list)
    moved = models.JSONField(default=list, help_text="What else moved at the same time.")
    frozen = models.JSONField(default=list, help_text="The timeline up to frozen_at, when its rows may go.")
    frozen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-began_at", "-pk"]
        indexes = [
            models.Index(fields=["project", "-began_at"], name="incident_of_project"),
            # Which an alert may join, and what the housekeeping looks at.
            models.Index(fields=["project"], name="incident_unresolved", condition=~models.Q(state="resolved")),
            models.Index(fields=["resolved_at"], name="incident_resolved", condition=models.Q(state="resolved")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def is_resolved(self) -> bool:
        return self.state == self.State.RESOLVED


class IncidentAlert(models.Model):
    """One alert in one incident, with a copy of what was known when it fired: the alert's own rows go with its rule."""

    class Source(models.TextChoices):
        RULE = "rule", "Rule"
        MONITOR = "monitor", "Monitor"
        PROBE = "probe", "Probe"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="alerts", db_index=False)
    source = models.CharField(max_length=8, choices=Source.choices)
    source_id = models.BigIntegerField()
    key = models.CharField(max_length=64, help_text="Which alert of the source: the same for ever.")
    alert = models.ForeignKey(Alert, null=True, on_delete=models.SET_NULL, related_name="incidents")
    monitor_state = models.ForeignKey(MonitorState, null=True, on_delete=models.SET_NULL, related_name="incidents")
    title = models.CharField(max_length=200)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    labels = models.JSONField(default=dict)
    words = models.CharField(max_length=300, blank=True)
    link = models.CharField(max_length=500, blank=True)
    evidence = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=1, help_text="How often it fired in this incident.")
    is_open = models.BooleanField(default=True, help_text="Its incident is not resolved.")

    class Meta:
        ordering = ["began_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "source", "key"], name="incident_alert_once"),
            models.UniqueConstraint(
                fields=["source", "key"], name="incident_alert_open_once", condition=models.Q(is_open=True)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class IncidentEvent(models.Model):
    """What a person did or said about an incident, or what the incident did by itself."""

    class Kind(models.TextChoices):
        OPENED = "opened", "Opened"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        RESOLVED = "resolved", "Resolved"
        REOPENED = "reopened", "Reopened"
        CHANGED = "changed", "Changed"
        COMMENT = "comment", "Comment"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField(blank=True, help_text="Scrubbed.")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["incident", "at"], name="event_of_incident")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"
