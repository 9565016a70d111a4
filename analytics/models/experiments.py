"""Experiments: what is tried on whom by a feature flag, what counts, and what was decided on which evidence."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from analytics.models.flags import Flag
from events.models import Project


class Experiment(models.Model):
    """One experiment. What counts and how is fixed when it starts; what was known when it was decided stays with it."""

    class Method(models.TextChoices):
        SEQUENTIAL = "sequential", "Sequential"
        FIXED = "fixed", "Fixed horizon"
        BAYESIAN = "bayesian", "Bayesian"

    class Correction(models.TextChoices):
        HOLM = "holm", "Holm"
        BH = "bh", "Benjamini, Hochberg"
        NONE = "none", "None"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="experiments")
    flag = models.ForeignKey(Flag, on_delete=models.RESTRICT, related_name="experiments")
    key = models.SlugField(max_length=80)
    name = models.CharField(max_length=120)
    hypothesis = models.TextField(max_length=2000, blank=True)
    control = models.CharField(max_length=200, help_text="The variant that the others are compared with.")
    shares = models.JSONField(default=list, blank=True, help_text="[variant, percent] of each, as the flag had them.")
    metrics = models.JSONField(default=list, help_text="What is counted, and what must not get worse.")
    method = models.CharField(max_length=10, choices=Method.choices, default=Method.SEQUENTIAL)
    correction = models.CharField(max_length=4, choices=Correction.choices, default=Correction.HOLM)
    level = models.FloatField(default=0.05, help_text="How often chance alone may be called an effect.")
    power = models.FloatField(default=0.8, help_text="How often the planned effect shall be seen.")
    is_adjusted = models.BooleanField(default=True, help_text="Take out what people did before (CUPED).")
    planned_effect = models.FloatField(help_text="The smallest change that matters, as a part of the control's mean.")
    expected_share = models.FloatField(null=True, blank=True, help_text="Of the first metric, where nothing is known.")
    expected_people = models.FloatField(null=True, blank=True, help_text="A day, all variants, where nothing is known.")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=200, blank=True, help_text="The variant that people get from now on.")
    reason = models.TextField(max_length=2000, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    evidence = models.JSONField(null=True, blank=True, help_text="The results as they were when it was decided.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="experiment_key_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """draft, running, ended or decided."""
        if self.decided_at:
            return "decided"
        return "ended" if self.ended_at else "running" if self.started_at else "draft"
