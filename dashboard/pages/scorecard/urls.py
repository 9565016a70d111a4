"""Addresses of the scorecard."""

from django.urls import URLPattern, path

from dashboard.pages.scorecard import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/scorecard/", views.scorecard, name="scorecard"),
    path("p/<slug:slug>/scorecard/csv/", views.scorecard_csv, name="scorecard-csv"),
    path("p/<slug:slug>/scorecard/goals/", views.scorecard_goals, name="scorecard-goals"),
]
