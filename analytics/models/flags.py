"""Feature flags as people set them up, how they were before, and how often they were asked for."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from events.models import Project


class FlagBook(models.Model):
    """What the flags of a project share. Each change counts `version` up, which is how processes hear of it."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="flag_book")
    version = models.PositiveBigIntegerField(default=0)
    group_types = models.JSONField(default=list, blank=True, help_text="Names by index; an index never changes.")
    fetched_on = models.DateField(null=True, help_text="When an SDK last took the definitions, to decide by itself.")


class Audience(models.Model):
    """A named set of persons by their properties, for conditions of several flags; PostHog's word is cohort."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="audiences")
    name = models.CharField(max_length=60)
    definition = models.JSONField(help_text='{"type": "OR", "values": [{"type": "AND", "values": [filters]}]}.')
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="audience_name_once")]

    def __str__(self) -> str:
        return self.name


class Flag(models.Model):
    """One feature flag. Its key never changes: who gets what hangs on it."""

    class Runtime(models.TextChoices):
        ALL = "all", "everywhere"
        CLIENT = "client", "pages and apps only"
        SERVER = "server", "servers only"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="flags")
    key = models.CharField(max_length=200)
    description = models.CharField(max_length=400, blank=True)
    is_active = models.BooleanField(default=False)
    filters = models.JSONField(default=dict, help_text="Conditions, variants and payloads in PostHog's form.")
    is_by_device = models.BooleanField(default=False, help_text="Hash the device and not the person, where known.")
    is_continuous = models.BooleanField(default=False, help_text="Keep what somebody got when they log in.")
    runtime = models.CharField(max_length=6, choices=Runtime.choices, default=Runtime.ALL)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="flag_key_once")]

    def __str__(self) -> str:
        return self.key


class FlagVersion(models.Model):
    """A flag as it was from a moment on, whole, so that one click returns to it."""

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["flag", "number"], name="flag_version_once")]


class FlagOverride(models.Model):
    """What one person gets whatever the conditions say. `person` is a pseudonym of the distinct id."""

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="overrides", db_index=False)
    person = models.CharField(max_length=20)
    value = models.JSONField(help_text="true, false, or a variant.")
    note = models.CharField(max_length=60, blank=True, help_text="Who this is, in words of the team.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["flag", "person"], name="flag_override_once")]


class FlagPlace(models.Model):
    """Where the anonymous id that somebody had fell, so that logging in changes nothing: numbers, and no id."""

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="places", db_index=False)
    person = models.CharField(max_length=20)
    rollout = models.FloatField()
    variant = models.FloatField()
    holdout = models.FloatField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "flag"], name="flag_place_once")]
        indexes = [
            # Used by places.forget.
            models.Index(fields=["created_at"], name="flag_place_age"),
            # Used where a flag is deleted.
            models.Index(fields=["flag"], name="flag_place_flag"),
        ]


class FlagHour(models.Model):
    """How often a value of a flag was answered within an hour."""

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="hours", db_index=False)
    at = models.DateTimeField()
    value = models.CharField(max_length=200, help_text="true, false, or a variant.")
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["flag", "at", "value"], name="flag_hour_once")]
        indexes = [
            # Used by counting.forget.
            models.Index(fields=["at"], name="flag_hour_age"),
        ]


class FlagGuard(models.Model):
    """What switches a flag off: more than `most_percent` of those who get it meet an error."""

    flag = models.OneToOneField(Flag, on_delete=models.CASCADE, related_name="guard")
    most_percent = models.FloatField()
    looked_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=300, blank=True, help_text="Why it switched the flag off last.")

    def __str__(self) -> str:
        return f"{self.flag} off above {self.most_percent:g} %"
