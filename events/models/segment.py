"""The catalogue of Parquet segments. A segment exists when its row is committed."""

from django.db import models
from django.utils import timezone

from events.models.project import Project


class Segment(models.Model):
    """One Parquet file of one (fact, project, day)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    fact = models.CharField(max_length=20)
    day = models.DateField()
    min_at = models.DateTimeField()
    max_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    bytes = models.BigIntegerField()
    path = models.CharField(max_length=255, help_text="Relative to OBS_SEGMENT_ROOT.")
    level = models.PositiveSmallIntegerField(default=0, help_text="How often its rows were compacted.")
    created_at = models.DateTimeField(default=timezone.now)
    is_settled = models.BooleanField(
        default=False, db_default=False, help_text="Nothing is to merge until another segment of its day comes."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["path"], name="segment_path_once")]
        indexes = [
            # Used by segments.paths: the files of one question, answered from the index alone.
            models.Index(fields=["project", "fact", "day"], include=["min_at", "max_at", "path"], name="segment_files"),
            # Used by compaction.due: what is new, however large the catalogue is.
            models.Index(fields=["project", "fact", "day"], condition=models.Q(is_settled=False), name="segment_new"),
        ]

    def __str__(self) -> str:
        return self.path


class RetiredSegment(models.Model):
    """A file no row lists any more; removed from disk after a grace period, since a reader may still hold the list."""

    path = models.CharField(max_length=255, unique=True)
    retired_at = models.DateTimeField(default=timezone.now, db_index=True)


class Turn(models.Model):
    """When a project was last served by work that workers share; who waits longest is next (events/facts/claims.py)."""

    pk = models.CompositePrimaryKey("work", "project_id")
    work = models.CharField(max_length=16)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    served_at = models.DateTimeField()


class FactChange(models.Model):
    """Facts of a project came or went between two moments; written with the change, claimed by the rollups."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    fact = models.CharField(max_length=20)
    min_at = models.DateTimeField()
    max_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Used by rollups.roll_up: the changes of one project and fact, the latest moments first.
            models.Index(fields=["project", "fact", "-max_at"], name="fact_change_queue"),
        ]
