"""The project that holds what concerns this server itself: its host's readings, guessed logins, stray keys."""

from events.models import Project

SLUG = "obs"


def server_project() -> Project:
    """The project `obs`, made when it is first needed; only superusers see it until somebody is made a member."""
    project, _ = Project.objects.get_or_create(slug=SLUG, defaults={"name": "This server"})
    return project
