"""Addresses of hosts."""

from django.urls import URLPattern, path

from dashboard.pages.hosts import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/resources/", views.resources, name="resources"),
]
