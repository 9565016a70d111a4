"""Addresses of requests, endpoints and queries."""

from django.urls import URLPattern, path

from dashboard.pages.performance import query_views, views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/performance/", views.performance, name="performance"),
    path("p/<slug:slug>/performance/endpoint/", views.endpoint, name="endpoint"),
    path("p/<slug:slug>/queries/", query_views.query_list, name="queries"),
    path("p/<slug:slug>/queries/<str:fingerprint>/", query_views.query, name="query"),
]
