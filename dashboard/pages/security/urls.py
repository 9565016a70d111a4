"""Addresses of security events."""

from django.urls import URLPattern, path

from dashboard.pages.security import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/security/", views.security, name="security"),
]
