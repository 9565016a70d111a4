"""Addresses that jobs call. A ping's address is its secret; formaos_obs.logs keeps it out of every log."""

from django.urls import URLPattern, path

from alerts import ping_views

urlpatterns: list[URLPattern] = [path("ping/<path:ping>", ping_views.ping, name="ping")]
