"""Addresses of saved views."""

from django.urls import URLPattern, path

from dashboard.pages.saved_views import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/views/save/", views.view_save, name="view-save"),
    path("p/<slug:slug>/views/<int:view_id>/delete/", views.view_delete, name="view-delete"),
]
