"""What happened beside what a picture draws: deploys, changes of flags, incidents, as the charts of pages mark them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from alerts.models import Incident
from analytics.models import FlagVersion
from events.models import Deploy, Project
from events.releases import deploys

MOST = 12  # of each kind: more would be a fence

Mark = list[str]
"""`[moment, kind, name]`, as it is frozen with a message; the kinds are those of markers: deploy, flag, incident."""


def of(project: Project, *, start: datetime, end: datetime, environment: str = "") -> list[Mark]:
    """The marks with start <= at < end, oldest first; without an environment those of all."""
    return sorted([moment.isoformat(), kind, name] for moment, kind, name in _found(project, start, end, environment))


def arrived(project: Project, *, start: datetime, end: datetime, environment: str = "") -> QuerySet[Deploy]:
    """What was deployed with start <= at < end, the newest first."""
    found = deploys.arrived(project).filter(finished_at__gte=start, finished_at__lt=end).order_by("-finished_at")
    return found.filter(environment=environment) if environment else found


def changed(project: Project, *, start: datetime, end: datetime) -> QuerySet[FlagVersion]:
    """The changes of flags, the newest first; of several within one version after the other, each."""
    return FlagVersion.objects.filter(flag__project=project, at__gte=start, at__lt=end).order_by("-at")


def began(project: Project, *, start: datetime, end: datetime, environment: str = "") -> QuerySet[Incident]:
    """The incidents that began, the newest first; one that is of another environment alone is left out."""
    found = Incident.objects.filter(project=project, began_at__gte=start, began_at__lt=end).order_by("-began_at")
    return found.filter(environment__in=("", environment)) if environment else found


def along(project: Project, points: Sequence[Sequence[object]], *, environment: str = "") -> list[Mark]:
    """Those of the time that points of a chart (`[moment, value]`, evenly apart, oldest first) are of."""
    moments = [datetime.fromisoformat(str(at)) for at, *_ in points]
    step = moments[1] - moments[0] if len(moments) > 1 else timedelta()
    return of(project, start=moments[0], end=moments[-1] + step, environment=environment) if moments else []


def _found(project: Project, start: datetime, end: datetime, environment: str) -> Iterator[tuple[datetime, str, str]]:
    first = {}
    of_deploys = arrived(project, start=start, end=end, environment=environment)
    for at, version, where in of_deploys.values_list("finished_at", "release__version", "environment")[: MOST * 4]:
        first[version, where] = at  # the first that arrived of a release in an environment
    for (version, _), at in list(first.items())[:MOST]:
        if at is not None:
            yield at, "deploy", version
    for at, key in changed(project, start=start, end=end).values_list("at", "flag__key")[:MOST]:
        yield at, "flag", key
    of_incidents = began(project, start=start, end=end, environment=environment)
    for at, title in of_incidents.values_list("began_at", "title")[:MOST]:
        yield at, "incident", title
