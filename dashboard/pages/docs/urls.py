"""Addresses of the documentation."""

from django.urls import URLPattern, path

from dashboard.pages.docs import views

urlpatterns: list[URLPattern] = [
    path("docs/", views.contents, name="docs"),
    path("docs/search/", views.search, name="docs-search"),
    path("docs/files/<path:picture>", views.file, name="docs-file"),
    path("docs/<path:doc>/", views.document, name="docs-page"),
]
