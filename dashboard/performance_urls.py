"""Addresses of the pages of performance, logs, hosts and security."""

from django.urls import URLPattern, path

from dashboard.views import logs, resources, security, traces

_P = "p/<slug:slug>/"
urlpatterns: list[URLPattern] = [
    path(_P + "logs/", logs.log_list, name="logs"),
    path(_P + "logs/pulse.json", logs.pulse, name="log-pulse"),
    path(_P + "logs/export.csv", logs.log_csv, name="log-csv"),
    path(_P + "logs/<slug:log_id>/", logs.log_line, name="log-line"),
    path(_P + "traces/<slug:trace_id>/", traces.trace, name="trace"),
    path(_P + "resources/", resources.resources, name="resources"),
    path(_P + "security/", security.security, name="security"),
]
