"""Addresses of analytics."""

from django.urls import URLPattern, path

from dashboard.pages.analytics import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/analytics/", views.analytics, name="analytics"),
    path("p/<slug:slug>/analytics/list.csv", views.list_csv, name="analytics-csv"),
]
