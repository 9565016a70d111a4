"""The values that questions may group by, so many and no more."""

from django.db import models
from django.db.models.functions import Now

from events.models.project import Project


class Dimension(models.Model):
    """A column of a fact, or an attribute of a metric (`<metric>:<attribute>`), with what did not fit any more."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="dimensions")
    name = models.CharField(max_length=200)
    folded_count = models.BigIntegerField(default=0, help_text="Rows whose value became (other).")
    folded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="dimension_once")]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.name}"


class DimensionValue(models.Model):
    """A value that is kept as it is, as long as it is sent now and then."""

    dimension = models.ForeignKey(Dimension, on_delete=models.CASCADE, related_name="values")
    value = models.CharField(max_length=200)
    seen_on = models.DateField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dimension", "value"], name="dimension_value_once")]

    def __str__(self) -> str:
        return self.value
