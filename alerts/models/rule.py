"""Alert rules, where each of their alerts stands, and every change of standing with its evidence."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from alerts.models.channel import Channel
from alerts.models.objective import Objective
from events.models import Project


class Rule(models.Model):
    """What a project wants to be told of: a metric, how it is cut, how it is judged, and who is told."""

    class Severity(models.TextChoices):
        INFO = "info", "Info"
        WARNING = "warning", "Warning"
        ERROR = "error", "Error"
        CRITICAL = "critical", "Critical"

    class NoData(models.TextChoices):
        KEEP = "keep", "Changes nothing"
        OK = "ok", "Counts as health"
        ALERT = "alert", "Counts as a breach"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rules")
    objective = models.ForeignKey(
        Objective, null=True, blank=True, on_delete=models.CASCADE, related_name="rules",
        help_text="That it alerts for; it changes with it.",
    )  # fmt: skip
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    metric = models.CharField(max_length=60)
    where = models.JSONField(default=dict, blank=True, help_text="Dimension -> values wanted.")
    group_by = models.JSONField(default=list, blank=True, help_text="Dimensions; an alert for each of their values.")
    config = models.JSONField(default=dict, help_text="The kind's own fields.")
    for_minutes = models.PositiveIntegerField(default=0)
    keep_minutes = models.PositiveIntegerField(default=0)
    no_data = models.CharField(max_length=5, choices=NoData.choices, default=NoData.KEEP)
    every_minutes = models.PositiveSmallIntegerField(default=1)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.ERROR)
    labels = models.JSONField(default=dict, blank=True)
    runbook = models.URLField(max_length=500, blank=True)
    repeat_minutes = models.PositiveIntegerField(default=240, help_text="Told again while it fires; 0: never.")
    channels = models.ManyToManyField(Channel, blank=True, related_name="rules", help_text="None: all of the project.")
    is_enabled = models.BooleanField(default=True)
    next_eval_at = models.DateTimeField(default=timezone.now)
    last_eval_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="rule_name_once")]
        indexes = [models.Index(fields=["next_eval_at"], name="rule_due", condition=models.Q(is_enabled=True))]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """One group of a rule, and where it stands. `fingerprint` is the dedup key: of the rule and its group's labels."""

    class State(models.TextChoices):
        OK = "ok", "OK"
        PENDING = "pending", "Pending"
        FIRING = "firing", "Firing"
        RECOVERING = "recovering", "Recovering"

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="alerts", db_index=False)
    labels = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OK)
    since = models.DateTimeField(null=True)
    is_without_data = models.BooleanField(default=False)
    is_flapping = models.BooleanField(default=False)
    recent = models.CharField(max_length=32, blank=True, help_text="The last looks, 1 for on; the latest last.")
    value = models.FloatField(null=True)
    words = models.CharField(max_length=300, blank=True)
    fired_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-fired_at", "pk"]
        indexes = [models.Index(fields=["rule", "state"], name="alert_of_rule")]

    def __str__(self) -> str:
        return f"{self.rule}: {', '.join(self.labels.values())}" if self.labels else str(self.rule)


class AlertTransition(models.Model):
    """A change of standing. `evidence` is what was known at that moment, and is never computed again."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="transitions", db_index=False)
    before = models.CharField(max_length=10)
    after = models.CharField(max_length=10)
    at = models.DateTimeField()
    value = models.FloatField(null=True)
    words = models.CharField(max_length=300, blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["alert", "-at"], name="transition_of_alert")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class Silence(models.Model):
    """While it lasts nobody is told of alerts with these labels; that they fire is still written down."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="silences")
    matchers = models.JSONField(default=dict, help_text="Label -> value; `rule` is the rule's name. All must match.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-ends_at"]
        indexes = [models.Index(fields=["project", "ends_at"], name="silence_of_project")]

    def __str__(self) -> str:
        return self.reason
