"""Invitations: a link that makes whoever opens it first a member."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from events.models.project import Membership, Project


class Invitation(models.Model):
    """One invitation; of its token only the SHA-256 is kept, and of an address only enough to know it again."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Membership.Role.choices)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    sent_to = models.CharField(max_length=60, blank=True, help_text="As a…@example.org; empty for a link alone.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.role} of {self.project_id}"
