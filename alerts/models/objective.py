"""Service level objectives: which share of events is to be good over a window of days."""

from django.db import models
from django.utils import timezone

from alerts.models.channel import Channel
from events.models import Project


class Objective(models.Model):
    """What a project promises. Its alerts are rules that belong to it, one for each pair of windows."""

    class Indicator(models.TextChoices):
        AVAILABILITY = "availability", "Requests without a 5xx"
        LATENCY = "latency", "Requests in time"
        LCP = "lcp", "Visits that showed in time"
        CRASH_FREE = "crash_free", "Sessions without a crash"
        UPTIME = "uptime", "Check-ins that were well"
        PROBE = "probe", "Looks of probes that were well"

    class Days(models.IntegerChoices):
        WEEK = 7, "7 days"
        FOUR_WEEKS = 28, "28 days"
        MONTH = 30, "30 days"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="objectives")
    name = models.CharField(max_length=60)
    indicator = models.CharField(max_length=12, choices=Indicator.choices)
    threshold_ms = models.FloatField(null=True, blank=True, help_text="Of latency and LCP.")
    where = models.JSONField(default=dict, blank=True, help_text="Dimension -> values wanted.")
    target = models.FloatField(help_text="Good events in percent.")
    days = models.PositiveSmallIntegerField(choices=Days.choices, default=Days.MONTH)
    min_total = models.PositiveIntegerField(default=100, help_text="Fewer events in a long window say nothing.")
    min_bad = models.PositiveIntegerField(default=10, help_text="Fewer bad events in a long window never alert.")
    channels = models.ManyToManyField(
        Channel, blank=True, related_name="objectives", help_text="None: all of the project."
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="objective_name_once")]

    def __str__(self) -> str:
        return self.name
