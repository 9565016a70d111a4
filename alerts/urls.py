"""Addresses that jobs and the alerting of others call; a ping's address is its secret, and stays out of every log."""

from django.urls import URLPattern, path

from alerts import foreign_views, ping_views

urlpatterns: list[URLPattern] = [
    path("ping/<path:ping>", ping_views.ping, name="ping"),
    path("in/alerts/<slug:project>/", foreign_views.alerts_in, name="alerts-in"),
]
