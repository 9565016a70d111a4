"""Addresses of the API of probes."""

from django.urls import URLPattern, path

from dashboard.api.alerting import probes as views

_P = "projects/<slug:slug>/probes/"
urlpatterns: list[URLPattern] = [
    path(_P, views.Probes.as_view(), name="api-probes"),
    path(_P + "try/", views.ProbeTrial.as_view(), name="api-probes-try"),
    path(_P + "<int:probe_id>/", views.ProbeDetail.as_view(), name="api-probe"),
    path(_P + "<int:probe_id>/looks/", views.ProbeLooks.as_view(), name="api-probe-looks"),
]
