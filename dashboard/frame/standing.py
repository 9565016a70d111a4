"""What the frame of a page says of its project, asked for in one question: environments, releases, what fires."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import JSONObject

from alerts.models import Notice
from events.accounts.server_project import SLUG
from events.models import Environment, Project
from events.releases import deploys

_ENVIRONMENTS = 100
# So many arrivals are looked through for the releases of the menu: one version arrives in several environments.
_ARRIVALS = 40


@dataclass(frozen=True, slots=True)
class Standing:
    """`arrivals` are (version, when) of the environment looked at, the latest first; `server_project` is the number
    of the project that holds what concerns the server itself, if there is one."""

    environments: tuple[str, ...]
    arrivals: tuple[tuple[str, datetime], ...]
    firing: int
    server_project: int | None


def of(project: Project, *, environment: str) -> Standing:
    """The project's standing now."""
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
        )
        .first()
    )
    if found is None:  # deleted since the page was begun
        return Standing((), (), 0, None)
    names, said, count, server = found
    at = tuple((one["version"], datetime.fromisoformat(one["at"])) for one in said)
    return Standing(tuple(names), at, count or 0, server)
