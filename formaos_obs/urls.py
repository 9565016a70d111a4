"""All addresses: ingest first, then the pages, the read API and the admin."""

from django.contrib import admin
from django.urls import include, path

from formaos_obs import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/health/", health.api_health, name="api-health"),
    path("metrics", health.metrics, name="metrics"),
    path("", include("events.urls")),
    path("", include("analytics.urls")),
    path("", include("alerts.urls")),
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
]

handler400 = "dashboard.pages.system.error_views.bad_request"
handler403 = "dashboard.pages.system.error_views.forbidden"
handler404 = "dashboard.pages.system.error_views.not_found"
handler500 = "dashboard.pages.system.error_views.fault"
