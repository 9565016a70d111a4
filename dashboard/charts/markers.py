"""What happened in the period of a chart, as lines across it: deploys, changes of flags, incidents."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse

from alerts.delivery import marks
from alerts.models import Incident
from dashboard.charts.figures import Marker
from dashboard.frame.state import State
from dashboard.reading import zones
from events.models import Commit, Project
from events.runtime import remembered

MOST = 50  # of each kind
_DEPLOYS = 500  # that markers are chosen from
_COMMITS = 5_000


def of(project: Project, state: State) -> tuple[Marker, ...]:
    """All markers of the period, oldest first."""
    return remembered.once(
        ("markers", project.pk, state.start, state.end, state.environment), lambda: _of(project, state)
    )


def _of(project: Project, state: State) -> tuple[Marker, ...]:
    """The three kinds in one question; who wrote the commits of the deploys in another."""
    found = Project.objects.filter(pk=project.pk).values_list(
        ArraySubquery(_arrived(project, state)), ArraySubquery(_changed(project, state)),
        ArraySubquery(_began(project, state)),
    ).first()  # fmt: skip
    deployed, changed, began = found or ([], [], [])
    markers = [
        *_deploys(project, deployed),
        *(_flag(project, one) for one in changed),
        *(_incident(project, one) for one in began),
    ]
    return tuple(sorted(markers, key=lambda marker: marker.at))


def _arrived(project: Project, state: State) -> QuerySet[Any, Any]:
    found = marks.arrived(project, start=state.start, end=state.end, environment=state.environment)
    said = JSONObject(release="release_id", version="release__version", environment="environment", at="finished_at")
    return found.values(said=said)[:_DEPLOYS]


def _changed(project: Project, state: State) -> QuerySet[Any, Any]:
    said = JSONObject(flag="flag_id", key="flag__key", at="at", by="by__username", note="note")
    return marks.changed(project, start=state.start, end=state.end).values(said=said)[:MOST]


def _began(project: Project, state: State) -> QuerySet[Any, Any]:
    found = marks.began(project, start=state.start, end=state.end, environment=state.environment)
    said = JSONObject(id="id", title="title", at="began_at", state="state")
    return found.values(said=said)[:MOST]


def _deploys(project: Project, latest: Sequence[Mapping[str, Any]]) -> Iterator[Marker]:
    first = list({(one["release"], one["environment"]): one for one in latest}.values())[:MOST]
    people = _authors({one["release"] for one in first})
    for one in first:
        yield Marker(
            "deploy",
            _at(one),
            one["version"],
            _card(one, people.get(one["release"], [])),
            reverse("dashboard:release", args=[project.slug, one["version"]]),
        )


def _flag(project: Project, one: Mapping[str, Any]) -> Marker:
    by = f" by {one['by']}" if one["by"] else ""
    lines = (
        f"Flag {one['key']}",
        f"changed {zones.minute(_at(one))}{by}",
        *([one["note"]] if one["note"] else []),
    )
    return Marker("flag", _at(one), one["key"], lines, reverse("dashboard:flag", args=[project.slug, one["flag"]]))


def _incident(project: Project, one: Mapping[str, Any]) -> Marker:
    state = Incident.State(one["state"]).label.lower()
    lines = (f"Incident: {one['title']}", f"began {zones.minute(_at(one))}, {state}")
    return Marker(
        "incident", _at(one), one["title"], lines, reverse("dashboard:incident", args=[project.slug, one["id"]])
    )


def _at(one: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(one["at"]).astimezone(UTC)


def _authors(releases: Collection[int]) -> dict[int, list[str]]:
    """Who wrote the commits of each release, a name for each commit."""
    found: dict[int, list[str]] = {}
    if not releases:
        return found
    for release, author in Commit.objects.filter(release__in=releases).values_list("release", "author")[:_COMMITS]:
        found.setdefault(release, []).append(author)
    return found


def _card(deploy: Mapping[str, Any], authors: Sequence[str]) -> tuple[str, ...]:
    """What stands on the card of a deploy."""
    lines = [deploy["version"], f"to {deploy['environment']}, {zones.minute(_at(deploy))}"]
    if authors:
        names = [name for name, _ in Counter(name for name in authors if name).most_common(3)]
        by = f" by {', '.join(names)}" if names else ""
        lines.append(f"{len(authors)} commit{'s' if len(authors) > 1 else ''}{by}")
    return tuple(lines)
