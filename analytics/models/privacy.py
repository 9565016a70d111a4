"""What became of the requests of people to be forgotten."""

import uuid

from django.conf import settings
from django.db import models

from events.models import Project
from events.models.secrets import EncryptedTextField


class Erasure(models.Model):
    """One person's data taken away. Whom it was about is forgotten with the last look; the receipt stays."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="erasures")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    subject = EncryptedTextField(null=True, editable=False, help_text="Whom to look for again; empty when done.")
    erased = models.JSONField(default=dict, help_text="Rows taken away, by table and fact.")
    looks = models.PositiveSmallIntegerField(default=0)
    next_look_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    signature = models.CharField(max_length=64, blank=True, help_text="HMAC-SHA256 of the receipt under the audit key.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            # Used by erasing.tick.
            models.Index(fields=["next_look_at"], name="erasure_due", condition=models.Q(next_look_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.uuid)
