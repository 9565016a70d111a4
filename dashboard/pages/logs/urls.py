"""Addresses of log lines."""

from django.urls import URLPattern, path

from dashboard.pages.logs import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/logs/", views.log_list, name="logs"),
    path("p/<slug:slug>/logs/pulse.json", views.pulse, name="log-pulse"),
    path("p/<slug:slug>/logs/export.csv", views.log_csv, name="log-csv"),
    path("p/<slug:slug>/logs/<slug:log_id>/", views.log_line, name="log-line"),
]
