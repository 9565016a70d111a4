"""Addresses of incidents, for people outside."""

from django.conf import settings
from django.urls import reverse

from events.models import Project


def page(project: Project, incident: int) -> str:
    return settings.OBS_PUBLIC_URL + reverse("dashboard:incident", args=[project.slug, incident])


def acknowledging(project: Project, incident: int | None) -> str:
    """Where a person says, after their login, that they look after it; empty without an incident."""
    if incident is None:
        return ""
    return settings.OBS_PUBLIC_URL + reverse("dashboard:incident-acknowledge", args=[project.slug, incident])
