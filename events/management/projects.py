"""The project that a command's argument names."""

from django.core.management.base import CommandError

from events.models import Project


def named(slug: str) -> Project:
    """The project with this slug. Raises CommandError, for the terminal, when there is none."""
    try:
        return Project.objects.get(slug=slug)
    except Project.DoesNotExist:
        raise CommandError(f"There is no project {slug!r}.") from None
