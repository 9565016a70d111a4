"""The project that a command's argument names."""

from django.core.management.base import CommandError

from events.accounts import projects
from events.models import Project


def named(slug: str) -> Project:
    """The project with this slug, or that had it before. Raises CommandError, for the terminal, when there is none."""
    found = projects.named(slug)
    if found is None:
        raise CommandError(f"There is no project {slug!r}.")
    return found
