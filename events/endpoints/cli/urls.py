"""Addresses that sentry-cli calls, below `/api/0/`. A release's name may hold slashes."""

from django.urls import path

from events.endpoints.cli import upload_views, views

_ORG = "organizations/<str:organization>/"
_PROJECT = "projects/<str:organization>/<slug:slug>/"

urlpatterns = [
    path("", views.Info.as_view(), name="cli-info"),
    path("organizations/", views.Organizations.as_view(), name="cli-organizations"),
    path(_ORG, views.Organization.as_view(), name="cli-organization"),
    path(f"{_ORG}projects/", views.Projects.as_view(), name="cli-projects"),
    path(f"{_ORG}repos/", views.Repositories.as_view(), name="cli-repositories"),
    path(f"{_ORG}chunk-upload/", upload_views.ChunkUpload.as_view(), name="cli-chunk-upload"),
    path(f"{_ORG}artifactbundle/assemble/", upload_views.Assemble.as_view(), name="cli-assemble"),
    path(f"{_ORG}releases/", views.Releases.as_view(), name="cli-releases"),
    path(f"{_ORG}releases/<path:version>/deploys/", views.Deploys.as_view(), name="cli-deploys"),
    path(
        f"{_ORG}releases/<path:version>/previous-with-commits/",
        views.PreviousWithCommits.as_view(),
        name="cli-previous-with-commits",
    ),
    path(f"{_ORG}releases/<path:version>/assemble/", upload_views.Assemble.as_view(), name="cli-release-assemble"),
    *(
        route
        for under, name in ((_ORG, "release"), (_PROJECT, "project-release"))
        for route in (
            path(f"{under}releases/<path:version>/commits/", views.Commits.as_view(), name=f"cli-{name}-commits"),
            path(
                f"{under}releases/<path:version>/files/", upload_views.ReleaseFiles.as_view(), name=f"cli-{name}-files"
            ),
            path(
                f"{under}releases/<path:version>/files/<int:file>/",
                upload_views.ReleaseFile.as_view(),
                name=f"cli-{name}-file",
            ),
        )
    ),
    path(f"{_ORG}releases/<path:version>/", views.ReleaseDetail.as_view(), name="cli-release"),
    path(f"{_PROJECT}releases/", views.ProjectReleases.as_view(), name="cli-project-releases"),
    path(f"{_PROJECT}releases/<path:version>/", views.ReleaseDetail.as_view(), name="cli-project-release"),
    path(f"{_PROJECT}files/source-maps/", upload_views.SourceMaps.as_view(), name="cli-source-maps"),
    path("<path:rest>", views.Nothing.as_view(), name="cli-nothing"),
]
