"""Goals: named measures of events with a target."""

from django.db import models
from django.utils import timezone

from events.models import Project


class Goal(models.Model):
    """A number of events that shall reach, or not pass, a target in each day, week or month."""

    class Measure(models.TextChoices):
        TOTAL = "total", "events"
        PEOPLE = "people", "people"
        SUM = "sum", "sum of a property"
        AVG = "avg", "mean of a property"

    class Per(models.TextChoices):
        DAY = "day", "day"
        WEEK = "week", "week"
        MONTH = "month", "month"

    class Direction(models.TextChoices):
        AT_LEAST = "at_least", "at least"
        AT_MOST = "at_most", "at most"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="goals")
    name = models.CharField(max_length=80)
    event = models.CharField(max_length=200, help_text="An event, a path as /pricing, or * for any.")
    measure = models.CharField(max_length=6, choices=Measure.choices, default=Measure.TOTAL)
    of = models.CharField(max_length=120, blank=True, help_text="The property whose numbers are meant.")
    only = models.CharField(max_length=500, blank=True, help_text="country=DE|FR, properties.plan=team")
    target = models.FloatField()
    per = models.CharField(max_length=5, choices=Per.choices, default=Per.WEEK)
    direction = models.CharField(max_length=8, choices=Direction.choices, default=Direction.AT_LEAST)
    zone = models.CharField(max_length=40, default="UTC", help_text="The time zone of its days.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="goal_name_once")]

    def __str__(self) -> str:
        return self.name
