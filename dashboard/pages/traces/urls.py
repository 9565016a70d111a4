"""Addresses of traces."""

from django.urls import URLPattern, path

from dashboard.pages.traces import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/traces/", views.trace_list, name="trace-list"),
    path("p/<slug:slug>/traces/<slug:trace_id>/", views.trace, name="trace"),
]
