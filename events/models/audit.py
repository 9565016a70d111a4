"""Who looked at what, who changed what."""

from typing import Any

from django.db import models


class AuditEntry(models.Model):
    """One look or change; append-only. `mac` chains each entry to the one before it."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150)
    via = models.CharField(max_length=20, help_text="session, token:<id>, command or system")
    action = models.CharField(max_length=40)
    project_id = models.BigIntegerField(null=True, db_index=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    address = models.CharField(max_length=45, blank=True, help_text="Client address, cut to /24 or /48.")
    # 0: its mac does not hold the id. The default is the database's: what a process of before writes is of that kind.
    mac_version = models.PositiveSmallIntegerField(db_default=0, editable=False)
    previous_mac = models.BinaryField(max_length=32)
    mac = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["-at"], name="audit_recent")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Audit entries cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise TypeError("Audit entries cannot be deleted.")
