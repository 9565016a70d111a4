"""Addresses of charts."""

from django.urls import URLPattern, path

from dashboard.pages.chart import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/charts/<slug:name>.json", views.chart_json, name="chart-json"),
    path("p/<slug:slug>/charts/<slug:name>.csv", views.chart_csv, name="chart-csv"),
    path("p/<slug:slug>/charts/<slug:name>/table.<slug:form>", views.chart_file, name="chart-file"),
    path("p/<slug:slug>/charts/<slug:name>/", views.chart_page, name="chart"),
]
