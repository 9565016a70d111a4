"""Addresses of the read API and of the pages, subject by subject."""

from django.urls import URLPattern, URLResolver, include, path

SUBJECTS = (
    "account",
    "alerts",
    "analytics",
    "audit",
    "boards",
    "calls",
    "chart",
    "docs",
    "experiments",
    "exports",
    "flags",
    "hosts",
    "incidents",
    "insights",
    "issues",
    "logs",
    "monitors",
    "overview",
    "palette",
    "performance",
    "persons",
    "project",
    "releases",
    "reports",
    "saved_views",
    "scorecard",
    "security",
    "share",
    "slos",
    "status",
    "system",
    "traces",
    "uptime",
    "vitals",
)

app_name = "dashboard"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("dashboard.api.urls")),
    *(path("", include(f"dashboard.pages.{subject}.urls")) for subject in SUBJECTS),
]
