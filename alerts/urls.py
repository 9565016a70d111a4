"""Addresses that jobs and pipelines call. A ping's address is its secret; formaos_obs.logs keeps it out of logs."""

from django.urls import URLPattern, path

from alerts import deploy_views, ping_views

urlpatterns: list[URLPattern] = [
    path("ping/<path:ping>", ping_views.ping, name="ping"),
    path("api/deploys/<int:deploy_id>/health/", deploy_views.DeployHealth.as_view(), name="deploy-health"),
]
