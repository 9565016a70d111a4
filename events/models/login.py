"""What logging in needs besides a password: who failed, and the second factor."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from events.models.secrets import EncryptedTextField


class LoginFailure(models.Model):
    """Wrong passwords for one name from one network; holds neither the typed name nor a whole address."""

    name = models.CharField(max_length=18, help_text="Pseudonym of the typed name.")
    address = models.CharField(max_length=45, blank=True, help_text="Client address, cut to /24 or /48.")
    failures = models.PositiveIntegerField(default=0, help_text="Since the last lockout.")
    lockouts = models.PositiveIntegerField(default=0)
    untold_count = models.PositiveIntegerField(default=0, help_text="Failures with no audit entry of their own yet.")
    failed_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "address"], name="login_failure_once")]
        indexes = [models.Index(fields=["failed_at"], name="login_failure_age")]


class SecondFactor(models.Model):
    """The authenticator app of a person (RFC 6238); in force once confirmed."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor")
    secret = EncryptedTextField(help_text="40 hex digits.")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.BigIntegerField(default=-1, help_text="Of the last code taken; only later ones are taken.")
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True, blank=True)


class RecoveryCode(models.Model):
    """A code that stands in for the app once; only its SHA-256 is kept."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_once")]
