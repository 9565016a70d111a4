"""Addresses of web vitals."""

from django.urls import URLPattern, path

from dashboard.pages.vitals import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/vitals/", views.vitals, name="vitals"),
]
