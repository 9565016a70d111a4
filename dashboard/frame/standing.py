"""What the frame of a page says of its project and to whoever looks, asked for in one question.

Environments, releases and what fires; the projects and saved views of the reader, and how they read.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import JSONObject

from alerts.models import Notice
from dashboard.frame import saved_views
from dashboard.models import AccountSettings, SavedView
from events.accounts import access
from events.accounts.server_project import SLUG
from events.models import Environment, Project
from events.releases import deploys

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

    environments: tuple[str, ...] = ()
    arrivals: tuple[tuple[str, datetime], ...] = ()
    firing: int = 0
    server_project: int | None = None
    projects: tuple[Project, ...] = ()
    views: tuple[SavedView, ...] = ()
    chosen: AccountSettings | None = None


def of(project: Project, *, environment: str, user: Any) -> Standing:
    """The project's standing now, for `user`."""
    arrived = deploys.arrived(project)
    if environment:
        arrived = arrived.filter(environment=environment)
    arrivals = arrived.values(said=JSONObject(version="release__version", at="finished_at"))[:_ARRIVALS]
    environments = Environment.objects.filter(project=OuterRef("pk")).order_by("name").values("name")[:_ENVIRONMENTS]
    firing = Notice.objects.filter(project=OuterRef("pk"), is_on=True).order_by().values("project")
    found = (
        Project.objects.filter(pk=project.pk)
        .values_list(
            ArraySubquery(environments),
            ArraySubquery(arrivals),
            Subquery(firing.annotate(count=Count("*")).values("count")),
            Subquery(Project.objects.filter(slug=SLUG).values("pk")[:1]),
            ArraySubquery(_projects_of(user)),
            ArraySubquery(_views_of(user, project)),
            Subquery(_chosen_by(user)),
        )
        .first()
    )
    if found is None:  # deleted since the page was begun
        return Standing()
    names, said, count, server, projects, views, chosen = found
    at = tuple((one["version"], datetime.fromisoformat(one["at"])) for one in said)
    return Standing(
        environments=tuple(names),
        arrivals=at,
        firing=count or 0,
        server_project=server,
        projects=tuple(Project(**one) for one in projects or ()),
        views=tuple(_view(project, **one) for one in views or ()),
        chosen=AccountSettings(user_id=user.pk, **(chosen or {})),
    )


def _projects_of(user: Any) -> Any:
    fields = JSONObject(id="id", slug="slug", name="name", is_demo="is_demo")
    return access.visible_projects(user).order_by("slug").values(said=fields)[:_PROJECTS]


def _views_of(user: Any, project: Project) -> Any:
    fields = JSONObject(
        id="id", name="name", path="path", query="query", is_shared="is_shared", owner_id="owner_id",
        username=F(f"owner__{get_user_model().USERNAME_FIELD}"),
    )  # fmt: skip
    return saved_views.visible(project, user).order_by("name", "pk").values(said=fields)[:_VIEWS]


def _view(project: Project, *, owner_id: int, username: str, **fields: Any) -> SavedView:
    model = get_user_model()
    return SavedView(project=project, owner=model(pk=owner_id, **{model.USERNAME_FIELD: username}), **fields)


def _chosen_by(user: Any) -> Any:
    return AccountSettings.objects.filter(user_id=user.pk).values(said=JSONObject(zone="zone", week_start="week_start"))
