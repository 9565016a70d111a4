"""The releases of a project as `release_order` compares them, and those that issues have met."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise

from django.db.models import Max, QuerySet

from events.issues import release_order
from events.issues.release_order import Release
from events.models import Commit, Issue, Occurrence, Project
from events.models import Release as Row

_DATED = 500  # releases whose commits are looked at: the newest, of those that say no version


def of(found: QuerySet[Row]) -> dict[str, Release]:
    """The releases of the rows, by name."""
    rows = list(found.order_by("-pk").values_list("version", "pk", "created_at"))
    known = {version: Release(version, pk, created_at) for version, pk, created_at in rows}
    silent = [pk for version, pk, _ in rows if known[version].says is None][:_DATED]
    dates = _last_commits(silent) if silent else {}
    return {
        version: Release(version, one.rank, one.seen_at, dates.get(one.rank)) if one.rank in dates else one
        for version, one in known.items()
    }


def of_project(project: Project) -> list[Release]:
    return list(of(Row.objects.filter(project=project)).values())


def named(project_id: int, names: Iterable[str]) -> dict[str, Release]:
    """The releases of these names; one that is not known has no place yet, and is before all that have."""
    wanted = {name for name in names if name}
    found = of(Row.objects.filter(project_id=project_id, version__in=wanted)) if wanted else {}
    return {name: found.get(name) or Release(name, 0) for name in wanted}


def before(project: Project, names: Iterable[str]) -> dict[str, str]:
    """The release before each of these, in the order of its package; "" for the first of it."""
    return before_among(of_project(project), names)


def before_among(known: Iterable[Release], names: Iterable[str]) -> dict[str, str]:
    """The same of releases that were read already."""
    placed = sorted(known, key=lambda one: one.key)
    previous = {
        late.version: early.version if release_order.are_of_one_order(early, late) else ""
        for early, late in pairwise(placed)
    }
    return {name: previous.get(name, "") for name in names}


def met_by(issues: Iterable[int]) -> Mapping[int, list[str]]:
    """The names of the releases that each issue was seen in, the last first, as far as occurrences are kept."""
    chosen = list(issues)
    met = {
        pk: [name for name in (last, first) if name]
        for pk, last, first in Issue.objects.filter(pk__in=chosen).values_list("pk", "last_release", "first_release")
    }
    kept = Occurrence.objects.filter(group__issue__in=chosen).exclude(release="").values("group__issue", "release")
    for row in kept.annotate(last_at=Max("at")).order_by("-last_at"):
        met.setdefault(row["group__issue"], []).append(row["release"])
    return met


def _last_commits(releases: list[int]) -> dict[int, datetime]:
    dated = Commit.objects.filter(release__in=releases, committed_at__isnull=False).order_by()
    return {row["release"]: row["last_at"] for row in dated.values("release").annotate(last_at=Max("committed_at"))}
