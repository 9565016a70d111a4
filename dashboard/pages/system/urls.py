"""Addresses of the system."""

from django.urls import URLPattern, path

from dashboard.pages.system import views

urlpatterns: list[URLPattern] = [
    path("system/", views.system, name="system"),
    path("system/bundle/", views.system_bundle, name="system-bundle"),
]
