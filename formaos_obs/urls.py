"""All addresses: ingest first, then the pages, the read API and the admin."""

from django.contrib import admin
from django.urls import include, path

from formaos_obs import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("events.urls")),
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
]
