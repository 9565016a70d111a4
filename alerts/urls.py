"""Addresses that jobs and receivers of messages call.

A ping's address is its secret; formaos_obs.logs keeps it out of every log.
"""

from django.urls import URLPattern, path

from alerts import picture_views, ping_views

urlpatterns: list[URLPattern] = [
    path("ping/<path:ping>", ping_views.ping, name="ping"),
    path("alert-pictures/<str:token>.png", picture_views.picture, name="alert-picture"),
]
