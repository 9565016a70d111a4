"""Releases: what is out, how it fares, what it brought."""

from collections.abc import Iterable, Mapping, Sequence

from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from analytics.engine import EngineError
from analytics.periods import Period
from analytics.questions.releases import events_per_release, release_health, releases_compared
from analytics.questions.releases.release_health import ReleaseHealth
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.charts import cards
from dashboard.frame import layout
from dashboard.frame.state import State
from dashboard.pages.releases import release_rows
from events.issues import known_releases, release_order
from events.issues.release_order import Release as Place
from events.models import Issue, Project, Release
from events.runtime import together

_PAGE = 25
_COMMITS = 200
_COUNTED = 10_000  # releases with errors in one period


@compressed
@page("releases.list")
def release_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The releases in the order of versions, newest first."""
    shown = layout.state_of(request)
    known = release_order.listed(known_releases.of_project(project))
    listed = Paginator(known, _PAGE).get_page(request.GET.get("page"))
    health, is_known = _health(project, shown)
    releases = _read(listed.object_list)
    before = known_releases.before_among(known, [release.version for release in releases])
    context = {
        "rows": _rows(project, releases, before, shown, health=health),
        "listed": listed,
        "is_known": is_known,
        "card": cards.card(project, "crash_free", state=shown, width="all"),
    }
    return layout.draw(
        request, "dashboard/releases/list.html", context, project=project, section="releases", shown=shown
    )


@compressed
@page("release.view")
def release_page(request: HttpRequest, project: Project, version: str) -> HttpResponseBase:
    """One release: health, issues it brought and carries, commits, deploys."""
    shown = layout.state_of(request)
    release = get_object_or_404(Release, project=project, version=version)
    health = _health(project, shown)[0]
    before = known_releases.before(project, [version])
    [row] = _rows(project, [release], before, shown, health=health, is_long=True)
    issues = Issue.objects.filter(project=project).select_related("assigned_to")
    listed = together.asked(
        before=Release.objects.filter(project=project, version=before[version])[:1],
        regressed_issues=issues.filter(is_regressed=True, last_release=version).order_by("-last_seen_at")[:25],
        new_issues=issues.filter(first_release=version).order_by("-event_count")[:25],
        resolved_issues=issues.filter(resolved_in_release=version, status=Issue.Status.RESOLVED).order_by(
            "-resolved_at"
        )[:25],
        commits=release.commits.all()[:_COMMITS],
        deploys=release.deploys.all()[:50],
    )
    context = {
        **listed,
        "release": release,
        "row": row,
        "before": next(iter(listed["before"]), None),
        "card": cards.card(project, "crash_free", state=shown, release=version),
        "adoption": _adoption(project, version, shown),
    }
    return layout.draw(
        request, "dashboard/releases/page.html", context, project=project, section="releases", shown=shown
    )


def _read(places: Iterable[Place]) -> list[Release]:
    """The rows of these releases, in this order, with their commits and last deploys."""
    wanted = [place.rank for place in places]
    found = Release.objects.annotate(
        commit_count=Count("commits", distinct=True), last_deploy=Max("deploys__finished_at")
    ).in_bulk(wanted)
    return [found[pk] for pk in wanted if pk in found]  # one may be deleted meanwhile


def _rows(
    project: Project,
    releases: Sequence[Release],
    before: Mapping[str, str],
    shown: State,
    *,
    health: Mapping[str, ReleaseHealth],
    is_long: bool = False,
) -> list[release_rows.Row]:
    """The releases, each against the one before it."""
    compared = releases_compared.releases_compared(
        project,
        before.items(),
        period=Period(shown.start, shown.end),
        now=timezone.now(),
        environment=shown.environment,
    )
    return release_rows.rows(
        releases, before, health=health, compared=compared, errors=_errors(project, shown), is_long=is_long
    )


def _adoption(project: Project, version: str, shown: State) -> list[float]:
    """Its share of the sessions that began in each bucket; nothing where that could not be read."""
    period = Period(shown.start, shown.end)
    try:
        own, everybody = (
            release_health.health_trend(project, period=period, environment=shown.environment, release=one)
            for one in (version, None)
        )
    except EngineError:
        return []
    counts = [[health.sessions for health in trend.health] for trend in (own, everybody)]
    return release_rows.adoption(*counts) if any(counts[0]) else []


def _errors(project: Project, shown: State) -> dict[str, int] | None:
    """How many errors each release had in the period; None where that could not be read."""
    try:
        found = events_per_release.events_per_release(
            project, period=Period(shown.start, shown.end), environment=shown.environment, most=_COUNTED
        )
    except EngineError:
        return None
    return {one.release: one.errors for one in found}


def _health(project: Project, shown: State) -> tuple[dict[str, ReleaseHealth], bool]:
    """The health of each release with sessions in the period, and whether it could be read."""
    try:
        found = release_health.release_health(
            project, period=Period(shown.start, shown.end), environment=shown.environment, most=200
        )
    except EngineError:
        return {}, False
    return {one.release: one for one in found}, True
