"""What a chart is, where its evidence is listed, and the deploy markers that all of them carry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from dashboard.charts.figures import Figure
from dashboard.frame.state import State
from events.models import Deploy, Project

Ask = Callable[[Project, State, Mapping[str, str], datetime], Figure]
Named = Callable[[Project, Sequence[str], State], list[str]]
"""The addresses of what the rows of a figure are named after; empty for one that has none."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the events of a bucket are listed. `series` is the parameter there that takes the name of a series,
    `kept` are parameters of the chart that narrow the list too, `fixed` those it always has; `narrowed` names another
    page for when the chart is about one thing: parameter -> its page, with the value in its path when `in_path`."""

    url_name: str
    series: str = ""
    kept: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    narrowed: Mapping[str, str] = field(default_factory=dict)
    in_path: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """One question with a picture. `parameters` are the names it takes from the URL besides the state.

    A chart over time has `evidence`, one by name has `named`. A share link shows a chart always, or when it was made of
    that very one (`asked`), or never: only charts that say nothing of persons are shared. `watched` is the metric that
    a rule made from it watches, with places for parameters; empty for none.
    """

    title: str
    unit: str
    definition: str
    ask: Ask
    parameters: tuple[str, ...] = ()
    evidence: Evidence | None = None
    named: Named | None = None
    shared: Literal["", "always", "asked"] = ""
    watched: str = ""


def deploys(project: Project, state: State) -> list[dict[str, Any]]:
    """The deploys of the period as markers."""
    found = Deploy.objects.filter(
        release__project=project, finished_at__gte=state.start, finished_at__lt=state.end
    ).select_related("release")
    if state.environment:
        found = found.filter(environment=state.environment)
    return [{"at": deploy.finished_at, "label": deploy.release.version} for deploy in reversed(found[:50])]
