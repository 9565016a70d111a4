"""Addresses that sentry-cli calls, below `/api/0/`. A release's name may hold slashes."""

from django.urls import path

from events.endpoints.cli import views

_ORG = "organizations/<str:organization>/"

urlpatterns = [
    path("", views.Info.as_view(), name="cli-info"),
    path("organizations/", views.Organizations.as_view(), name="cli-organizations"),
    path(f"{_ORG}projects/", views.Projects.as_view(), name="cli-projects"),
    path(f"{_ORG}repos/", views.Repositories.as_view(), name="cli-repositories"),
    path(f"{_ORG}chunk-upload/", views.ChunkUpload.as_view(), name="cli-chunk-upload"),
    path(f"{_ORG}artifactbundle/assemble/", views.Assemble.as_view(), name="cli-assemble"),
    path(f"{_ORG}releases/", views.Releases.as_view(), name="cli-releases"),
    path(f"{_ORG}releases/<path:version>/deploys/", views.Deploys.as_view(), name="cli-deploys"),
    path(
        f"{_ORG}releases/<path:version>/previous-with-commits/",
        views.PreviousWithCommits.as_view(),
        name="cli-previous-with-commits",
    ),
    path(f"{_ORG}releases/<path:version>/", views.ReleaseDetail.as_view(), name="cli-release"),
    path(
        "projects/<str:organization>/<slug:slug>/releases/",
        views.ProjectReleases.as_view(),
        name="cli-project-releases",
    ),
    path(
        "projects/<str:organization>/<slug:slug>/releases/<path:version>/",
        views.ReleaseDetail.as_view(),
        name="cli-project-release",
    ),
    path("<path:rest>", views.Nothing.as_view(), name="cli-nothing"),
]
