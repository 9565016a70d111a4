"""Actions: names for events with conditions."""

from django.db import models
from django.utils import timezone

from events.models import Project


class Action(models.Model):
    """A name for whatever fulfils one of its matches; questions take it as `action:<name>`."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="actions")
    name = models.CharField(max_length=60)
    matches = models.JSONField(default=list, help_text="[{event, page, text, selector, only}]: one of them holds.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="action_name_once")]

    def __str__(self) -> str:
        return self.name
