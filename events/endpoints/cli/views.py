"""What sentry-cli calls under `/api/0/`, and the deploy hook for everything else.

There is one organisation, under any name. Each call needs a token of scope `releases` and leaves one audit entry."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from events.accounts import access
from events.endpoints.cli.base import CliView
from events.models import Commit, Deploy, Project, Release
from events.releases import deploys, lifecycle

ORGANIZATION = {
    "id": "1", "slug": "formaos", "name": "FormaOS", "dateCreated": "2026-01-01T00:00:00Z", "isEarlyAdopter": False,
    "require2FA": False, "requireEmailVerification": False, "features": [],
    "status": {"id": "active", "name": "active"}, "avatar": {"avatarType": "letter_avatar"},
}  # fmt: skip


class Info(CliView):
    """`GET /api/0/`: `sentry-cli info`."""

    def get(self, request: Request) -> Response:
        user = {"id": str(self.token.user_id), "email": self.token.user.get_username()}
        return Response({"version": "0", "auth": {"scopes": ["project:releases", "org:read"]}, "user": user})


class Organizations(CliView):
    def get(self, request: Request) -> Response:
        return Response([ORGANIZATION])


class Organization(CliView):
    """Asked for by the package `sentry`, which the newest plugins of bundlers use: there is one region, this server."""

    def get(self, request: Request, organization: str) -> Response:
        here = request.build_absolute_uri("/").rstrip("/")
        return Response({**ORGANIZATION, "links": {"organizationUrl": here, "regionUrl": here}})


class Projects(CliView):
    def get(self, request: Request, organization: str) -> Response:
        return Response([_project(project) for project in self.reachable()])


class Repositories(CliView):
    """No repository is connected: sentry-cli then reads commits from the local one."""

    def get(self, request: Request, organization: str) -> Response:
        return Response([])


def _demand_open(status: str) -> None:
    if status not in ("", "open"):
        raise ValidationError("Releases are not archived here: delete one, or leave it.")


class Releases(CliView):
    """`POST …/releases/`: `sentry-cli releases new`, and the first step of `set-commits`."""

    def get(self, request: Request, organization: str) -> Response:
        found = [release for project in self.reachable() for release in lifecycle.list_of(project)[:100]]
        return Response([_release(release) for release in found[:100]])

    def post(self, request: Request, organization: str) -> Response:
        status, version = self.field("status", 20), self.field("version", 250)
        _demand_open(status)
        return _create(self, self.projects_of(version) if status else self.named_projects())


class ProjectReleases(CliView):
    """`sentry-cli releases list`; before 3.0 also `releases new`."""

    @property
    def action(self) -> str:  # type: ignore[override]
        return "releases.list" if self.request.method == "GET" else "cli.read"

    def get(self, request: Request, organization: str, slug: str) -> Response:
        return Response([_release(one) for one in lifecycle.list_of(self.open_project(slug, access.VIEWER))[:100]])

    def post(self, request: Request, organization: str, slug: str) -> Response:
        return _create(self, [self.open_project(slug)])


class ReleaseDetail(CliView):
    """`sentry-cli releases info`, `finalize`, `set-commits` and `delete`."""

    action = "release.view"

    def get(self, request: Request, organization: str, version: str, slug: str = "") -> Response:
        found = self.releases_named(version, access.VIEWER, slug)
        return Response(_release(found[0], projects=[release.project for release in found]))

    def put(self, request: Request, organization: str, version: str, slug: str = "") -> Response:
        """Change the release in the projects that are named, else in those that have it."""
        _demand_open(self.field("status", 20))
        changed = [
            lifecycle.create(
                project, version, actor=self.token.user, started_at=self.moment("dateStarted"), url=self.field("url"),
                ref=self.field("ref", 250), now=self.now,
            )[0]
            for project in self.projects_of(version, slug)
        ]  # fmt: skip
        for release in changed:
            if released_at := self.moment("dateReleased"):
                lifecycle.finalize(release, actor=self.token.user, released_at=released_at, now=self.now)
        _put_commits(self, changed)
        return Response(_release(changed[0], projects=[release.project for release in changed]))

    def delete(self, request: Request, organization: str, version: str, slug: str = "") -> Response:
        for release in self.releases_named(version, access.EDITOR, slug):
            lifecycle.delete(release, actor=self.token.user, now=self.now)
        return Response(status=204)


class Commits(CliView):
    """`sentry-cli releases info --show-commits`."""

    action = "release.view"

    def get(self, request: Request, organization: str, version: str, slug: str = "") -> Response:
        found = self.releases_named(version, access.VIEWER, slug)
        return Response([_commit(commit) for release in found for commit in release.commits.all()])


class PreviousWithCommits(CliView):
    """The release whose last commit `set-commits` begins after; an empty object for none."""

    def get(self, request: Request, organization: str, version: str) -> Response:
        for project in self.reachable():
            release = Release.objects.filter(project=project, version=version).first()
            previous = lifecycle.previous_with_commits(release, project=project) if release else None
            if previous:
                return Response(_release(previous))
        return Response({})


class Deploys(CliView):
    """`sentry-cli deploys new` and `deploys list`."""

    action = "release.view"

    def get(self, request: Request, organization: str, version: str) -> Response:
        found = self.releases_named(version, access.VIEWER)
        return Response([_deploy(deploy) for release in found for deploy in release.deploys.all()[:100]])

    def post(self, request: Request, organization: str, version: str) -> Response:
        made = [
            deploys.put(
                release,
                environment=self.field("environment"),
                actor=self.token.user,
                name=self.field("name"),
                url=self.field("url"),
                started_at=self.moment("dateStarted"),
                finished_at=self.moment("dateFinished"),
                now=self.now,
            )[0]
            for release in self.releases_named(version, access.EDITOR)
        ]
        return Response(_deploy(made[0]), status=201)


class DeployReport(CliView):
    """`POST /api/deploys/`: one call for a script.

    `{project, version, environment, name?, url?, state?, run?, started_at?, finished_at?}`; who names its `run` may
    repeat the call, and tell of the same deploy again when its state is another."""

    def post(self, request: Request) -> Response:
        bound = self.token.project.slug if self.token.project else ""
        project = self.open_project(self.field("project") or bound)
        state = self.field("state", 20) or deploys.State.SUCCESS
        if state not in deploys.State.values:
            raise ValidationError(f"state is one of {', '.join(deploys.State.values)}.")
        run = self.field("run", 120)
        release, _ = lifecycle.create(project, self.field("version", 250), actor=self.token.user, now=self.now)
        deploy, is_changed = deploys.put(
            release,
            environment=self.field("environment"),
            actor=self.token.user,
            state=deploys.State(state),
            external=f"run:{run}" if run else "",
            name=self.field("name"),
            url=self.field("url"),
            started_at=self.moment("started_at"),
            finished_at=self.moment("finished_at"),
            now=self.now,
        )
        answer = {**_deploy(deploy), "state": deploy.state, "project": project.slug, "version": release.version}
        return Response(answer, status=201 if is_changed else 200)


class Nothing(CliView):
    """Whatever else Sentry's own API has: 404 as JSON."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404("This server has no such address.")


