"""What people agreed to, and took back."""

from typing import Any

from django.db import models

from events.models.person import pseudonym_of
from events.models.project import Project


class ConsentRecord(models.Model):
    """One statement of one person; append-only. `mac` chains each to the one before it in the same project.

    Whom it is about can be forgotten, and nothing else of it be changed: `visitor` goes with an erasure, `nonce` when
    the proof is not needed any more. The chain holds `seal` instead of them: `events.consent.ledger` says what it is.
    """

    class Purpose(models.TextChoices):
        ANALYTICS = "analytics", "analytics"

    class State(models.TextChoices):
        GIVEN = "given", "given"
        WITHDRAWN = "withdrawn", "withdrawn"

    class Source(models.TextChoices):
        PAGE = "page", "a page's dialogue"
        SDK = "sdk", "an SDK's opt-in"
        MERGE = "merge", "the same person's other id"
        API = "api", "a server"
        STAFF = "staff", "somebody here"
        IMPORT = "import", "an import"
        ERASURE = "erasure", "an erasure"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="consents", db_index=False)
    number = models.PositiveBigIntegerField(help_text="Within the project, from 1 without a gap.")
    visitor = models.BigIntegerField(null=True, help_text="The first 64 bits of the id's pseudonym, signed.")
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.ANALYTICS)
    state = models.CharField(max_length=10, choices=State.choices)
    version = models.CharField(max_length=80, blank=True, help_text="Of the text that was agreed to.")
    source = models.CharField(max_length=10, choices=Source.choices)
    at = models.DateTimeField(help_text="When it was said.")
    recorded_at = models.DateTimeField()
    nonce = models.BinaryField(max_length=16, null=True)
    seal = models.BinaryField(max_length=32)
    previous_mac = models.BinaryField(max_length=32)
    mac = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="consent_number_once")]
        indexes = [
            # Used by standing.of, and by whoever looks for one person.
            models.Index(
                fields=["project", "visitor", "-number"],
                name="consent_standing",
                condition=models.Q(visitor__isnull=False),
            ),
            # Used by the counts of a day, and by ledger.forget.
            models.Index(fields=["project", "recorded_at"], name="consent_days"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.version}".strip()

    @property
    def pseudonym(self) -> str:
        """The id as senders' events carry it; "" once it is forgotten."""
        return "" if self.visitor is None else pseudonym_of(self.visitor)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Records of consent cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise TypeError("Records of consent cannot be deleted.")
