"""What happened beside what a picture draws: deploys, changes of flags, incidents, as the charts of pages mark them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from alerts.models import Incident
from analytics.models import FlagVersion
from events.models import Project
from events.releases import deploys

MOST = 12  # of each kind: more would be a fence

Mark = list[str]
"""`[moment, kind, name]`, as it is frozen with a message; the kinds are those of markers: deploy, flag, incident."""


def of(project: Project, *, start: datetime, end: datetime, environment: str = "") -> list[Mark]:
    """The marks with start <= at < end, oldest first; without an environment those of all."""
    return sorted([moment.isoformat(), kind, name] for moment, kind, name in _found(project, start, end, environment))


def along(project: Project, points: Sequence[Sequence[object]], *, environment: str = "") -> list[Mark]:
    """Those of the time that points of a chart (`[moment, value]`, evenly apart, oldest first) are of."""
    moments = [datetime.fromisoformat(str(at)) for at, *_ in points]
    step = moments[1] - moments[0] if len(moments) > 1 else timedelta()
    return of(project, start=moments[0], end=moments[-1] + step, environment=environment) if moments else []


def _found(project: Project, start: datetime, end: datetime, environment: str) -> Iterator[tuple[datetime, str, str]]:
    arrived = deploys.arrived(project).filter(finished_at__gte=start, finished_at__lt=end)
    began = Incident.objects.filter(project=project, began_at__gte=start, began_at__lt=end)
    if environment:
        arrived = arrived.filter(environment=environment)
        began = began.filter(environment__in=("", environment))
    first = {}
    for at, version, where in arrived.order_by("-finished_at").values_list(
        "finished_at", "release__version", "environment"
    )[: MOST * 4]:
        first[version, where] = at  # the first that arrived of a release in an environment
    for (version, _), at in list(first.items())[:MOST]:
        if at is not None:
            yield at, "deploy", version
    changed = FlagVersion.objects.filter(flag__project=project, at__gte=start, at__lt=end)
    for at, key in changed.order_by("-at").values_list("at", "flag__key")[:MOST]:
        yield at, "flag", key
    for at, title in began.order_by("-began_at").values_list("began_at", "title")[:MOST]:
        yield at, "incident", title
