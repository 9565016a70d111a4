"""All addresses: ingest first, then the pages, the read API and the admin."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("events.urls")),
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
]
