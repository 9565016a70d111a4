"""Addresses of questions that people put together."""

from django.urls import URLPattern, path

from dashboard.pages.insights import saved_views, views

_P = "p/<slug:slug>/insights/"
urlpatterns: list[URLPattern] = [
    path(_P, views.trends, name="insights-trends"),
    path(_P + "funnels/", views.funnels, name="insights-funnels"),
    path(_P + "journeys/", views.journeys, name="insights-journeys"),
    path(_P + "cohorts/", views.cohorts, name="insights-cohorts"),
    path(_P + "usage/", views.usage, name="insights-usage"),
    path(_P + "saved/", saved_views.saved_list, name="insights-saved"),
    path(_P + "saved/<int:view_id>/subscribe/", saved_views.subscribe, name="insight-subscribe"),
]
