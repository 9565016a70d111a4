"""What happened in the period of a chart, as lines across it: deploys, changes of flags, incidents."""

from collections import Counter
from collections.abc import Collection, Sequence

from django.urls import reverse

from alerts.models import Incident
from analytics.models import FlagVersion
from dashboard.charts.figures import Marker
from dashboard.frame.state import State
from events.models import Commit, Deploy, Project
from events.releases import deploys as arrivals

MOST = 50  # of each kind
_DEPLOYS = 500  # that markers are chosen from
_COMMITS = 5_000


def of(project: Project, state: State) -> tuple[Marker, ...]:
    """All markers of the period, oldest first."""
    found = [*deploys(project, state), *flags(project, state), *incidents(project, state)]
    return tuple(sorted(found, key=lambda marker: marker.at))


def deploys(project: Project, state: State) -> list[Marker]:
    """The deploys that arrived: one a release and environment, its first."""
    found = arrivals.arrived(project).filter(finished_at__gte=state.start, finished_at__lt=state.end)
    if state.environment:
        found = found.filter(environment=state.environment)
    latest = list(found.order_by("-finished_at")[:_DEPLOYS])
    first = list({(deploy.release_id, deploy.environment): deploy for deploy in latest}.values())[:MOST]
    people = _authors({deploy.release_id for deploy in first})
    return [
        Marker(
            "deploy",
            deploy.finished_at or state.start,
            deploy.release.version,
            _card(deploy, people.get(deploy.release_id, [])),
            reverse("dashboard:release", args=[project.slug, deploy.release.version]),
        )
        for deploy in first
    ]


def flags(project: Project, state: State) -> list[Marker]:
    """The changes of flags; of several within one version after the other, each."""
    changed = FlagVersion.objects.filter(flag__project=project, at__gte=state.start, at__lt=state.end)
    return [
        Marker(
            "flag",
            version.at,
            version.flag.key,
            (
                f"Flag {version.flag.key}",
                f"changed {version.at:%Y-%m-%d %H:%M} UTC{f' by {version.by}' if version.by else ''}",
                *([version.note] if version.note else []),
            ),
            reverse("dashboard:flag", args=[project.slug, version.flag_id]),
        )
        for version in changed.select_related("flag", "by").order_by("-at")[:MOST]
    ]


def incidents(project: Project, state: State) -> list[Marker]:
    """The incidents that began; one that is of another environment alone is left out."""
    began = Incident.objects.filter(project=project, began_at__gte=state.start, began_at__lt=state.end)
    if state.environment:
        began = began.filter(environment__in=("", state.environment))
    return [
        Marker(
            "incident",
            incident.began_at,
            incident.title,
            (
                f"Incident: {incident.title}",
                f"began {incident.began_at:%Y-%m-%d %H:%M} UTC, {incident.get_state_display().lower()}",
            ),
            reverse("dashboard:incident", args=[project.slug, incident.pk]),
        )
        for incident in began.order_by("-began_at")[:MOST]
    ]


def _authors(releases: Collection[int]) -> dict[int, list[str]]:
    """Who wrote the commits of each release, a name for each commit."""
    found: dict[int, list[str]] = {}
    for release, author in Commit.objects.filter(release__in=releases).values_list("release", "author")[:_COMMITS]:
        found.setdefault(release, []).append(author)
    return found


def _card(deploy: Deploy, authors: Sequence[str]) -> tuple[str, ...]:
    """What stands on the card of a deploy."""
    lines = [deploy.release.version, f"to {deploy.environment}, {deploy.finished_at:%Y-%m-%d %H:%M} UTC"]
    if authors:
        names = [name for name, _ in Counter(name for name in authors if name).most_common(3)]
        by = f" by {', '.join(names)}" if names else ""
        lines.append(f"{len(authors)} commit{'s' if len(authors) > 1 else ''}{by}")
    return tuple(lines)
