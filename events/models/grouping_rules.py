"""What a project's people say of grouping."""

from django.conf import settings
from django.db import models

from events.models.project import Project


class GroupingRules(models.Model):
    """One version of a project's rules; the newest is in force, those before it say where its errors were."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    version = models.PositiveIntegerField()
    fingerprints = models.TextField(blank=True)
    stacks = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="grouping_rules_version_once")]
