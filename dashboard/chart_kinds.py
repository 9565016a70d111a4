"""What a chart is, and the deploy markers that all of them carry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.charts import Figure
from dashboard.state import State
from events.models import Deploy, Project

Ask = Callable[[Project, State, Mapping[str, str], datetime], Figure]


@dataclass(frozen=True, slots=True)
class Chart:
    """One question with a picture. `parameters` are the names it takes from the URL besides the state."""

    title: str
    unit: str
    definition: str
    ask: Ask
    parameters: tuple[str, ...] = ()


def deploys(project: Project, state: State) -> list[dict[str, Any]]:
    """The deploys of the period as markers."""
    found = Deploy.objects.filter(
        release__project=project, finished_at__gte=state.start, finished_at__lt=state.end
    ).select_related("release")
    if state.environment:
        found = found.filter(environment=state.environment)
    return [{"at": deploy.finished_at, "label": deploy.release.version} for deploy in reversed(found[:50])]
