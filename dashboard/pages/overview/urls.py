"""Addresses of the overview."""

from django.urls import URLPattern, path

from dashboard.pages.overview import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/", views.overview, name="overview"),
    path("p/<slug:slug>/pulse.json", views.pulse, name="pulse"),
]
