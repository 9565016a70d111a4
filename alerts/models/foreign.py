"""Alerts that others send us: who may, and what they sent."""

from django.db import models
from django.utils import timezone

from alerts.models.monitor import Monitor
from events.models import Project


class ForeignSource(models.Model):
    """An Alertmanager or a Grafana that sends its alerts to a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="foreign_sources")
    name = models.CharField(max_length=60)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False, help_text="The last letters of its token.")
    watchdog = models.ForeignKey(
        Monitor, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="What its alert that always fires reports to.",
    )  # fmt: skip
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(null=True, help_text="When it sent something last.")
    last_problem = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="foreign_source_name_once")]

    def __str__(self) -> str:
        return self.name


class ForeignAlert(models.Model):
    """An alert of others, as they said last; scrubbed and cut before it is stored."""

    source = models.ForeignKey(ForeignSource, on_delete=models.CASCADE, related_name="alerts", db_index=False)
    fingerprint = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    severity = models.CharField(max_length=8, default="error")
    labels = models.JSONField(default=dict)
    annotations = models.JSONField(default=dict)
    values = models.JSONField(default=dict, help_text="Of Grafana.")
    link = models.URLField(max_length=1000, blank=True)
    is_on = models.BooleanField(default=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-starts_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["source", "fingerprint"], name="foreign_alert_once")]

    def __str__(self) -> str:
        return self.name
