"""What was counted from the facts, and may be counted from them again."""

from django.db import models

from events.models import Project


class Series(models.Model):
    """One combination of a rollup's dimension values; cells name it by its id."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    rollup = models.CharField(max_length=20)
    digest = models.UUIDField(help_text="Of the values.")
    labels = models.JSONField(help_text="The values, in the order of the rollup's dimensions.")

    class Meta:
        verbose_name_plural = "series"
        constraints = [models.UniqueConstraint(fields=["project", "rollup", "digest"], name="series_once")]


class Bucket(models.Model):
    """What was counted in one minute, hour or day: every series with its count, sum and histogram (cells.py)."""

    pk = models.CompositePrimaryKey("project_id", "rollup", "step", "at")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    rollup = models.CharField(max_length=20)
    step = models.PositiveSmallIntegerField(help_text="Its length in minutes: 1, 60 or 1440.")
    at = models.DateTimeField()
    cells = models.BinaryField()

    class Meta:
        indexes = [
            # Used by rollups.forget.
            models.Index(fields=["step", "at"], name="bucket_age"),
        ]


class FillState(models.Model):
    """Which definition of a rollup a project's cells were filled by, and when they last changed."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    rollup = models.CharField(max_length=20)
    version = models.CharField(max_length=16)
    filled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "rollup"], name="fill_state_once")]
