"""Addresses of status pages."""

from django.urls import URLPattern, path

from dashboard.pages.status import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/status/", views.todo, name="status-page"),
    path("p/<slug:slug>/status/notices/new/", views.todo, name="notice-new"),
]
