"""Lists of releases and of what belongs to one, as files and in the API."""

from collections.abc import Callable, Iterator
from typing import Any

from analytics.questions.releases import events_per_release, release_health
from dashboard.exports.lists import PERIOD, Asked, Listed, Row, named, newest, table
from events.models import Commit, Deploy, Issue

_FIELDS = ("version", "created_at", "released_at", "ref", "new_issue_count")
_MEASURED = ("sessions", "crash_free_sessions", "crash_free_users", "adoption", "errors")
_COUNTED = 10_000
_OF_RELEASE = ("title", "culprit", "level", "status", "event_count", "user_count", "first_seen_at", "last_seen_at")


def _releases(asked: Asked) -> Iterator[Row]:
    """The releases; with a period, what was measured of each in it."""
    found = newest(asked.project.releases.all(), asked).values_list("pk", *_FIELDS)
    if not asked.has_period:
        for row in found.iterator(chunk_size=1000):
            yield *row, *(None for _ in _MEASURED)
        return
    about: dict[str, Any] = {"period": asked.period, "environment": asked.environment}
    health = {one.release: one for one in release_health.release_health(asked.project, **about, most=_COUNTED)}
    counted = events_per_release.events_per_release(asked.project, **about, most=_COUNTED)
    errors = {one.release: one.errors for one in counted}
    for row in found.iterator(chunk_size=1000):
        one = health.get(row[1])
        own = one.health if one else release_health.Health()
        yield (
            *row, own.sessions, _share(own.sessions - own.crashed, own.sessions),
            _share(own.users - own.crashed_users, own.users), one.session_adoption if one else None,
            errors.get(row[1], 0),
        )  # fmt: skip


def _share(part: int, of: int) -> float | None:
    return part / of if of else None


def _issues(**of: str) -> Callable[[Asked], Any]:
    """The issues for which a column is the release that is asked for."""
    [(column, parameter)] = of.items()

    def found(asked: Asked) -> Any:
        more: dict[str, Any] = {"is_regressed": True} if column == "last_release" else {}
        more |= {"status": Issue.Status.RESOLVED} if column == "resolved_in_release" else {}
        return asked.project.issues.filter(**{column: asked.said(parameter)}, **more)

    return found


def _of_release(model: type[Commit | Deploy]) -> Callable[[Asked], Any]:
    rows = model._default_manager
    return lambda asked: rows.filter(release__project=asked.project, release__version=asked.said("version"))


_ONE: dict[str, Any] = {"pages": ("release",), "needs": ("version",)}
LISTS: dict[str, Listed] = {
    "releases": Listed(
        "Releases", ("id", *_FIELDS, *_MEASURED), _releases, ("release-list",), PERIOD, is_numbered=True
    ),
    "release-new-issues": table(
        "New issues of the release", _issues(first_release="version"), named(*_OF_RELEASE), **_ONE
    ),
    "release-regressed-issues": table(
        "Issues that came back in the release", _issues(last_release="version"), named(*_OF_RELEASE), **_ONE
    ),
    "release-resolved-issues": table(
        "Issues resolved in the release", _issues(resolved_in_release="version"), named(*_OF_RELEASE), **_ONE
    ),
    "release-commits": table(
        "Commits of the release", _of_release(Commit),
        named("position", "sha", "repository", "author", "message", "committed_at"),
        **_ONE,
    ),
    "release-deploys": table(
        "Deploys of the release", _of_release(Deploy),
        named("environment", "name", "state", "url", "started_at", "finished_at"),
        **_ONE,
    ),
}  # fmt: skip
