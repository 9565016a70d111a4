"""Addresses of routing in the read API."""

from django.urls import URLPattern, path

from dashboard.api.alerting import routing

urlpatterns: list[URLPattern] = [
    path("projects/<slug:slug>/firing/", routing.Firing.as_view(), name="api-firing"),
    path("projects/<slug:slug>/routes/", routing.Routes.as_view(), name="api-routes"),
    path("projects/<slug:slug>/routes/<int:route_id>/", routing.RouteDetail.as_view(), name="api-route"),
    path("projects/<slug:slug>/inhibitions/", routing.Inhibitions.as_view(), name="api-inhibitions"),
    path(
        "projects/<slug:slug>/inhibitions/<int:inhibition_id>/",
        routing.InhibitionDetail.as_view(),
        name="api-inhibition",
    ),
    path("projects/<slug:slug>/maintenance/", routing.Maintenances.as_view(), name="api-maintenances"),
    path(
        "projects/<slug:slug>/maintenance/<int:maintenance_id>/",
        routing.MaintenanceDetail.as_view(),
        name="api-maintenance",
    ),
]
