"""What a chart is, where its evidence is listed, and the deploy markers that all of them carry."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.urls import reverse

from dashboard.charts.figures import Figure
from dashboard.frame.state import State
from events.models import Commit, Deploy, Project
from events.releases import deploys as arrivals

_MARKERS = 50
_DEPLOYS = 500  # that markers are chosen from
_COMMITS = 5_000

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
    a rule made from it watches, with places for parameters; empty for none. `page` names the page that asks it by the
    same parameters: a share link of the page is one of the chart.
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
    page: str = ""


def deploys(project: Project, state: State) -> list[dict[str, Any]]:
    """The deploys that arrived in the period as markers: one a release and environment, its first."""
    found = arrivals.arrived(project).filter(finished_at__gte=state.start, finished_at__lt=state.end)
    if state.environment:
        found = found.filter(environment=state.environment)
    latest = list(found.order_by("-finished_at")[:_DEPLOYS])
    first = list({(deploy.release_id, deploy.environment): deploy for deploy in latest}.values())[:_MARKERS]
    people = _authors({deploy.release_id for deploy in first})
    return [
        {
            "at": deploy.finished_at,
            "label": deploy.release.version,
            "hover": _card(deploy, people.get(deploy.release_id, [])),
            "url": reverse("dashboard:release", args=[project.slug, deploy.release.version]),
        }
        for deploy in sorted(first, key=lambda deploy: deploy.finished_at or state.start)
    ]


def _authors(releases: Collection[int]) -> dict[int, list[str]]:
    """Who wrote the commits of each release, a name for each commit."""
    found: dict[int, list[str]] = {}
    for release, author in Commit.objects.filter(release__in=releases).values_list("release", "author")[:_COMMITS]:
        found.setdefault(release, []).append(author)
    return found


def _card(deploy: Deploy, authors: Sequence[str]) -> list[str]:
    """What stands on the card of a deploy."""
    lines = [deploy.release.version, f"to {deploy.environment}, {deploy.finished_at:%Y-%m-%d %H:%M} UTC"]
    if authors:
        names = [name for name, _ in Counter(name for name in authors if name).most_common(3)]
        by = f" by {', '.join(names)}" if names else ""
        lines.append(f"{len(authors)} commit{'s' if len(authors) > 1 else ''}{by}")
    return lines