def _create(view: CliView, projects: Sequence[Project]) -> Response:
    """The release in each of the projects, with what the body says of it: 201, or 208 where all of it was known."""
    made = [
        lifecycle.create(
            project,
            view.field("version", 250),
            actor=view.token.user,
            started_at=view.moment("dateStarted"),
            released_at=view.moment("dateReleased"),
            url=view.field("url"),
            ref=view.field("ref", 250),
            now=view.now,
        )
        for project in projects
    ]
    _put_commits(view, [release for release, _ in made])
    answer = _release(made[0][0], projects=projects)
    return Response(answer, status=201 if any(is_new for _, is_new in made) else 208)


def _put_commits(view: CliView, found: Sequence[Release]) -> None:
    """Set the commits that the body lists, if it does; a `refs` entry names the last commit only."""
    data = view.request.data
    if isinstance(data.get("commits"), list):
        listed = lifecycle.changes(data["commits"])
    elif isinstance(data.get("refs"), list):
        refs = [
            {"id": ref.get("commit"), "repository": ref.get("repository")}
            for ref in data["refs"]
            if isinstance(ref, dict)
        ]
        listed = lifecycle.changes(refs)
    else:
        return
    for release in found:
        lifecycle.set_commits(release, listed, actor=view.token.user, now=view.now)


def _project(project: Project) -> dict[str, Any]:
    team = {"id": "1", "slug": "formaos", "name": "FormaOS"}
    return {
        "id": str(project.pk),
        "slug": project.slug,
        "name": project.name,
        "platform": project.platform or None,
        "dateCreated": project.created_at,
        "isBookmarked": False,
        "isMember": True,
        "features": [],
        "status": "active",
        "organization": ORGANIZATION,
        "team": team,
        "teams": [team],
    }


def _release(release: Release, *, projects: Sequence[Project] = ()) -> dict[str, Any]:
    last = release.commits.order_by("position").values_list("sha", flat=True).first()
    return {
        "version": release.version,
        "shortVersion": release.version.rpartition("@")[2],
        "url": release.url or None,
        "ref": release.ref or None,
        "dateCreated": release.created_at,
        "dateStarted": release.started_at,
        "dateReleased": release.released_at,
        "firstEvent": release.first_event_at,
        "lastEvent": release.last_event_at,
        "newGroups": release.new_issue_count,
        "lastCommit": {"id": last} if last else None,
        "projects": [{"slug": one.slug, "name": one.name} for one in projects or [release.project]],
    }


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "message": commit.message or None,
        "dateCreated": commit.committed_at,
        "author": {"name": commit.author} if commit.author else None,
        "repository": {"name": commit.repository} if commit.repository else None,
    }


def _deploy(deploy: Deploy) -> dict[str, Any]:
    return {
        "id": str(deploy.pk),
        "environment": deploy.environment,
        "name": deploy.name or None,
        "url": deploy.url or None,
        "dateStarted": deploy.started_at,
        "dateFinished": deploy.finished_at,
    }
