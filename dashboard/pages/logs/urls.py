"""Addresses of log lines."""

from django.urls import URLPattern, path

from dashboard.pages.logs import pattern_views, views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/logs/", views.log_list, name="logs"),
    path("p/<slug:slug>/logs/pulse.json", views.pulse, name="log-pulse"),
    path("p/<slug:slug>/logs/export.csv", views.log_csv, name="log-csv"),
    path("p/<slug:slug>/logs/patterns/", pattern_views.log_patterns, name="log-patterns"),
    path("p/<slug:slug>/logs/tail/", views.log_tail, name="log-tail"),
    path("p/<slug:slug>/logs/<slug:log_id>/", views.log_line, name="log-line"),
]
