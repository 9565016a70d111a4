"""What was accepted and not digested yet, and the ledger of what became of every item."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils import timezone

from events.models.project import IngestKey, Project


class InboxItem(models.Model):
    """One accepted ingest item, scrubbed: canonical JSON in zstd, and a blob for attachments."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    key = models.ForeignKey(IngestKey, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    kind = models.CharField(max_length=16)
    item_id = models.UUIDField()
    quantity = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField()
    payload = models.BinaryField()
    blob = models.BinaryField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ingest_inbox"


class Seen(models.Model):
    """An item accepted in the last OBS_SEEN_DAYS days; partitioned by day, so that forgetting is dropping a table."""

    pk = models.CompositePrimaryKey("project_id", "kind", "item_id", "day")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    kind = models.CharField(max_length=16)
    item_id = models.UUIDField()
    day = models.DateField()

    class Meta:
        db_table = "ingest_seen"


class SeenTrace(models.Model):
    """The spans of a trace that came in a slice of two days, eight bytes each: one that comes again is told by them."""

    pk = models.CompositePrimaryKey("project_id", "trace_id", "slice")
    project = models.ForeignKey(Project, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    trace_id = models.UUIDField()
    slice = models.SmallIntegerField()
    seen_at = models.DateTimeField()
    spans = models.BinaryField()

    class Meta:
        db_table = "ingest_seen_span"
        # Rows come in the order of their time, so a few pages of index say whether one is young.
        indexes = [BrinIndex(fields=["seen_at"], name="seen_trace_age", pages_per_range=32)]


class OutcomeCount(models.Model):
    """How many records had an outcome in an hour; `slot` spreads writers over rows so that none waits for another.

    `received` is written where an item arrives, every other outcome where it is decided; the law in `accounting`
    compares them.
    """

    class Outcome(models.TextChoices):
        RECEIVED = "received"
        STORED = "stored"
        DUPLICATE = "duplicate"
        FILTERED = "filtered"
        RATE_LIMITED = "rate_limited"
        INVALID = "invalid"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    hour = models.DateTimeField()
    category = models.CharField(max_length=16)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reason = models.CharField(max_length=40, blank=True)
    slot = models.PositiveSmallIntegerField(default=0)
    quantity = models.BigIntegerField()

    class Meta:
        db_table = "ingest_outcome"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "hour", "category", "outcome", "reason", "slot"], name="ingest_outcome_once"
            )
        ]


class DeadLetter(models.Model):
    """An item that could not be digested after all attempts; scrubbed, readable and replayable by staff."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    kind = models.CharField(max_length=16)
    item_id = models.UUIDField()
    quantity = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField()
    payload = models.BinaryField()
    blob = models.BinaryField(null=True)
    attempts = models.PositiveSmallIntegerField()
    error = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"


class SpoolDrain(models.Model):
    """How far a spool file was drained; written in the transaction that stores its records, so none is stored twice."""

    file = models.UUIDField(primary_key=True)
    offset = models.BigIntegerField()
    drained_at = models.DateTimeField(default=timezone.now)
