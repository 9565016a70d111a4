"""Addresses of the read API of performance."""

from django.urls import URLPattern, path

from dashboard.api import performance as views

_P = "projects/<slug:slug>/"
urlpatterns: list[URLPattern] = [
    path(_P + "performance/", views.Performance.as_view(), name="api-performance"),
    path(_P + "performance/endpoints/", views.Endpoints.as_view(), name="api-endpoints"),
    path(_P + "performance/endpoint/", views.Endpoint.as_view(), name="api-endpoint"),
    path(_P + "queries/", views.Queries.as_view(), name="api-queries"),
    path(_P + "vitals/", views.Vitals.as_view(), name="api-vitals"),
    path(_P + "logs/", views.Logs.as_view(), name="api-logs"),
    path(_P + "traces/<slug:trace_id>/", views.Trace.as_view(), name="api-trace"),
    path(_P + "hosts/", views.Hosts.as_view(), name="api-hosts"),
    path(_P + "security/", views.Security.as_view(), name="api-security"),
]
