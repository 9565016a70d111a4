"""Addresses of the read API of questions that people put together."""

from django.urls import URLPattern, path

from dashboard.api.insights import views

_P = "projects/<slug:slug>/insights/"
urlpatterns: list[URLPattern] = [
    path(_P + "trends/", views.Trends.as_view(), name="api-trends"),
    path(_P + "funnels/", views.Funnels.as_view(), name="api-funnels"),
    path(_P + "funnels/losses/", views.FunnelLosses.as_view(), name="api-funnel-losses"),
    path(_P + "journeys/", views.Journeys.as_view(), name="api-journeys"),
    path(_P + "cohorts/", views.Cohorts.as_view(), name="api-cohorts"),
    path(_P + "usage/", views.Usage.as_view(), name="api-usage"),
]
