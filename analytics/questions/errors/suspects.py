"""What probably caused an issue: commits of the release it began with that touched its files, else the last deploy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from events.models import Commit, Deploy, Issue, Release
from events.runtime import together

MOST = 3
_COMMITS = 500
# A deploy that is longer ago says nothing of what began today.
_RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Touched:
    """A commit with the frame's file that it changed."""

    commit: Commit
    file: str


@dataclass(frozen=True, slots=True)
class Suspects:
    """The commits, most suspicious first; the last `deploy` before the first event only where there is none."""

    release: str
    commits: tuple[Touched, ...]
    deploy: Deploy | None


def with_commits(project_id: int, versions: Iterable[str]) -> dict[str, Release]:
    """Return the releases of these versions with their first commits, in order, as `listed`. One query."""
    wanted = sorted({one for one in versions if one})
    releases = Release.objects.filter(project_id=project_id, version__in=wanted)
    commits = {
        f"of_{place}": Commit.objects.filter(release__project_id=project_id, release__version=version).order_by(
            "position"
        )[:_COMMITS]
        for place, version in enumerate(wanted)
    }
    read = together.asked(releases=releases, **commits)
    found: dict[str, Release] = {release.version: release for release in read["releases"]}
    for place, version in enumerate(wanted):
        if version in found:
            found[version].listed = read[f"of_{place}"]  # type: ignore[attr-defined]
    return found


def suspects(issue: Issue, *, files: Sequence[str], releases: Mapping[str, Release] | None = None) -> Suspects:
    """Return what to look at first; `files` are those of the application's frames, the innermost first, `releases`
    what `with_commits` said of the issue's first one.

    Three queries at most.
    """
    if releases is None:
        releases = with_commits(issue.project_id, [issue.first_release])
    release = releases.get(issue.first_release)
    listed: list[Commit] = getattr(release, "listed", []) if files else []
    commits = touched(listed, files=files)[:MOST]
    deploy = None if commits else _deploy_before(issue)
    return Suspects(release.version if release else "", tuple(commits), deploy)


def touched(commits: Iterable[Commit], *, files: Sequence[str]) -> list[Touched]:
    """Return the commits that changed one of the files: those of inner frames first, then the latest.

    A file of a stack trace and a path of a repository are the same when one ends with all of the other.
    """
    found = []
    for commit in commits:
        paths = [_parts(path) for path in _paths(commit.paths)]
        for rank, file in enumerate(files):
            if any(_is_same(_parts(file), path) for path in paths):
                found.append((rank, commit, file))
                break
    oldest = datetime.min.replace(tzinfo=UTC)
    found.sort(key=lambda one: (one[0], -((one[1].committed_at or oldest) - oldest).total_seconds(), one[1].position))
    return [Touched(commit, file) for _, commit, file in found]


def _paths(raw: object) -> list[str]:
    """The paths of a commit's `[["M", "src/app.py"], …]`, whatever is stored."""
    pairs = raw if isinstance(raw, list) else []
    return [pair[1] for pair in pairs if isinstance(pair, list) and len(pair) > 1 and isinstance(pair[1], str)]


def _parts(path: str) -> list[str]:
    path = path.replace("\\", "/").partition("?")[0].rpartition("://")[2]
    return [part for part in path.split("/") if part not in ("", ".", "~")]


def _is_same(a: list[str], b: list[str]) -> bool:
    short, long = sorted((a, b), key=len)
    return bool(short) and long[-len(short) :] == short


def _deploy_before(issue: Issue) -> Deploy | None:
    return (
        Deploy.objects.select_related("release")
        .filter(
            release__project_id=issue.project_id, state=Deploy.State.SUCCESS, finished_at__lte=issue.first_seen_at,
            finished_at__gt=issue.first_seen_at - _RECENT,
        )
        .order_by("-finished_at").first()
    )  # fmt: skip
