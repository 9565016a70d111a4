"""What the frame of a page says of its project and to whoever looks, asked for in one question.

Environments, releases and what fires; the projects and saved views of the reader, and how they read.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count

from alerts.models import Notice
from dashboard.frame import saved_views
from dashboard.models import AccountSettings, SavedView
from events.accounts import access
from events.accounts.server_project import SLUG
from events.models import Environment, Project
from events.releases import deploys
from events.runtime import together

User = get_user_model()
_ENVIRONMENTS = 100
# So many arrivals are looked through for the releases of the menu: one version arrives in several environments.
_ARRIVALS = 40
_PROJECTS = 200
_VIEWS = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """`arrivals` are (version, when) of the environment looked at, the latest first; `server_project` is the number
    of the project that holds what concerns the server itself, if there is one. `projects` and `views` are those that
    whoever looks may open, with what their lists show, and `chosen` is how they read."""

    environments: tuple[str, ...]
    arrivals: tuple[tuple[str, datetime], ...]
    firing: int
    server_project: int | None
    projects: tuple[Project, ...]
    views: tuple[SavedView, ...]
    chosen: AccountSettings


def of(project: Project, *, environment: str, user: Any) -> Standing:
    """The project's standing now, for `user`."""
    arrived = deploys.arrived(project)
    if environment:
        arrived = arrived.filter(environment=environment)
    firing = Notice.objects.filter(project=project, is_on=True).order_by().values("project")
    views = saved_views.visible(project, user).order_by("name", "pk").select_related("owner")
    read = together.asked(
        environments=Environment.objects.filter(project=project).order_by("name").values("name")[:_ENVIRONMENTS],
        arrivals=arrived.values("release__version", "finished_at")[:_ARRIVALS],
        firing=firing.annotate(count=Count("*")),
        server=Project.objects.filter(slug=SLUG).values("pk"),
        projects=access.visible_projects(user).only("slug", "name", "is_demo").order_by("slug")[:_PROJECTS],
        views=views.only("name", "path", "query", "is_shared", f"owner__{User.USERNAME_FIELD}")[:_VIEWS],
        chosen=AccountSettings.objects.filter(user_id=user.pk).only("zone", "week_start"),
    )
    return Standing(
        environments=tuple(one["name"] for one in read["environments"]),
        arrivals=tuple(
            (one["release__version"], datetime.fromisoformat(one["finished_at"])) for one in read["arrivals"]
        ),
        firing=sum(one["count"] for one in read["firing"]),
        server_project=next((one["pk"] for one in read["server"]), None),
        projects=tuple(read["projects"]),
        views=tuple(read["views"]),
        chosen=next(iter(read["chosen"]), AccountSettings(user_id=user.pk)),
    )
