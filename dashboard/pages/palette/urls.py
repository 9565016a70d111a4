"""The address of the palette's search."""

from django.urls import URLPattern, path

from dashboard.pages.palette import views

urlpatterns: list[URLPattern] = [path("p/<slug:slug>/palette.json", views.palette, name="palette")]
