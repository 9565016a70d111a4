"""Addresses of the pages of performance, logs, hosts and security."""

from django.urls import URLPattern, path

from dashboard.views import logs, performance, queries, reports, resources, security, traces, vitals

_P = "p/<slug:slug>/"
urlpatterns: list[URLPattern] = [
    path(_P + "performance/", performance.performance, name="performance"),
    path(_P + "performance/endpoint/", performance.endpoint, name="endpoint"),
    path(_P + "queries/", queries.query_list, name="queries"),
    path(_P + "queries/<str:fingerprint>/", queries.query, name="query"),
    path(_P + "vitals/", vitals.vitals, name="vitals"),
    path(_P + "logs/", logs.log_list, name="logs"),
    path(_P + "logs/pulse.json", logs.pulse, name="log-pulse"),
    path(_P + "logs/export.csv", logs.log_csv, name="log-csv"),
    path(_P + "logs/<slug:log_id>/", logs.log_line, name="log-line"),
    path(_P + "traces/<slug:trace_id>/", traces.trace, name="trace"),
    path(_P + "resources/", resources.resources, name="resources"),
    path(_P + "security/", security.security, name="security"),
    path(_P + "reports/weekly/", reports.weekly_page, name="weekly"),
    path(_P + "reports/weekly/mail/", reports.weekly_mail, name="weekly-mail"),
]
